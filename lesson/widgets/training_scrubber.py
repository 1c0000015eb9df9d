"""A training that can be wound back: what one sentence looks like at saved steps of it."""

import math
from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import traitlets
from matplotlib.axes import Axes
from torch import Tensor, nn

from lesson.plots import heatmap
from lesson.widgets.attention_reading import opened, typed
from lesson.widgets.map_view import MapView, maps, numbers
from lesson.widgets.text_view import unknown_sides
from lesson.widgets.view import MOST_CARRIED, script, style
from transformer_lib.data import batches
from transformer_lib.evaluation import evaluating, to_device
from transformer_lib.parts import Part, find_parts
from transformer_lib.trace import record
from transformer_lib.training import History, summed_cross_entropy
from transformer_lib.translator import Translator

MOST_KEPT = 80_000  # weights in all snapshots: half a megabyte, sent anew with each of them
POINTS = 200  # of the curve of a whole run


class TrainingScrubber(MapView):
    """Goes along with a training as its evaluation, and keeps a snapshot each time.

        scrubber = TrainingScrubber.of(translator, "I am a student", "je suis étudiant", every=20)
        fit(translator.model, data, Recipe(steps=600, evaluate_every=20), evaluate=scrubber)

    model: to be trained; the first snapshot is taken of it as it comes
    example: one sentence as `fit` learns from it: tensors of a batch of one, the answer last
    words: the words of the source and of the target, one a token; the ids when left out
    every: steps between snapshots, the recipe's `evaluate_every`
    evaluate: what else to evaluate: model → result, larger is better

    `at` is the snapshot shown, counted from 0; beyond the newest means the newest. When there are
    too many, every second one goes.
    Raises ValueError for more than one sentence, words that do not fit, attention that keeps no
    weights, another run's history, and an `at` or a `cell` that is not there.
    """

    _esm = script(__file__, "chart.js", "text_view.js", "map_view.js")
    _css = style("chart.css", "map_view.css", "training_scrubber.css")
    snapshots = traitlets.List(traitlets.Dict()).tag(sync=True)  # number, step, loss, result, …
    at = traitlets.Int().tag(sync=True)
    live = traitlets.Bool(True).tag(sync=True)  # go to each new snapshot
    logarithmic = traitlets.Bool(False).tag(sync=True)
    cell = traitlets.List(traitlets.Int()).tag(sync=True)  # query and key, or none
    losses = traitlets.List().tag(sync=True)  # [step, loss] of the run's batches

    def __init__(
        self,
        model: nn.Module,
        example: Sequence[Tensor],
        words: Sequence[Sequence[str]] | None = None,
        every: int = 50,
        evaluate: Callable[[nn.Module], float] | None = None,
    ):
        super().__init__()
        check_example(example)
        self.example, self.every, self.evaluate = example, every, evaluate
        self.texts = words or [[str(token) for token in ids[0].tolist()] for ids in example[:-1]]
        self.taken, self.spacing = 0, 1  # snapshots since the first; which of them are kept
        loss, parts = self.look(model)
        self.keep(loss, None, parts)
        sides = {name: [part.queries, part.keys] for name, part in parts.items()}
        self.offer(sides, self.snapshots[0]["weights"])
        self.observe(lambda change: setattr(self, "cell", []), "part")

    @classmethod
    def of(cls, translator: Translator, source: str, target: str, **how) -> "TrainingScrubber":
        """For a translator and one pair of texts; `how` is `every` and `evaluate`."""
        (example,) = batches(translator.ids([(source, target)]), 1)
        texts = typed(translator.source, source), opened(typed(translator.target, target))
        view = cls(translator.model, example, [text.words for text in texts], **how)
        view.unknown = unknown_sides(view.words, *(text.unknown for text in texts))
        return view

    def __call__(self, model: nn.Module) -> float:
        """Take a snapshot; returns the result of `evaluate`, or else minus the example's loss."""
        self.taken += 1
        result = None if self.evaluate is None else self.evaluate(model)
        loss, parts = self.look(model)
        self.keep(loss, result, parts)
        return -loss if result is None else result

    def look(self, model: nn.Module) -> tuple[float, dict[str, Part]]:
        """The loss of the example, in nats an answer, and its attention."""
        with evaluating(model), record(model) as trace:
            *inputs, expected = to_device(self.example, model)
            total, count = summed_cross_entropy(model(*inputs), expected)
        texts = self.texts if len(self.texts) == 2 else [*self.texts, None]
        return (total / count).item(), find_parts(trace, *texts)

    def keep(self, loss: float, result: float | None, parts: dict[str, Part]) -> None:
        """Add a snapshot."""
        snapshot = {
            "number": self.taken,
            "step": self.taken * self.every,
            "loss": finite(loss),
            "result": finite(result),
            "weights": maps(parts),
        }
        if len(self.spaced()) >= max(2, MOST_KEPT // numbers(snapshot["weights"])):
            self.spacing *= 2
        self.snapshots = [*self.spaced(), snapshot]

    def spaced(self) -> list[dict]:
        """The snapshots that stay when a new one comes."""
        return [each for each in self.snapshots if each["number"] % self.spacing == 0]

    def show(self, history: History) -> None:
        """Draw the losses of the whole run as well, and name its own steps.

        Raises ValueError for a history with fewer evaluations than there are snapshots.
        """
        done = history.evaluations
        if len(done) < self.taken:
            raise ValueError(
                f"the history holds {len(done)} evaluations, but {self.taken} snapshots were taken "
                f"since the first; show the history of the run that this scrubber went along with."
            )
        steps = [0, *(step for step, _ in done[len(done) - self.taken :])]
        with self.hold_sync():
            self.snapshots = [each | {"step": steps[each["number"]]} for each in self.snapshots]
            self.losses = curve(history.losses)

    @traitlets.validate("at")
    def from_zero(self, proposal: dict) -> int:
        """A snapshot, or the newest."""
        if proposal["value"] < 0:
            raise ValueError(
                f"at={proposal['value']} is before the first of {len(self.snapshots)} snapshots; "
                f"choose 0 to {len(self.snapshots) - 1}."
            )
        return proposal["value"]

    @traitlets.validate("cell")
    def on_the_map(self, proposal: dict) -> list[int]:
        """A query and a key of the part that is shown, or none."""
        cell, sizes = proposal["value"], [len(words) for words in self.words[self.part]]
        if cell and (len(cell) != 2 or any(n not in range(most) for n, most in zip(cell, sizes))):
            raise ValueError(
                f"cell={cell} is not on the {self.part} map of {sizes[0]} queries and {sizes[1]} "
                f"keys; choose [query, key], counted from 0, or [] for none."
            )
        return cell

    def state(self) -> dict:
        """For a page without a kernel: as many snapshots as fit, evenly spread over the run."""
        last = len(self.snapshots) - 1
        most = max(2, MOST_CARRIED // numbers(self.snapshots[0]["weights"]))
        count = min(len(self.snapshots), most)
        kept = [round(last * n / max(1, count - 1)) for n in range(count)]
        at = min(range(count), key=lambda n: abs(kept[n] - self.at))
        return super().state() | {"snapshots": [self.snapshots[n] for n in kept], "at": at}

    def draw(self) -> Axes:
        """The map at the first snapshot, in the middle and at the newest."""
        last = len(self.snapshots) - 1
        shown = [self.snapshots[n] for n in sorted({0, (last + 1) // 2, last})]
        queries, keys = self.labels(self.part, self.words[self.part])
        size = len(shown) * (1.2 + 0.5 * len(keys)), 1.6 + 0.5 * len(queries)
        axes = plt.subplots(1, len(shown), figsize=size, squeeze=False)[1][0]
        for ax, snapshot in zip(axes, shown, strict=True):
            weights, loss = self.chosen(snapshot["weights"]), snapshot["loss"]
            title = f"step {snapshot['step']}, loss {'–' if loss is None else f'{loss:.2f}'}"
            how = {"mask": ~weights.isnan(), "title": title, "ax": ax}
            heatmap(weights.nan_to_num(), queries, keys, **how)
        axes[0].figure.suptitle(self.place(), fontsize=10)
        axes[0].set_label(f"{self.place()}. {axes[0].get_label()}")
        return axes[0]

    def __repr__(self) -> str:
        steps = f"steps {self.snapshots[0]['step']} to {self.snapshots[-1]['step']}"
        return f"TrainingScrubber({len(self.snapshots)} snapshots, {steps}: {self.place()})"


def check_example(example: Sequence[Tensor]) -> None:
    """Refuse more or less than one sentence."""
    sizes = {len(tensor) for tensor in example}
    if sizes != {1} or not 2 <= len(example) <= 3:
        raise ValueError(
            f"the example is {len(example)} tensors of {sorted(sizes)} sentences; needed are the "
            f"inputs and the answer of 1 sentence: tuple(tensor[:1] for tensor in batch)."
        )


def finite(value: float | None) -> float | None:
    """A number that a page can read, or None."""
    return None if value is None or not math.isfinite(value) else round(value, 4)


def curve(losses: Sequence[float]) -> list[list[float]]:
    """[step, mean loss since the point before] at up to 200 steps."""
    width = max(1, math.ceil(len(losses) / POINTS))
    ends = range(width, len(losses) + 1, width)
    means = [(end, finite(sum(losses[end - width : end]) / width)) for end in ends]
    return [[end, mean] for end, mean in means if mean is not None]
