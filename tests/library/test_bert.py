"""BERT's encoder out of our own parts; its numbers are checked in test_pretrained.py."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from transformer_lib.bert import BERT, BertEncoder
from transformer_lib.layers import FeedForward
from transformer_lib.model import Classifier, Config
from transformer_lib.trace import record

BATCH, LENGTH, PADS, HEADS, D_MODEL = 2, 7, 3, 5, 15
CONFIG = Config(vocab_size=17, max_len=11, d_model=D_MODEL, n_heads=HEADS, d_ff=13, **BERT)


def ids(device="cpu"):
    return torch.randint(1, CONFIG.vocab_size, (BATCH, LENGTH), device=device)


def test_one_vector_for_each_token(device):
    assert BertEncoder(CONFIG).to(device)(ids(device)).shape == (BATCH, LENGTH, D_MODEL)


def test_its_attention_is_recorded_under_readable_names():
    model = BertEncoder(CONFIG)
    with record(model) as trace:
        model(ids())
    assert list(trace) == ["encoder.0.self_attention", "encoder.1.self_attention"]
    assert trace.weights("encoder")[0].shape == (BATCH, HEADS, LENGTH, LENGTH)


def test_padding_changes_nothing_for_the_words():
    model, tokens = BertEncoder(CONFIG), ids()
    padded = F.pad(tokens, (0, PADS))
    torch.testing.assert_close(model(padded)[:, :LENGTH], model(tokens))


def test_eps_reaches_every_norm():
    norms = [m for m in BertEncoder(CONFIG, eps=1e-3).modules() if isinstance(m, nn.LayerNorm)]
    assert {norm.eps for norm in norms} == {1e-3}
    assert len(norms) == 1 + 2 * CONFIG.n_layers


def test_gelu_stands_where_relu_stood():
    x = torch.randn(BATCH, LENGTH, D_MODEL)
    layer = BertEncoder(CONFIG).encoder.layers[0].feed_forward.sublayer
    torch.testing.assert_close(layer(x), layer.narrow(F.gelu(layer.widen(x))))


def test_a_feed_forward_written_in_a_notebook_plugs_in():
    class Nothing(nn.Module):
        def __init__(self, d_model, d_ff):
            super().__init__()

        def forward(self, x):
            return torch.zeros_like(x)

    model = Classifier(replace(CONFIG, feed_forward=Nothing), n_classes=3)
    assert sum(isinstance(module, Nothing) for module in model.modules()) == CONFIG.n_layers
    assert model(ids()).shape == (BATCH, 3)


def test_a_feed_forward_that_all_layers_would_share():
    with pytest.raises(ValueError, match="Config.feed_forward must make .* but got one FeedForw"):
        replace(CONFIG, feed_forward=FeedForward(D_MODEL, 13))


def test_a_sentence_past_max_len():
    with pytest.raises(ValueError, match="13 tokens but positions end at max_len=11"):
        BertEncoder(CONFIG)(torch.ones(BATCH, 13, dtype=torch.long))


def test_ids_outside_the_vocabulary():
    with pytest.raises(ValueError, match="from 3 to 17, but the vocabulary has ids 0 to 16"):
        BertEncoder(CONFIG)(torch.tensor([[3, 17]]))
