"""One attention map out of many: which part, which layer, which head."""

from collections.abc import Sequence

import numpy
import torch
import traitlets
from torch import Tensor

from lesson.widgets.text_view import TextView
from lesson.widgets.view import as_lists
from transformer_lib.parts import Part

DECIMALS = 3  # of a weight: cells show two, and a difference of two weights stays right
MEAN = "mean of all heads"

Weights = dict[str, list]  # part → layer → head → query → key; None where a mask hides the key


class MapView(TextView):
    """A view that shows one map at a time. Its script begins with text_view.js and map_view.js.

    Raises ValueError for a part, a layer or a head that the model does not have.
    """

    words = traitlets.Dict().tag(sync=True)  # part: [queries, keys]
    layers = traitlets.List(traitlets.Unicode()).tag(sync=True)
    heads = traitlets.List(traitlets.Unicode()).tag(sync=True)
    part = traitlets.Unicode().tag(sync=True)
    layer = traitlets.Unicode().tag(sync=True)
    head = traitlets.Unicode(MEAN).tag(sync=True)

    def offer(
        self, words: dict[str, Sequence], weights: Weights, layers: Sequence[str] = ()
    ) -> None:
        """What there is to choose from; shown first is the last part, its last layer, the mean.

        layers: their names, when they are called something else than layer 0, layer 1, …
        """
        shown = weights[list(words)[-1]]
        self.words = words
        self.layers = list(layers) or [f"layer {index}" for index in range(len(shown))]
        self.heads = [MEAN, *(f"head {index}" for index in range(len(shown[0])))]
        self.part = self.part or list(words)[-1]
        self.layer = self.layer or self.layers[-1]

    @traitlets.validate("part", "layer", "head")
    def there(self, proposal: dict) -> str:
        """A part, a layer or a head that the model has."""
        name, value = proposal["trait"].name, proposal["value"]
        names = {"part": list(self.words), "layer": self.layers, "head": self.heads}[name]
        if value not in names:
            raise ValueError(
                f"{name}={value!r} was asked for, but this view has {len(names)} {name}s: "
                f"{', '.join(names)}; choose one of them."
            )
        return value

    def chosen(self, weights: Weights) -> Tensor:
        """(query, key) of the map that is shown; NaN where the mask hides the key in every head."""
        layer = weights[self.part][self.layers.index(self.layer)]
        heads = torch.from_numpy(numpy.array(layer, dtype=float))  # (heads, query, key)
        if self.head != MEAN:
            return heads[self.heads.index(self.head) - 1]
        hidden = heads.isnan().all(0)
        return heads.nan_to_num(0.0).mean(0).masked_fill(hidden, torch.nan)

    def place(self) -> str:
        """The choice in words."""
        return f"{self.part} attention, {self.layer}, {self.head}"


def numbers(values: Weights | list) -> int:
    """How many numbers there are in nested lists."""
    parts = values.values() if isinstance(values, dict) else values
    return sum(numbers(part) if isinstance(part, list) else 1 for part in parts)


def maps(parts: dict[str, Part]) -> Weights:
    """The weights of one sentence, None where a mask hides the key: 0 alone does not tell that."""
    return {
        name: [
            as_lists(seen.weights[0].masked_fill(~seen.visible[0], torch.nan), DECIMALS)
            for seen in part.layers
        ]
        for name, part in parts.items()
    }
