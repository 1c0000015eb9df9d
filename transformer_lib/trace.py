"""Record what attention computes while a model runs.

    with record(model) as trace:
        model(source, target_in)
    trace["encoder.0.self_attention"].weights  # (batch, heads, query, key)
    trace.weights("cross")                     # one such tensor per layer

The trace watches the real forward pass through PyTorch's forward hooks; it computes nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn

from transformer_lib.attention import Attended

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
        everything = torch.ones_like(self.weights, dtype=torch.bool)
        return everything if self.mask is None else everything & self.mask


class Trace(dict[str, Recorded]):
    """Layer name → what its attention computed in the last forward pass, detached."""

    @property
    def parts(self) -> list[str]:
        """Which of "encoder", "decoder" and "cross" were recorded."""
        return [part for part in PARTS if self.find(part)]

    def find(self, part: str) -> dict[str, Recorded]:
        """The layers of one part by name, first layer first; none when none ran."""
        start, end = PARTS.get(part, (None, None))
        return {
            name: recorded
            for name, recorded in self.items()
            if name.split(".")[0] == start and name.split(".")[-1] == end
        }

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
        check_kept(layers)
        return list(layers.values())


def check_kept(layers: dict[str, Tensor | None]) -> None:
    """Refuse to show the weights of an attention that kept none."""
    blind = [name for name, weights in layers.items() if weights is None]
    if blind:
        raise ValueError(
            f"{', '.join(blind)} ran without keeping weights, as the fused kernel does; "
            f"to look at weights, build the model with attention=Attention."
        )


@contextmanager
def record(model: nn.Module) -> Iterator[Trace]:
    """Fill a `Trace` from every attention layer of `model` that runs inside the block.

    A layer is any module with a child called `attention`: (q, k, v, mask) → `Attended`.
    """
    trace = Trace()
    handles = [
        layer.attention.register_forward_hook(keeper(trace, reader_name(path)))
        for path, layer in model.named_modules()
        if isinstance(getattr(layer, "attention", None), nn.Module)
    ]
    try:
        yield trace
    finally:
        for handle in handles:
            handle.remove()


def keeper(trace: Trace, name: str) -> Callable:
    """A hook that puts what went into an attention and came out into the trace, detached."""

    def keep(module, inputs, attended):
        if isinstance(attended, Attended):
            mask = inputs[3] if len(inputs) > 3 else None
            parts = (*attended, *inputs[:2], mask)
            trace[name] = Recorded(*(None if part is None else part.detach() for part in parts))

    return keep


def reader_name(path: str) -> str:
    """encoder.layers.0.self_attention.sublayer → encoder.0.self_attention"""
    words = [word for word in path.split(".") if word not in ("layers", "sublayer")]
    return ".".join(words) or "attention"


@contextmanager
def at_rest(model: nn.Module) -> Iterator[nn.Module]:
    """The model without dropout and gradients; the mode it was in comes back."""
    training = model.training
    try:
        with torch.no_grad():
            yield model.eval()
    finally:
        model.train(training)
