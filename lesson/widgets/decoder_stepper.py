"""A translation written word by word: where the decoder looks, and what it might say next."""

from collections.abc import Sequence

import torch
import traitlets
from matplotlib.axes import Axes
from torch import Tensor

from lesson import plots
from lesson.widgets.decoder_steps import decoder_steps
from lesson.widgets.view import View, as_lists, script, style
from transformer_lib.decoding import Cut, cut
from transformer_lib.translator import Translator
from transformer_lib.vocabulary import UNKNOWN, tokenize

MOST_WORDS = 24  # END included: more would not fit the eye
CANDIDATES = 8  # words shown one by one; all others are shown together
MEAN = "mean of all heads"


class DecoderStepper(View):
    """Write a translation step by step, with the likeliest word or with any other.

    translator: trained or not; it is only read
    sentence: the source text; the view lets it be edited
    seed: of the words drawn by chance

    `path` is the whole sentence that the model writes from here; `at` words of it are on the
    page. `temperature`, `top_k` and `top_p` can be set here as well as with the sliders.
    Raises ValueError for a sentence without tokens or too long for the model, for a model that
    keeps no cross-attention weights, and for a step or a slider's value that does not exist.
    """

    _esm = script(__file__)
    _css = style("decoder_stepper.css")
    sentence = traitlets.Unicode().tag(sync=True)
    source = traitlets.List(traitlets.Unicode()).tag(sync=True)
    known = traitlets.List(traitlets.Bool()).tag(sync=True)  # one a source word
    path = traitlets.List(traitlets.Unicode()).tag(sync=True)
    at = traitlets.Int().tag(sync=True)
    steps = traitlets.List(traitlets.Dict()).tag(sync=True)  # one a word of the path
    layers = traitlets.List(traitlets.Unicode()).tag(sync=True)
    heads = traitlets.List(traitlets.Unicode()).tag(sync=True)
    layer = traitlets.Unicode().tag(sync=True)
    head = traitlets.Unicode(MEAN).tag(sync=True)
    temperature = traitlets.Float(1.0).tag(sync=True)
    top_k = traitlets.Int().tag(sync=True)
    top_p = traitlets.Float(1.0).tag(sync=True)
    trouble = traitlets.Unicode().tag(sync=True)

    def __init__(self, translator: Translator, sentence: str, seed: int = 0):
        self.translator = translator
        self.generator = torch.Generator().manual_seed(seed)
        super().__init__(top_k=len(translator.target))
        self.read(sentence)
        self.layer = self.layers[-1]
        self.on_msg(self.obey)

    @traitlets.validate("at")
    def within(self, proposal: dict) -> int:
        """A step that the path has."""
        at, last = proposal["value"], len(self.path)
        if not 0 <= at <= last:
            raise ValueError(f"step {at} is not on the path of {last} words; choose 0 to {last}.")
        return at

    @traitlets.validate("temperature", "top_k", "top_p")
    def usable(self, proposal: dict) -> float:
        """A value that `cut` takes."""
        how = {"temperature": 1.0, proposal["trait"].name: proposal["value"]}
        cut(torch.zeros(1), **how)
        return proposal["value"]

    @traitlets.validate("layer", "head")
    def listed(self, proposal: dict) -> str:
        """A layer or a head that the model has."""
        name, value = proposal["trait"].name, proposal["value"]
        names = getattr(self, f"{name}s")
        if value not in names:
            raise ValueError(
                f"{name}={value!r} is not among the {len(names)} {name}s of this model's "
                f"cross-attention; choose one of {', '.join(names)}."
            )
        return value

    def obey(self, view: View, wish: dict, buffers: list) -> None:
        """Do what the page asks: `verb` names a method, `words` are its arguments."""
        verbs = {"read": self.read, "take": self.take, "draw_by_chance": self.draw_by_chance}
        try:
            verbs[wish["verb"]](*wish["words"])
        except ValueError as error:
            self.trouble = str(error)

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

    def chances(self) -> Cut:
        """The candidates of this step, stage by stage, each stage (target_vocab_size).

        Raises ValueError after the last step.
        """
        self.check_open()
        return cut(self.logits[self.at], self.temperature, self.top_k, self.top_p)

    def check_open(self) -> None:
        """Refuse to write when everything is written."""
        if self.at == len(self.path):
            raise ValueError(
                f"all {self.at} words of the path are written, so no step is left to choose at; "
                f"go back first: at = {self.at - 1}."
            )

    def write(self, sentence: str, taken: Sequence[str]) -> None:
        """Write the words taken, then the likeliest to the end, and send every step."""
        source, target = self.translator.source, self.translator.target
        heard, said = source.encode(sentence), [target.ids[word] for word in taken]
        seen = decoder_steps(self.translator.model, heard, said, MOST_WORDS)
        self.logits = seen.logits
        weights = torch.stack([with_mean(heads) for heads in seen.weights.values()], dim=1)
        with self.hold_sync():
            self.sentence, self.trouble = sentence, ""
            self.source, self.known = tokenize(sentence), [i != UNKNOWN for i in heard]
            self.layers = list(seen.weights)
            self.heads = [MEAN, *(f"head {head}" for head in range(weights.size(2) - 1))]
            self.path = [target.words[i] for i in seen.words]
            self.steps = [self.step(*parts) for parts in zip(seen.logits, weights, strict=True)]
            self.at = len(taken)

    def step(self, logits: Tensor, weights: Tensor) -> dict:
        """One step as the page needs it: all logits in order, and the words of the first.

        logits: (target_vocab_size); weights: (layer, 1 + heads, source), the heads' mean first
        """
        ordered, order = logits.sort(descending=True)
        words = [self.translator.target.words[i] for i in order[:CANDIDATES]]
        return {"words": words, "logits": as_lists(ordered), "weights": as_lists(weights)}

    def draw(self) -> Axes:
        """The cross-attention of the whole path: a row for each word written."""
        layer, head = self.layers.index(self.layer), self.heads.index(self.head)
        weights = torch.tensor([step["weights"][layer][head] for step in self.steps])
        title = f"{self.sentence} → {self.translation()}"
        ax = plots.heatmap(weights, self.path, self.source, title=title)
        ax.set(ylabel="word written", xlabel=f"source word · {self.layer}, {self.head}")
        return ax

    def translation(self) -> str:
        """The path as a text."""
        ids = self.translator.target.ids
        return self.translator.target.decode(ids[word] for word in self.path)

    def __repr__(self) -> str:
        written = f"{self.at} of {len(self.path)} words written"
        return f"DecoderStepper({self.sentence} → {self.translation()}, {written})"


def with_mean(weights: Tensor) -> Tensor:
    """(heads, step, source) → (step, 1 + heads, source), the mean of all heads first"""
    return torch.cat([weights.mean(0, keepdim=True), weights]).transpose(0, 1)
