"""Who looks at whom in a trained model: lines, a heat map, and the sum behind each cell.

Attention maps are evidence about this model on this sentence, not explanations.
"""

import math
from functools import partial

import traitlets
from matplotlib.axes import Axes
from torch import Tensor, nn

from lesson.plots import heatmap
from lesson.widgets.attention_reading import Read, Words, read_pair, read_text
from lesson.widgets.attention_state import packed
from lesson.widgets.text_view import TextView, unknown_sides
from lesson.widgets.view import as_lists, script, style
from transformer_lib.attention import masked_softmax
from transformer_lib.translator import Translator


class AttentionView(TextView):
    """The attention of a model on a sentence that you can change.

    AttentionView(translator, "I am a student")
    AttentionView.of(model, vocabulary, "the cat is black")

    translator: a `Translator`, or any function (source, target) → `Reading`
    source, target: what is read first; an empty target is written by the translator

    Raises ValueError for texts without words or too long, for attention that keeps no weights,
    and for a part, layer, head, cell or temperature that is not there.
    """

    _esm = script(__file__, "text_view.js", "attention_controls.js", "attention_cell.js")
    _css = style("attention_view.css")
    askable = ("read",)
    source = traitlets.Unicode().tag(sync=True)
    target = traitlets.Unicode().tag(sync=True)
    next_words = traitlets.List(traitlets.Unicode()).tag(sync=True)  # after each target word
    parts = traitlets.Dict().tag(sync=True)  # see attention_state.packed
    part = traitlets.Unicode().tag(sync=True)
    layer = traitlets.Int().tag(sync=True)
    locked = traitlets.List(traitlets.Int()).tag(sync=True)  # the heads shown; none means all
    temperature = traitlets.Float(1.0).tag(sync=True)
    cell = traitlets.List(traitlets.Int()).tag(sync=True)  # query and key, or none
    answer = traitlets.Dict().tag(sync=True)  # q and k of the cell, when the page took none along

    def __init__(self, translator: Translator | Read, source: str, target: str = ""):
        super().__init__()
        own = isinstance(translator, Translator)
        self.reader = partial(read_pair, translator) if own else translator
        self.read(source, target)
        self.observe(lambda change: self.turn(), "part")
        self.observe(lambda change: self.explain(), ["part", "layer", "cell"])

    @classmethod
    def of(cls, model: nn.Module, vocabulary: Words, text: str) -> "AttentionView":
        """A model of one text and the vocabulary it was trained with: a `LanguageModel`, a
        `Classifier`, a `BertEncoder` with its `WordPieces`.
        """
        return cls(partial(read_text, model, vocabulary), text)

    def read(self, source: str, target: str = "") -> None:
        """Show another sentence. Raises as the class does, and then shows what it showed."""
        reading = self.reader(source, target)
        parts = packed(reading.parts)
        with self.hold_sync():
            self.recorded, self.parts = reading.parts, parts
            if self.part not in parts:
                self.part = list(parts)[-1]
            self.source, self.target = reading.source, reading.target
            self.unknown = unknown_sides(parts, reading.unknown, reading.unknown_target)
            self.next_words, self.cell, self.trouble = reading.next_words, [], ""

    def turn(self) -> None:
        """Another part has other words, so no cell is chosen."""
        self.cell = []
        self.layer = min(self.layer, len(self.recorded[self.part].layers) - 1)

    def explain(self) -> None:
        """Send q and k of the chosen cell, of every head, to a page that has none."""
        if not self.cell or "q" in self.parts[self.part]:
            self.answer = {}
            return
        (query, key), seen = self.cell, self.recorded[self.part].layers[self.layer]
        place = [self.part, self.layer, query, key]
        q, k = as_lists(seen.q[0, :, query]), as_lists(seen.k[0, :, key])
        self.answer = {"place": place, "q": q, "k": k}

    @traitlets.validate("part")
    def recorded_part(self, proposal: dict) -> str:
        """A part that this model has."""
        if proposal["value"] not in self.parts:
            raise ValueError(
                f"part={proposal['value']!r} was asked for, but this model has the parts "
                f"{', '.join(self.parts)}; choose one of them."
            )
        return proposal["value"]

    @traitlets.validate("layer", "locked", "cell")
    def recorded_place(self, proposal: dict) -> int | list[int]:
        """A layer, heads, or a query and a key that this part has."""
        name, value = proposal["trait"].name, proposal["value"]
        layers = self.recorded[self.part].layers
        n_heads, *cell = layers[0].scores.shape[1:]
        asked = [value] if name == "layer" else value
        counts = {"layer": [len(layers)], "locked": [n_heads] * len(asked), "cell": cell}[name]
        if asked and (
            len(asked) != len(counts) or any(not 0 <= n < most for n, most in zip(asked, counts))
        ):
            raise ValueError(
                f"{name}={value} was asked for, but {self.part} attention has {len(layers)} "
                f"layers, {n_heads} heads, {cell[0]} queries and {cell[1]} keys; count from 0."
            )
        return value

    @traitlets.validate("temperature")
    def above_zero(self, proposal: dict) -> float:
        """Something to divide scores by."""
        if not 0 < proposal["value"] < math.inf:
            raise ValueError(
                f"temperature={proposal['value']}; scores are divided by it, so it must be above "
                f"0: choose 1.0 for the model's own weights."
            )
        return proposal["value"]

    @property
    def heads(self) -> list[int]:
        """The heads that are shown."""
        return self.locked or list(range(self.n_heads))

    @property
    def n_heads(self) -> int:
        """How many there are."""
        return self.recorded[self.part].layers[0].scores.size(1)

    def weights(self) -> Tensor:
        """(heads, query, key) of the present part and layer at the present temperature"""
        seen = self.recorded[self.part].layers[self.layer]
        return masked_softmax(seen.scores / self.temperature, seen.visible)[0]

    def draw(self) -> Axes:
        """The heat map of the heads shown."""
        part, weights = self.recorded[self.part], self.weights()[self.heads]
        visible = part.layers[self.layer].visible[0, self.heads].any(0)
        words = self.labels(self.part, (part.queries, part.keys))
        return heatmap(weights.mean(0), *words, mask=visible, title=self.title())

    def title(self) -> str:
        """What is shown: part, layer, heads, and the temperature when it is not the model's."""
        count, every = len(self.heads), len(self.heads) == self.n_heads
        heads = f"all {count} heads" if every else f"heads {', '.join(map(str, self.heads))}"
        heads = f"mean of {heads}" if count > 1 else f"head {self.heads[0]}"
        warm = "" if self.temperature == 1 else f", temperature {self.temperature:.1f}"
        return f"{self.part} attention, layer {self.layer}, {heads}{warm}"

    def __repr__(self) -> str:
        texts = " → ".join(repr(text) for text in (self.source, self.target) if text)
        return f"AttentionView({texts}: {self.title()})"
