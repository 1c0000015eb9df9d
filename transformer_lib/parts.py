"""The parts of a trace with their words, checked, ready to be shown."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from transformer_lib.attention import dot_product_scores
from transformer_lib.trace import Recorded, Trace

SIDES = {  # whose words ask, whose words answer
    "encoder": ("encoder", "encoder"),
    "decoder": ("decoder", "decoder"),
    "cross": ("decoder", "encoder"),
}


class Part(NamedTuple):
    """One of "encoder", "decoder" and "cross", ready to be drawn."""

    queries: list[str]  # the words that ask
    keys: list[str]  # the words that answer
    layers: list[Recorded]  # first layer first, one sentence each


def find_parts(
    trace: Trace, source_words: Sequence[str], target_words: Sequence[str] | None
) -> dict[str, Part]:
    """The parts that were recorded, with their words."""
    alone = trace.parts == ["decoder"]  # a language model: its words come first and only
    target_words = source_words if alone else target_words
    if "decoder" in trace.parts and target_words is None:
        raise ValueError(
            f"the trace holds {', '.join(trace.parts)} attention, but only source words came; "
            f"give the words of the target as well."
        )
    words = {"encoder": source_words, "decoder": target_words or []}
    parts = {}
    for name in trace.parts or ["encoder"]:  # an empty trace refuses this one in its own words
        queries, keys = (words[side] for side in SIDES[name])
        check_words(name, trace.weights(name)[0], queries, keys)
        parts[name] = Part(list(queries), list(keys), list(trace.find(name).values()))
    return parts


def check_words(name: str, weights: Tensor, queries: Sequence[str], keys: Sequence[str]) -> None:
    """Refuse several sentences at once, and words that are more or fewer than the tokens."""
    if len(weights) != 1:
        raise ValueError(
            f"the trace holds {len(weights)} sentences and a view shows 1; "
            f"record the model on one sentence: model(source[:1], …)."
        )
    came, needed = (len(queries), len(keys)), tuple(weights.shape[-2:])
    if came != needed:
        raise ValueError(
            f"{name} attention has {needed[0]} queries and {needed[1]} keys, but {came[0]} and "
            f"{came[1]} words came; give one word for each token, special tokens included."
        )


def check_layers(parts: dict[str, Part], layers: Sequence[int] | None) -> list[int]:
    """The layers to show: those asked for, or all."""
    there = range(min(len(part.layers) for part in parts.values()))
    chosen = list(there if layers is None else layers)
    if not chosen or not set(chosen) <= set(there):
        raise ValueError(
            f"layers {chosen} were asked for and the trace holds 0 to {len(there) - 1}; "
            f"choose among those, or leave `layers` out to see all."
        )
    return chosen


def check_scores(parts: dict[str, Part]) -> None:
    """Refuse to explain scores by q and k when something else made them."""
    for name, part in parts.items():
        for index, (_, _, scores, q, k, _) in enumerate(part.layers):
            if scores is None or not torch.allclose(dot_product_scores(q, k), scores, atol=1e-4):
                raise ValueError(
                    f"the scores of {name} layer {index} are not q kᵀ / √{q.size(-1)}, which is "
                    f"all the neuron view can show; use head_view for a model with other scores."
                )
