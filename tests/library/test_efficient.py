"""Cheaper attention gives what the explicit one gives, or what its own definition says."""

import copy
import math
from dataclasses import replace

import pytest
import torch

from transformer_lib.attention import Attention, FusedAttention
from transformer_lib.efficient import BigBirdAttention, Linformer, Masked
from transformer_lib.masks import bigbird_mask, causal_mask, padding_mask, window_mask
from transformer_lib.model import Classifier, Config, LanguageModel, Transformer
from transformer_lib.trace import record

BATCH, HEADS, QUERY, KEY, D_HEAD, SLOTS, MAX_LEN = 2, 3, 5, 7, 11, 4, 13
CONFIG = Config(vocab_size=17, d_model=12, n_heads=HEADS, d_ff=23, max_len=MAX_LEN)
ATTENTIONS = {
    "fused": FusedAttention,
    "Linformer": lambda: Linformer(MAX_LEN, SLOTS),
    "BigBird": lambda: BigBirdAttention(block=2),
    "window": lambda: Masked(Attention(), lambda length: window_mask(length, 5)),
}
same = {"atol": 1e-5, "rtol": 1e-5}


def random_qkv(n_queries, n_keys, device="cpu"):
    q = torch.randn(BATCH, HEADS, n_queries, D_HEAD, device=device)
    return q, *torch.randn(2, BATCH, HEADS, n_keys, D_HEAD, device=device)


def some_padding(length, device="cpu"):
    """The first sentence loses the last third of its words, the second none."""
    tokens = torch.ones(BATCH, length, dtype=torch.long, device=device)
    tokens[0, length - length // 3 :] = 0
    return padding_mask(tokens)


@pytest.mark.parametrize("kind", ["none", "padding", "causal", "one row", "nothing visible"])
def test_fused_equals_explicit(kind, device):
    q, k, v = random_qkv(KEY, KEY, device)
    mask = {
        "none": None,
        "padding": some_padding(KEY, device),
        "causal": causal_mask(KEY, device),
        "one row": torch.arange(KEY, device=device) < 5,
        "nothing visible": torch.zeros(KEY, KEY, dtype=torch.bool, device=device),
    }[kind]
    fused, explicit = FusedAttention()(q, k, v, mask), Attention()(q, k, v, mask)
    torch.testing.assert_close(fused.output, explicit.output, **same)
    assert fused.weights is None and fused.scores is None
    watched = FusedAttention()
    watched.need_weights = True
    for ours, theirs in zip(watched(q, k, v, mask), explicit, strict=True):
        assert torch.equal(ours, theirs)


def test_fused_drops_weights_in_training_only(device):
    q, k, v = random_qkv(QUERY, KEY, device)
    attention = FusedAttention(dropout=0.5).to(device)
    assert not torch.allclose(attention(q, k, v).output, attention(q, k, v).output)
    attention.eval()
    torch.testing.assert_close(attention(q, k, v).output, Attention()(q, k, v).output, **same)


def test_on_a_cpu_the_explicit_attention_trains_with_dropout():
    """The kernel there has no dropout, and what PyTorch does in its place is slower."""
    q, k, v = random_qkv(QUERY, KEY)
    torch.manual_seed(3)
    dropped = FusedAttention(dropout=0.5)(q, k, v)
    torch.manual_seed(3)
    explicit = Attention(dropout=0.5)(q, k, v)
    assert torch.equal(dropped.output, explicit.output)
    assert torch.equal(dropped.weights, explicit.weights)


def linformer_by_loops(attention, q, k, v, visible):
    """One query of one sentence: mix the visible keys into slots, then attend to the slots."""
    output = torch.zeros_like(q)
    for b, h, i in torch.cartesian_prod(*(torch.arange(n) for n in q.shape[:3])).tolist():
        keys, values = torch.zeros(SLOTS, D_HEAD), torch.zeros(SLOTS, D_HEAD)
        for slot in range(SLOTS):
            for j in range(k.size(2)):
                if visible[b, j]:
                    keys[slot] += attention.mix_k[slot, j] * k[b, h, j]
                    values[slot] += attention.mix_v[slot, j] * v[b, h, j]
        scores = [float(q[b, h, i] @ key) / math.sqrt(D_HEAD) for key in keys]
        total = sum(math.exp(score) for score in scores)
        for score, value in zip(scores, values, strict=True):
            output[b, h, i] += math.exp(score) / total * value
    return output


@torch.no_grad()
def test_linformer_is_its_definition(device):
    attention = Linformer(MAX_LEN, SLOTS)
    q, k, v = random_qkv(QUERY, KEY)
    mask = some_padding(KEY)
    expected = linformer_by_loops(attention, q, k, v, mask[:, 0, 0])
    got = attention.to(device)(q.to(device), k.to(device), v.to(device), mask.to(device))
    torch.testing.assert_close(got.output.cpu(), expected, **same)
    assert got.weights.shape == got.scores.shape == (BATCH, HEADS, QUERY, SLOTS)


@pytest.mark.parametrize("name", ["Linformer", "BigBird"])
@torch.no_grad()
def test_what_pads_hold_changes_nothing(name):
    attention = ATTENTIONS[name]()
    q, k, v = random_qkv(KEY, KEY)
    mask = some_padding(KEY)
    output = attention(q, k, v, mask).output
    k[0, :, -2:], v[0, :, -2:] = 1e6, float("inf") if name == "Linformer" else 1e6
    torch.testing.assert_close(attention(q, k, v, mask).output, output)


@torch.no_grad()
def test_more_pads_change_nothing_for_linformer():
    model = Classifier(replace(CONFIG, attention=ATTENTIONS["Linformer"]), n_classes=2)
    tokens = torch.tensor([[3, 5, 7, 11, 13]])
    padded = torch.nn.functional.pad(tokens, (0, 6))
    torch.testing.assert_close(model(padded), model(tokens))


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("length", [1, 2, 5, 6, 29, 30, 31])
@pytest.mark.parametrize(("n_random", "n_global"), [(1, 1), (0, 0), (3, 2), (2, 17)])
def test_bigbird_in_blocks_equals_full_attention_under_its_mask(
    length, padded, n_random, n_global, device
):
    q, k, v = random_qkv(length, length, device)
    pads = some_padding(length, device) if padded else None
    attention = BigBirdAttention(3, n_random, n_global, seed=5)
    pattern = bigbird_mask(length, 3, n_random, n_global, seed=5).to(device)
    expected = Attention()(q, k, v, pattern if pads is None else pattern & pads)
    torch.testing.assert_close(attention(q, k, v, pads).output, expected.output, **same)


def test_bigbird_gradients_are_those_of_full_attention():
    qkv = torch.randn(3, BATCH, HEADS, 29, D_HEAD, requires_grad=True)
    pads, pattern = some_padding(29), bigbird_mask(29, 3)
    in_blocks = BigBirdAttention(3)(*qkv, pads).output.square().sum()
    masked = Attention()(*qkv, pattern & pads).output.square().sum()
    (got,), (expected,) = (torch.autograd.grad(loss, qkv) for loss in (in_blocks, masked))
    torch.testing.assert_close(got, expected, **same)


@pytest.mark.parametrize("name", ["Linformer", "BigBird"])
def test_a_sentence_of_pads_gives_zeros(name):
    q, k, v = random_qkv(KEY, KEY)
    nothing = torch.zeros(BATCH, 1, 1, KEY, dtype=torch.bool)
    assert ATTENTIONS[name]()(q, k, v, nothing).output.eq(0).all()


def test_masked_adds_its_pattern():
    q, k, v = random_qkv(KEY, KEY)
    attention = Masked(Attention(), lambda length: window_mask(length, 5))
    for mask in None, some_padding(KEY):
        both = window_mask(KEY, 5) if mask is None else window_mask(KEY, 5) & mask
        expected = Attention()(q, k, v, both).output
        torch.testing.assert_close(attention(q, k, v, mask).output, expected)


def test_masked_takes_the_last_rows_when_a_cache_holds_the_others():
    q, k, v = random_qkv(KEY, KEY)
    attention = Masked(Attention(), lambda length: window_mask(length, 5))
    whole = attention(q, k, v).output
    torch.testing.assert_close(attention(q[:, :, -2:], k, v).output, whole[:, :, -2:])


@pytest.mark.parametrize("name", ATTENTIONS)
def test_a_classifier_learns_with_each(name):
    model = Classifier(replace(CONFIG, attention=ATTENTIONS[name]), n_classes=2)
    before = copy.deepcopy(model.state_dict())
    tokens = torch.randint(1, 17, (BATCH, MAX_LEN))
    tokens[0, -4:] = 0
    model(tokens).square().sum().backward()
    torch.optim.AdamW(model.parameters()).step()
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert all((after != before[key]).any() for key, after in model.state_dict().items())


def test_a_fused_transformer_gives_the_same_logits():
    config = replace(CONFIG, target_vocab_size=19)
    explicit = Transformer(replace(config, attention=Attention, cross_attention=Attention))
    fused = Transformer(config)
    assert fused(torch.ones(1, 3).long(), torch.ones(1, 2).long()).shape == (1, 2, 19)
    fused.load_state_dict(explicit.state_dict())
    source, target_in = torch.randint(0, 17, (BATCH, KEY)), torch.randint(0, 19, (BATCH, QUERY))
    torch.testing.assert_close(fused(source, target_in), explicit(source, target_in), **same)


def test_a_trace_keeps_none_for_weights_that_never_were():
    model = Classifier(replace(CONFIG, attention=ATTENTIONS["BigBird"]), n_classes=2)
    with record(model) as trace:
        model(torch.randint(1, 17, (BATCH, KEY)))
    attended = trace["encoder.1.self_attention"]
    assert attended.output.shape == (BATCH, HEADS, KEY, 4)
    assert attended.weights is None and attended.scores is None
    words = "encoder.0.self_attention, encoder.1.self_attention .*attention=Attention"
    with pytest.raises(ValueError, match=words):
        trace.weights("encoder")


def test_a_trace_records_a_wrapped_attention_once():
    model = Classifier(replace(CONFIG, attention=ATTENTIONS["window"]), n_classes=2)
    with record(model) as trace:
        model(torch.randint(1, 17, (BATCH, KEY)))
    assert list(trace) == ["encoder.0.self_attention", "encoder.1.self_attention"]
    hidden = trace.weights("encoder")[0][..., ~window_mask(KEY, 5)]
    assert hidden.eq(0).all()


@pytest.mark.parametrize("name", ["Linformer", "BigBird"])
def test_a_causal_mask_is_refused(name):
    q, k, v = random_qkv(KEY, KEY)
    with pytest.raises(ValueError, match=r"mask \(1, 1, 7, 7\) .*one row .*causal model"):
        ATTENTIONS[name]()(q, k, v, causal_mask(KEY))
    with pytest.raises(ValueError, match="one row of keys for all"):
        LanguageModel(replace(CONFIG, attention=ATTENTIONS[name]))(torch.ones(1, 7).long())


@pytest.mark.parametrize("name", ATTENTIONS)
def test_a_mask_of_another_length_is_refused(name):
    q, k, v = random_qkv(KEY, KEY)
    with pytest.raises(ValueError, match=r"mask \(5,\) does not broadcast .*\(2, 3, 7, 7\)"):
        ATTENTIONS[name]()(q, k, v, torch.ones(5, dtype=torch.bool))


def test_more_keys_than_max_len_are_refused():
    with pytest.raises(ValueError, match="17 keys came, .*max_len=13; .*larger max_len"):
        Linformer(MAX_LEN, SLOTS)(*random_qkv(17, 17))


@pytest.mark.parametrize("n_slots", [0, 14])
def test_impossible_slots_are_refused(n_slots):
    with pytest.raises(ValueError, match=f"n_slots={n_slots} and max_len=13; .*from 1 to 13"):
        Linformer(MAX_LEN, n_slots)


def test_bigbird_refuses_another_sentence_and_empty_blocks():
    with pytest.raises(ValueError, match=r"5 queries ask 7 keys, .*use Attention\(\)"):
        BigBirdAttention(2)(*random_qkv(QUERY, KEY))
    with pytest.raises(ValueError, match="block=0 tokens; choose blocks of at least 1"):
        BigBirdAttention(0)
