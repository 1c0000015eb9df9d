"""A trace sees what the real forward pass computed, and leaves no trace of its own."""

import pytest
import torch

from transformer_lib.attention import MultiHeadAttention, dot_product_scores
from transformer_lib.model import Config, LanguageModel, Transformer
from transformer_lib.trace import record

BATCH, SOURCE, TARGET, HEADS = 2, 7, 5, 3
CONFIG = Config(vocab_size=17, d_model=12, n_heads=HEADS, n_layers=2, d_ff=23)


def ids(length):
    return torch.randint(1, 17, (BATCH, length))


def test_every_attention_is_recorded_under_a_readable_name():
    model = Transformer(CONFIG)
    with record(model) as trace:
        model(ids(SOURCE), ids(TARGET))
    assert list(trace) == [
        "encoder.0.self_attention",
        "encoder.1.self_attention",
        "decoder.0.self_attention",
        "decoder.0.cross_attention",
        "decoder.1.self_attention",
        "decoder.1.cross_attention",
    ]


def test_weights_come_per_part_and_layer():
    model = Transformer(CONFIG)
    with record(model) as trace:
        model(ids(SOURCE), ids(TARGET))
    shapes = {part: [tuple(w.shape) for w in trace.weights(part)] for part in trace_parts()}
    assert shapes == {
        "encoder": [(BATCH, HEADS, SOURCE, SOURCE)] * 2,
        "decoder": [(BATCH, HEADS, TARGET, TARGET)] * 2,
        "cross": [(BATCH, HEADS, TARGET, SOURCE)] * 2,
    }


def trace_parts():
    return "encoder", "decoder", "cross"


def test_recorded_weights_are_those_that_made_the_output():
    layer = MultiHeadAttention(12, HEADS)
    x = torch.randn(BATCH, SOURCE, 12)
    with record(layer) as trace:
        output = layer(x)
    attended = trace["attention"]
    _, v = layer.keys_values(x)
    merged = (attended.weights @ v).transpose(1, 2).flatten(2)
    torch.testing.assert_close(layer.out_proj(merged), output)
    assert not attended.weights.requires_grad


def test_recorded_queries_and_keys_make_the_recorded_scores():
    layer = MultiHeadAttention(12, HEADS)
    x, memory = torch.randn(BATCH, TARGET, 12), torch.randn(BATCH, SOURCE, 12)
    with record(layer) as trace:
        layer(x, memory)
    seen = trace["attention"]
    torch.testing.assert_close(dot_product_scores(seen.q, seen.k), seen.scores)
    assert not seen.q.requires_grad and not seen.k.requires_grad


def test_recording_changes_nothing_and_ends_with_the_block():
    model, source, target = Transformer(CONFIG), ids(SOURCE), ids(TARGET)
    before = model(source, target)
    with record(model) as trace:
        torch.testing.assert_close(model(source, target), before)
    seen = trace["encoder.0.self_attention"]
    model(ids(SOURCE), target)
    assert trace["encoder.0.self_attention"] is seen


def test_hooks_go_even_when_the_block_fails():
    model = Transformer(CONFIG)
    with pytest.raises(RuntimeError, match="on purpose"), record(model):
        raise RuntimeError("on purpose")
    assert not any(module._forward_hooks for module in model.modules())


def test_a_language_model_has_decoder_attention_and_no_other():
    model = LanguageModel(CONFIG)
    with record(model) as trace:
        model(ids(SOURCE))
    assert trace.parts == ["decoder"]
    assert len(trace.weights("decoder")) == 2
    with pytest.raises(ValueError, match="no 'cross' attention, only decoder.0.self_attention"):
        trace.weights("cross")
