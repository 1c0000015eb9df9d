"""BertViz on the course's own models, without internet.

    with record(model) as trace:
        model(source, target_in)
    head_view(trace, source_words, target_words)    # who looks at whom, head by head
    model_view(trace, source_words, target_words)   # all layers and heads at once
    neuron_view(trace, source_words, target_words)  # how q and k make a score and a weight

Each view is a page of its own in a frame, and a picture where a notebook is not trusted yet.
Source: Vig 2019, "A Multiscale Visualization of Attention in the Transformer Model".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import bertviz
import matplotlib.pyplot as plt
from torch import Tensor

from lesson.bertviz_views.page import neuron_page, offline
from lesson.pictures import framed, picture
from lesson.plots import heatmap
from transformer_lib.parts import SIDES, Part, check_layers, check_scores, find_parts
from transformer_lib.trace import Trace

DECIMALS = 4


@dataclass(frozen=True)
class BertViz:
    """A live page, and the picture that stands in for it where scripts are not trusted."""

    summary: str
    document: str
    still: str

    def __repr__(self) -> str:
        return self.summary

    def _repr_html_(self) -> str:
        return framed(self.document, self.still)


def head_view(
    trace: Trace,
    source_words: Sequence[str],
    target_words: Sequence[str] | None = None,
    layers: Sequence[int] | None = None,
) -> BertViz:
    """Lines from the words that ask to the words that answer, one colour a head.

    trace: of one sentence through a whole model, or through its encoder or decoder alone
    source_words: one for each source token; for a language model, one for each token
    target_words: one for each target token, when the model has a decoder beside its encoder
    layers: which ones to show, counted from 0; all when left out

    Raises ValueError when words and trace do not fit, for more than one sentence, when no weights
    were kept, and for layers that are not there.
    """
    parts = find_parts(trace, source_words, target_words)
    layers = check_layers(parts, layers)
    page = bertviz.head_view(**inputs(parts), include_layers=layers, html_action="return").data
    drawn = still(parts, [(name, layers[0], "weights") for name in parts])
    return BertViz(summary("Head view", parts), offline("Head view", page), drawn)


def model_view(
    trace: Trace,
    source_words: Sequence[str],
    target_words: Sequence[str] | None = None,
    layers: Sequence[int] | None = None,
) -> BertViz:
    """A thumbnail for each layer and head; a click opens one. Arguments as in `head_view`."""
    parts = find_parts(trace, source_words, target_words)
    layers = check_layers(parts, layers)
    page = bertviz.model_view(
        **inputs(parts), include_layers=layers, display_mode="light", html_action="return"
    ).data
    drawn = still(parts, [(next(iter(parts)), layer, "weights") for layer in layers[:3]])
    return BertViz(summary("Model view", parts), offline("Model view", page), drawn)


def neuron_view(
    trace: Trace, source_words: Sequence[str], target_words: Sequence[str] | None = None
) -> BertViz:
    """How a query and a key make a score, number by number, and the scores a weight.

    Arguments as in `head_view`. Raises ValueError as there, and when the scores are anything else
    than q kᵀ / √d_head.
    """
    parts = find_parts(trace, source_words, target_words)
    check_scores(parts)
    document = neuron_page({name: neurons(part) for name, part in parts.items()})
    drawn = still(parts, [(next(iter(parts)), 0, what) for what in ("scores", "weights")])
    return BertViz(summary("Neuron view", parts), document, drawn)


def rounded(tensor: Tensor) -> Tensor:
    """Few enough decimals for a small page, in a type that prints them as they are."""
    return tensor.double().cpu().round(decimals=DECIMALS)


def inputs(parts: dict[str, Part]) -> dict:
    """The parts as BertViz's functions take them."""
    named = {}
    for name, part in parts.items():
        asking, answering = SIDES[name]
        named[f"{name}_attention"] = [rounded(layer.weights) for layer in part.layers]
        named |= {f"{asking}_tokens": part.queries, f"{answering}_tokens": part.keys}
    return named


def neurons(part: Part) -> dict:
    """A part as the neuron view reads it."""
    return {
        "left_text": part.queries,
        "right_text": part.keys,
        "attn": [rounded(layer.weights[0]).tolist() for layer in part.layers],
        "queries": [rounded(layer.q[0]).tolist() for layer in part.layers],
        "keys": [rounded(layer.k[0]).tolist() for layer in part.layers],
    }


def summary(title: str, parts: dict[str, Part]) -> str:
    """The view in a line of words."""
    sizes = (f"{name} {len(part.queries)} × {len(part.keys)}" for name, part in parts.items())
    return f"{title} of BertViz: {', '.join(sizes)} words"


def still(parts: dict[str, Part], chosen: list[tuple[str, int, str]]) -> str:
    """Heat maps of first heads as an HTML image; each is a part, a layer, "scores" or "weights"."""
    widths = [room(parts[name].keys) for name, _, _ in chosen]
    height = max(room(parts[name].queries) for name, _, _ in chosen)
    figure, axes = plt.subplots(
        1, len(chosen), figsize=(sum(widths), height), width_ratios=widths, squeeze=False
    )
    for ax, (name, layer, what) in zip(axes[0], chosen):
        part, title = parts[name], f"{name} {what}, layer {layer}"
        matrix = getattr(part.layers[layer], what)[0, 0]
        heatmap(matrix, part.queries, part.keys, signed=what == "scores", title=title, ax=ax)
        ax.tick_params(axis="x", rotation=60)
    plt.close(figure)
    return f"{picture(figure)}<p>Head 0, a still picture: run this cell to see BertViz live.</p>"


def room(words: list[str]) -> float:
    """How many inches a heat map needs for these words."""
    return max(3.6, 1.6 + 0.45 * min(len(words), 14))
