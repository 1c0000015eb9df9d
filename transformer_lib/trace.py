"""Record what attention computes while a model runs.

    with record(model) as trace:
        model(source, target_in)
    trace["encoder.0.self_attention"].weights  # (batch, heads, query, key)
    trace.weights("cross")                     # one such tensor per layer

The trace watches the real forward pass through PyTorch's forward hooks; it computes nothing. An
attention that could go without its weights is told to take the long way, with equal numbers.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn

from transformer_lib.attention import Attended, FusedAttention

PARTS = {  # what a reader calls it: how the names of its layers begin and end
    "encoder": ("encoder", "self_attention"),
    "decoder": ("decoder", "self_attention"),
    "cross": ("decoder", "cross_attention"),
}


class Recorded(NamedTuple):
    """What one attention returned, as in `Attended`, and the q, k and mask it was asked with."""

    output: Tensor  # (batch, heads, query, d_head)
    weights: Tensor | None  # (batch, heads, query, key)
    scores: Tensor | None  # (batch, heads, query, key)
    q: Tensor  # (batch, heads, query, d_head)
    k: Tensor  # (batch, heads, key, d_head)
    mask: Tensor | None  # bool, broadcasts to the weights; True = may attend

    @property
    def visible(self) -> Tensor:
        """(batch, heads, query, key) bool: the mask, all True where there was none."""
        shape = *self.q.shape[:-1], self.k.size(-2)
        everything = torch.ones(shape, dtype=torch.bool, device=self.q.device)
        return everything if self.mask is None else everything & self.mask


class Trace(dict[str, Recorded]):
    """Layer name → what its attention computed in the last forward pass, detached."""

    @property
    def parts(self) -> list[str]:
        """Which of "encoder", "decoder" and "cross" were recorded."""
        return [part for part in PARTS if self.find(part)]

    def find(self, part: str) -> dict[str, Recorded]:
        """The layers of one part by name, first layer first; none when none ran."""
        return {name: recorded for name, recorded in self.items() if part_of(name) == part}

    def weights(self, part: str) -> list[Tensor]:
        """The weights of "encoder", "decoder" or "cross" attention: one tensor
        (batch, heads, query, key) per layer, first layer first.

        Raises ValueError when nothing of that part was recorded, or no weights were kept.
        """
        layers = {name: recorded.weights for name, recorded in self.find(part).items()}
        if not layers:
            raise ValueError(
                f"the trace holds no {part!r} attention, only {', '.join(self) or 'nothing'}; "
                f"ask for one of {', '.join(PARTS)} and run the model inside `with record(model)`."
            )
        return check_kept(layers)


def check_kept(layers: dict[str, Tensor | None]) -> list[Tensor]:
    """The weights; refused when an attention kept none."""
    blind = [name for name, weights in layers.items() if weights is None]
    if blind:
        raise ValueError(
            f"{', '.join(blind)} ran without keeping weights, as BigBirdAttention does; "
            f"to look at weights, build the model with attention=Attention."
        )
    return [weights for weights in layers.values() if weights is not None]


@contextmanager
def record(model: nn.Module) -> Iterator[Trace]:
    """Fill a `Trace` from every attention layer of `model` that runs inside the block.

    A layer is any module with a child called `attention`: (q, k, v, mask) → `Attended`.
    """
    trace = Trace()
    handles = [
        layer.attention.register_forward_hook(make_hook(trace, reader_name(path)))
        for path, layer in model.named_modules()
        if isinstance(getattr(layer, "attention", None), nn.Module)
    ]
    try:
        with needing_weights(model):
            yield trace
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def needing_weights(model: nn.Module) -> Iterator[None]:
    """Inside the block every attention that could do without its weights computes them."""
    fused = [module for module in model.modules() if isinstance(module, FusedAttention)]
    before = [attention.need_weights for attention in fused]
    try:
        for attention in fused:
            attention.need_weights = True
        yield
    finally:
        for attention, needed in zip(fused, before):
            attention.need_weights = needed


def make_hook(trace: Trace, name: str) -> Callable[..., None]:
    """A hook that puts what went into an attention and came out into the trace, detached."""

    def hook(module: nn.Module, inputs: tuple, attended: object) -> None:
        if isinstance(attended, Attended):
            q, k, _, mask = (*inputs, None)[:4]
            output, weights, scores = attended.output.detach(), *map(detach, attended[1:])
            trace[name] = Recorded(output, weights, scores, q.detach(), k.detach(), detach(mask))

    return hook


def detach(tensor: Tensor | None) -> Tensor | None:
    """The same numbers without their gradients; None stays None."""
    return None if tensor is None else tensor.detach()


def part_of(name: str) -> str | None:
    """Which part a layer belongs to, by its reader_name: encoder.0.self_attention → encoder"""
    ends = name.split(".")[0], name.split(".")[-1]
    return next((part for part in PARTS if PARTS[part] == ends), None)


def reader_name(path: str) -> str:
    """encoder.layers.0.self_attention.sublayer → encoder.0.self_attention"""
    words = [word for word in path.split(".") if word not in ("layers", "sublayer")]
    return ".".join(words) or "attention"
