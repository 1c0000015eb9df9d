"""A trace sees what the real forward pass computed, and leaves no trace of its own."""

from dataclasses import replace

import pytest
import torch

from transformer_lib.attention import (
    Attention,
    FusedAttention,
    MultiHeadAttention,
    dot_product_scores,
)
from transformer_lib.knockout import dead_head
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


def fused(model):
    """The attentions of a model that may take the short way."""
    return [module for module in model.modules() if isinstance(module, FusedAttention)]


def test_a_watched_model_computes_weights_and_an_unwatched_one_does_not():
    """Equal numbers either way, in nested recordings too, and after an error."""
    model, source, target = Transformer(CONFIG).eval(), ids(SOURCE), ids(TARGET)
    explicit = Transformer(replace(CONFIG, attention=Attention, cross_attention=Attention)).eval()
    explicit.load_state_dict(model.state_dict())
    assert len(fused(model)) == 6 and not fused(explicit)
    alone = model(source, target)
    with record(model) as trace, record(explicit) as long_way:
        with record(model):
            model(source, target)
        watched = model(source, target)
        assert torch.equal(watched, explicit(source, target))
    torch.testing.assert_close(alone, watched, atol=1e-6, rtol=1e-5)
    for name, seen in trace.items():
        assert torch.equal(seen.weights, long_way[name].weights)
        assert torch.equal(seen.scores, long_way[name].scores)
    with pytest.raises(RuntimeError), record(model):
        raise RuntimeError
    assert not any(attention.need_weights for attention in fused(model))


def test_a_knock_out_holds_whether_somebody_looks_or_not():
    """In whichever order the two are entered."""
    model, source, target = Transformer(CONFIG).eval(), ids(SOURCE), ids(TARGET)
    whole = model(source, target)
    with dead_head(model, "decoder.1.cross_attention", head=2):
        alone = model(source, target)
        with record(model) as inside:
            watched = model(source, target)
    with record(model) as outside, dead_head(model, "decoder.1.cross_attention", head=2):
        again = model(source, target)
    assert not torch.allclose(alone, whole)
    torch.testing.assert_close(alone, watched)
    assert torch.equal(watched, again)
    for trace in (inside, outside):
        assert trace["decoder.1.cross_attention"].weights[:, 2].eq(0).all()
