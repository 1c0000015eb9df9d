"""PyTorch's own layers, with our weights copied in, are the oracle: equal to 1e-5.

Every axis has a prime size of its own, so that no transposed pair can pass unseen.
"""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from transformer_lib.attention import Attention, MultiHeadAttention
from transformer_lib.layers import PostNorm, PreNorm
from transformer_lib.masks import causal_mask, padding_mask
from transformer_lib.model import Config, DecoderLayer, EncoderLayer, Transformer
from transformer_lib.positions import LearnedPositions
from transformer_lib.trace import record

BATCH, HEADS, QUERY, KEY, D_HEAD, D_FF = 2, 3, 5, 7, 11, 13
D_MODEL = HEADS * D_HEAD
CONFIG = Config(
    vocab_size=17,
    d_model=D_MODEL,
    n_heads=HEADS,
    n_layers=2,
    d_ff=D_FF,
    positions=LearnedPositions,  # sinusoids want an even d_model
)

same = {"atol": 1e-5, "rtol": 1e-5}


def tokens(length, n_pads, device):
    """(batch, length) ids; the first sentence ends in n_pads pads, the second has none."""
    ids = torch.randint(1, CONFIG.vocab_size, (BATCH, length), device=device)
    ids[0, length - n_pads :] = 0
    return ids


def config(residual):
    return replace(CONFIG, residual=residual)


def copy_attention(ours, theirs):
    projections = ours.q_proj, ours.k_proj, ours.v_proj
    theirs.in_proj_weight.data = torch.cat([p.weight.data for p in projections])
    theirs.in_proj_bias.data = torch.cat([p.bias.data for p in projections])
    theirs.out_proj.load_state_dict(ours.out_proj.state_dict())


def copy_layer(ours, theirs):
    copy_attention(ours.self_attention.sublayer, theirs.self_attn)
    theirs.linear1.load_state_dict(ours.feed_forward.sublayer.widen.state_dict())
    theirs.linear2.load_state_dict(ours.feed_forward.sublayer.narrow.state_dict())
    norms = [ours.self_attention.norm, ours.feed_forward.norm]
    if hasattr(ours, "cross_attention"):
        copy_attention(ours.cross_attention.sublayer, theirs.multihead_attn)
        norms.insert(1, ours.cross_attention.norm)
    for number, norm in enumerate(norms, start=1):
        getattr(theirs, f"norm{number}").load_state_dict(norm.state_dict())


def unsettle(module):
    """Move every parameter off its initial value, so that norms and biases take part."""
    for parameter in module.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return module


def make_mask(kind, device):
    return {
        "none": None,
        "padding": padding_mask(tokens(KEY, 3, device)),
        "some pattern": torch.rand(BATCH, HEADS, QUERY, KEY, device=device) < 0.6,
        "nothing visible": torch.zeros(QUERY, KEY, dtype=torch.bool, device=device),
    }[kind]


@pytest.mark.parametrize("kind", ["none", "padding", "some pattern", "nothing visible"])
def test_attention_equals_scaled_dot_product_attention(kind, device):
    q = torch.randn(BATCH, HEADS, QUERY, D_HEAD, device=device)
    k, v = torch.randn(2, BATCH, HEADS, KEY, D_HEAD, device=device)
    mask = make_mask(kind, device)

    expected = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    torch.testing.assert_close(Attention()(q, k, v, mask).output, expected, **same)


@pytest.mark.parametrize("kind", ["none", "padding"])
def test_multi_head_equals_nn_multihead_attention(kind, device):
    ours = unsettle(MultiHeadAttention(D_MODEL, HEADS)).to(device)
    theirs = nn.MultiheadAttention(D_MODEL, HEADS, batch_first=True, device=device)
    copy_attention(ours, theirs)
    x = torch.randn(BATCH, QUERY, D_MODEL, device=device)
    memory = torch.randn(BATCH, KEY, D_MODEL, device=device)
    mask = make_mask(kind, device)

    hidden = None if mask is None else ~mask[:, 0, 0]  # the opposite convention
    expected, _ = theirs(x, memory, memory, key_padding_mask=hidden)
    torch.testing.assert_close(ours(x, memory, mask), expected, **same)


def test_multi_head_weights_equal_those_of_nn_multihead_attention(device):
    ours = unsettle(MultiHeadAttention(D_MODEL, HEADS)).to(device)
    theirs = nn.MultiheadAttention(D_MODEL, HEADS, batch_first=True, device=device)
    copy_attention(ours, theirs)
    x = torch.randn(BATCH, QUERY, D_MODEL, device=device)
    mask = causal_mask(QUERY, device)

    _, expected = theirs(x, x, x, attn_mask=~mask, average_attn_weights=False)
    with record(ours) as trace:
        ours(x, mask=mask)
    torch.testing.assert_close(trace["attention"].weights, expected, **same)


@pytest.mark.parametrize("residual", [PreNorm, PostNorm])
def test_encoder_layer_equals_torch(residual, device):
    ours = unsettle(EncoderLayer(config(residual))).to(device)
    theirs = nn.TransformerEncoderLayer(
        D_MODEL, HEADS, D_FF, dropout=0.0, batch_first=True, norm_first=residual is PreNorm
    ).to(device)
    copy_layer(ours, theirs)
    x = torch.randn(BATCH, KEY, D_MODEL, device=device)
    mask = padding_mask(tokens(KEY, 3, device))

    expected = theirs(x, src_key_padding_mask=~mask[:, 0, 0])
    torch.testing.assert_close(ours(x, mask=mask), expected, **same)


@pytest.mark.parametrize("residual", [PreNorm, PostNorm])
def test_decoder_layer_equals_torch(residual, device):
    ours = unsettle(DecoderLayer(config(residual))).to(device)
    theirs = nn.TransformerDecoderLayer(
        D_MODEL, HEADS, D_FF, dropout=0.0, batch_first=True, norm_first=residual is PreNorm
    ).to(device)
    copy_layer(ours, theirs)
    x = torch.randn(BATCH, QUERY, D_MODEL, device=device)
    memory = torch.randn(BATCH, KEY, D_MODEL, device=device)
    visible = padding_mask(tokens(QUERY, 2, device))
    memory_mask = padding_mask(tokens(KEY, 3, device))
    future = causal_mask(QUERY, device)

    expected = theirs(
        x,
        memory,
        tgt_mask=~future,
        tgt_key_padding_mask=~visible[:, 0, 0],
        memory_key_padding_mask=~memory_mask[:, 0, 0],
    )
    got = ours(x, memory, mask=visible & future, memory_mask=memory_mask)
    torch.testing.assert_close(got, expected, **same)


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize("residual", [PreNorm, PostNorm])
def test_whole_transformer_equals_nn_transformer(residual, device):
    ours = unsettle(Transformer(config(residual))).to(device)
    theirs = nn.Transformer(
        D_MODEL, HEADS, 2, 2, D_FF, 0.0, batch_first=True, norm_first=residual is PreNorm
    ).to(device)
    for stack, their_stack in (ours.encoder, theirs.encoder), (ours.decoder, theirs.decoder):
        for layer, their_layer in zip(stack.layers, their_stack.layers, strict=True):
            copy_layer(layer, their_layer)
        if residual is PreNorm:
            their_stack.norm.load_state_dict(stack.final_norm.state_dict())
        else:
            their_stack.norm = None  # nn.Transformer adds a norm here that the 2017 paper lacks
    source, target_in = tokens(KEY, 3, device), tokens(QUERY, 2, device)

    decoded = theirs(
        ours.source_embedding(source),
        ours.target_embedding(target_in),
        tgt_mask=~causal_mask(QUERY, device),
        src_key_padding_mask=source == 0,
        tgt_key_padding_mask=target_in == 0,
        memory_key_padding_mask=source == 0,
    )
    torch.testing.assert_close(ours(source, target_in), ours.head(decoded), **same)
