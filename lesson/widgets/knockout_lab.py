"""Take parts out of a trained translator and see what it writes without them."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.axes import Axes

from lesson.plots import WIDTH, bars, heatmap
from lesson.widgets.attention_reading import fitting, opened, typed
from lesson.widgets.knockout_trials import Trial, Trials
from lesson.widgets.map_view import MapView, numbers
from lesson.widgets.text_view import unknown_sides
from lesson.widgets.view import MOST_CARRIED, script, style
from transformer_lib.knockout import attentions
from transformer_lib.translator import Translator


class KnockoutLab(MapView):
    """A trained translator before and after: what it writes, how often it is right, where it looks.

    translator: trained with everything that can be taken out here; it is only read
    pairs: (source, target) sentences that it has not seen, at most 100 of which are used
    sentence: what is translated first; the view lets it be edited

    `out` says what is taken out and may be set: "positions", "scaling", "mask", "word 2 hidden",
    "word 2 unknown", "decoder.1.cross_attention head 3". `offered` lists all of them.
    Raises ValueError for no pairs, a sentence without words or too long, a model without heads,
    and for something to take out that is not offered.
    """

    _esm = script(__file__, "text_view.js", "map_view.js", "knockout_keys.js")
    _css = style("map_view.css", "knockout_lab.css")
    askable = ("read",)
    sentence = traitlets.Unicode().tag(sync=True)
    offered = traitlets.List(traitlets.Unicode()).tag(sync=True)
    out = traitlets.List(traitlets.Unicode()).tag(sync=True)
    sample = traitlets.Int().tag(sync=True)  # held-out sentences
    d_head = traitlets.Int().tag(sync=True)
    before = traitlets.Dict().tag(sync=True)
    after = traitlets.Dict().tag(sync=True)

    def __init__(self, translator: Translator, pairs: Sequence[tuple[str, str]], sentence: str):
        super().__init__()
        self.translator, self.trials = translator, Trials(translator, pairs)
        self.sample = len(self.trials.wanted)
        first = next(iter(attentions(translator.model).values()))
        self.d_head = first.q_proj.out_features // first.n_heads
        self.read(sentence)
        self.observe(lambda change: self.take_out(), "out")

    def read(self, sentence: str) -> None:
        """Translate another sentence. Raises as the class does, and then shows what it showed."""
        heard = fitting("sentence", typed(self.translator.source, sentence), self.translator.model)
        knockouts = self.trials.knockouts(len(heard.words))
        whole = self.trials.run(heard, {})
        said = opened(whole.written).words
        with self.hold_sync():
            self.heard, self.knockouts, self.whole, self.results = heard, knockouts, whole, {}
            self.sentence, self.trouble = sentence, ""
            self.offered = list(knockouts)
            self.out = [name for name in self.out if name in knockouts]
            sides = {"encoder": [heard.words] * 2, "decoder": [said] * 2}
            self.offer(sides | {"cross": [said, heard.words]}, whole.weights)
            self.unknown = unknown_sides(self.words, heard.unknown)
            self.before = self.result([])
            self.take_out()

    @traitlets.validate("out")
    def those_offered(self, proposal: dict) -> list[str]:
        """Names of what can be taken out, in the order of `offered`."""
        strange = [name for name in proposal["value"] if name not in self.offered]
        if strange:
            raise ValueError(
                f"{strange[0]!r} is not among the {len(self.offered)} things that can be taken "
                f"out of this model; choose among {', '.join(self.offered)}."
            )
        return [name for name in self.offered if name in proposal["value"]]

    def take_out(self) -> None:
        """Send what comes of it."""
        self.after = self.result(self.out)

    def result(self, out: Iterable[str]) -> dict:
        """What comes of taking these out, as the page needs it; tried once for each sentence."""
        out = tuple(out)
        if out not in self.results:
            knockouts = {name: self.knockouts[name] for name in out}
            trial = self.trials.run(self.heard, knockouts, self.whole.written)
            self.results[out] = told(out, trial, self.whole.written.words)
        return self.results[out]

    def state(self) -> dict:
        """For a page without a kernel: also what comes of single things, as many as fit."""
        room = MOST_CARRIED // numbers(self.before["weights"])
        singles = {name: self.result([name]) for name in self.offered[:room]}
        return super().state() | {"singles": singles}

    def draw(self) -> Axes:
        """The map before and after, their difference, and how often the translations are right."""
        maps = [self.chosen(trial["weights"]) for trial in (self.before, self.after)]
        rows, columns = maps[0].shape
        size = max(WIDTH, 1.15 * columns), 2.6 + 0.9 * max(rows, 4)  # inches, room for numbers
        axes = plt.subplots(2, 2, figsize=size)[1].flat
        change = maps[1].nan_to_num() - maps[0].nan_to_num()
        change = change.round(decimals=2) + 0.0  # or it reads −0.00
        change = change.masked_fill(maps[0].isnan() & maps[1].isnan(), torch.nan)
        names = ("whole model", "taken out", "difference: now − before")
        for ax, name, drawn in zip(axes, names, [*maps, change]):
            words, signed = self.labels(self.part, self.words[self.part]), name == names[-1]
            shown = {"mask": ~drawn.isnan(), "signed": signed, "title": name}
            heatmap(drawn.nan_to_num(), *words, **shown, ax=ax)
        shares = [trial["right"] / self.sample for trial in (self.before, self.after)]
        title = f"{self.sample} sentences, exactly right"
        bars({"share": shares}, ["whole model", "taken out"], title=title, ax=axes[3])
        axes[0].figure.suptitle(self.title(), fontsize=10)
        axes[0].set_label(f"{self.title()}. {axes[0].get_label()}")
        return axes[0]

    def title(self) -> str:
        """What is written before and after, and which map is shown."""
        before, after = (" ".join(trial["written"]) for trial in (self.before, self.after))
        return (
            f"{self.sentence} → {before}\n"
            f"taken out: {', '.join(self.out) or 'nothing'} → {after}\n{self.place()}"
        )

    def __repr__(self) -> str:
        out = ", ".join(self.out) or "nothing"
        return f"KnockoutLab({self.sentence!r}, taken out: {out}; {self.sample} held-out sentences)"


def told(out: Iterable[str], trial: Trial, before: list[str]) -> dict:
    """A trial in words and numbers; `lost` and `new` mark where it differs from `before`."""
    after = trial.written.words
    lost, new = [True] * len(before), [True] * len(after)
    for i, j, size in SequenceMatcher(None, before, after, False).get_matching_blocks():
        lost[i : i + size] = new[j : j + size] = [False] * size
    words = {"written": after, "lost": lost, "new": new}
    return {"out": list(out), "right": trial.right, "weights": trial.weights} | words
