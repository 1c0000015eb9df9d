"""A translation written word by word: where the decoder looks, and what it might say next."""

from collections.abc import Sequence

import torch
import traitlets
from matplotlib.axes import Axes
from torch import Tensor

from lesson import plots
from lesson.widgets.attention_reading import typed
from lesson.widgets.decoder_steps import decoder_steps
from lesson.widgets.map_view import MapView
from lesson.widgets.text_view import unknown_sides
from lesson.widgets.view import as_lists, script, style
from transformer_lib.decoding import FilteredLogits, filter_logits
from transformer_lib.translator import Translator

MOST_WORDS = 24  # END included: more would not fit the eye
CANDIDATES = 8  # words shown one by one; all others are shown together


class DecoderStepper(MapView):
    """Write a translation step by step, with the likeliest word or with any other.

    translator: trained or not; it is only read
    sentence: the source text; the view lets it be edited
    seed: of the words drawn by chance

    `path` is the whole sentence that the model writes from here; `at` words of it are on the page.
    The one map of this view has a row for each word of it, and a column for each source word.
    `temperature`, `top_k` and `top_p` can be set here as well as with the sliders.
    Raises ValueError for a sentence without tokens or too long for the model, for a model that
    keeps no cross-attention weights, and for a step or a slider's value that does not exist.
    """

    _esm = script(__file__, "text_view.js", "map_view.js")
    _css = style("decoder_stepper.css")
    askable = ("read", "take", "draw_by_chance")
    sentence = traitlets.Unicode().tag(sync=True)
    at = traitlets.Int().tag(sync=True)
    steps = traitlets.List(traitlets.Dict()).tag(sync=True)  # one a word of the path
    weights = traitlets.Dict().tag(sync=True)  # see map_view.Weights
    temperature = traitlets.Float(1.0).tag(sync=True)
    top_k = traitlets.Int().tag(sync=True)
    top_p = traitlets.Float(1.0).tag(sync=True)

    def __init__(self, translator: Translator, sentence: str, seed: int = 0):
        self.translator = translator
        self.generator = torch.Generator().manual_seed(seed)
        super().__init__(top_k=len(translator.target))
        self.read(sentence)

    @property
    def path(self) -> list[str]:
        """The words written here, and those that the model would go on with."""
        return self.words["cross"][0]

    @traitlets.validate("at")
    def within(self, proposal: dict) -> int:
        """A step that the path has."""
        at, last = proposal["value"], len(self.path)
        if not 0 <= at <= last:
            raise ValueError(f"step {at} is not on the path of {last} words; choose 0 to {last}.")
        return at

    @traitlets.validate("temperature", "top_k", "top_p")
    def usable(self, proposal: dict) -> float:
        """A value that `filter_logits` takes."""
        how = {"temperature": 1.0, proposal["trait"].name: proposal["value"]}
        filter_logits(torch.zeros(1), **how)
        return proposal["value"]

    def read(self, sentence: str) -> None:
        """Start on another source sentence."""
        self.write(sentence, [])

    def take(self, word: str) -> None:
        """Write this word next, whatever the model thinks of it.

        Raises ValueError for a word outside the target vocabulary and after the last step.
        """
        self.check_open()
        if word not in self.translator.target.ids:
            raise ValueError(
                f"{word!r} is not among the {len(self.translator.target)} words of the target "
                f"vocabulary; take one of them, such as {self.path[self.at]!r}."
            )
        if word == self.path[self.at]:
            self.at += 1
        else:
            self.write(self.sentence, [*self.path[: self.at], word])

    def draw_by_chance(self) -> None:
        """Write a word drawn with the probabilities that the view shows.

        Raises ValueError after the last step.
        """
        chances = self.chances().probabilities
        drawn = torch.multinomial(chances, 1, generator=self.generator).item()
        self.take(self.translator.target.words[drawn])

    def chances(self) -> FilteredLogits:
        """The candidates of this step, stage by stage, each stage (target_vocab_size).

        Raises ValueError after the last step.
        """
        self.check_open()
        return filter_logits(self.logits[self.at], self.temperature, self.top_k, self.top_p)

    def check_open(self) -> None:
        """Refuse to write when everything is written."""
        if self.at == len(self.path):
            raise ValueError(
                f"all {self.at} words of the path are written, so no step is left to choose at; "
                f"go back first: at = {self.at - 1}."
            )

    def write(self, sentence: str, taken: Sequence[str]) -> None:
        """Write the words taken, then the likeliest to the end, and send every step."""
        heard, target = typed(self.translator.source, sentence), self.translator.target
        said = [target.ids[word] for word in taken]
        seen = decoder_steps(self.translator.model, heard, said, MOST_WORDS)
        words = {"cross": [[target.words[i] for i in seen.words], heard.words]}
        with self.hold_sync():
            self.sentence, self.trouble, self.logits = sentence, "", seen.logits
            self.weights = {"cross": [as_lists(heads) for heads in seen.weights.values()]}
            self.offer(words, self.weights, list(seen.weights))
            self.unknown = unknown_sides(words, heard.unknown)
            self.steps = [self.step(logits) for logits in seen.logits]
            self.at = len(taken)

    def step(self, logits: Tensor) -> dict:
        """One step as the page needs it: all logits in order, and the words of the first.

        logits: (target_vocab_size)
        """
        ordered, order = logits.sort(descending=True)
        words = [self.translator.target.words[i] for i in order[:CANDIDATES]]
        return {"words": words, "logits": as_lists(ordered)}

    def draw(self) -> Axes:
        """The cross-attention of the whole path: a row for each word written."""
        title = f"{self.sentence} → {self.translation()}"
        words = self.labels("cross", self.words["cross"])
        ax = plots.heatmap(self.chosen(self.weights), *words, title=title)
        ax.set(ylabel="word written", xlabel=f"source word · {self.layer}, {self.head}")
        return ax

    def translation(self) -> str:
        """The path as a text."""
        ids = self.translator.target.ids
        return self.translator.target.decode(ids[word] for word in self.path)

    def __repr__(self) -> str:
        written = f"{self.at} of {len(self.path)} words written"
        return f"DecoderStepper({self.sentence} → {self.translation()}, {written})"
