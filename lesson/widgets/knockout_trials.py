"""What a translator writes, looks at and gets right while parts of it are taken out."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from typing import NamedTuple

from torch import Tensor, nn

from lesson.widgets.attention_reading import Tokens, batch, opened, room_in, spelled
from lesson.widgets.map_view import Weights, maps
from transformer_lib.cache import UncachedSession
from transformer_lib.data import pad
from transformer_lib.decoding import greedy
from transformer_lib.evaluation import evaluating
from transformer_lib.knockout import (
    attentions,
    dead_head,
    hidden_word,
    no_causal_mask,
    no_positions,
    no_scaling,
    replaced_word,
)
from transformer_lib.parts import find_parts
from transformer_lib.trace import record
from transformer_lib.translator import Translator
from transformer_lib.vocabulary import UNKNOWN, strip_special

SAMPLE = 100  # held-out sentences, at most
PARTS = {"positions": no_positions, "scaling": no_scaling, "mask": no_causal_mask}

Knockout = Callable[[nn.Module], AbstractContextManager]


class Trial(NamedTuple):
    """What came of it."""

    right: int  # sentences of the sample that are translated exactly
    written: Tokens
    weights: Weights


class Trials:
    """A translator and held-out pairs, of which at most 100 are used, evenly spread.

    Raises ValueError for no pairs.
    """

    def __init__(self, translator: Translator, pairs: Sequence[tuple[str, str]]):
        if not pairs:
            raise ValueError(
                "there are 0 held-out pairs; needed is at least 1: data.translation_pairs('random')"
                " has 1000."
            )
        self.translator = translator
        sample = pairs[:: -(-len(pairs) // SAMPLE)]
        ids = translator.ids(sample)
        self.wanted = [translator.target.decode(target) for _, target in ids]
        self.source = pad([source for source, _ in ids])
        longest = max(len(target) for _, target in ids) + 1  # END included
        self.most = min(longest, translator.model.config.max_len)
        self.counted = {}  # what is taken out: how many translations are right then

    def knockouts(self, length: int) -> dict[str, Knockout]:
        """Everything that can be taken out while the model reads `length` words."""
        places = range(length)
        found = PARTS | {f"word {at} hidden": partial(hidden_word, place=at) for at in places}
        for at in places:
            found[f"word {at} unknown"] = partial(replaced_word, place=at, token=UNKNOWN)
        for name, layer in attentions(self.translator.model).items():
            for head in range(layer.n_heads):
                found[f"{name} head {head}"] = partial(dead_head, layer=name, head=head)
        return {name: each for name, each in found.items() if admits(self.translator.model, each)}

    def run(self, heard: Tokens, out: dict[str, Knockout], said: Tokens | None = None) -> Trial:
        """Translate `heard` and the sample while all of `out` is taken out.

        said: what the model reads as the target while it is looked at; its own words if left out
        """
        with evaluating(self.translator.model) as model, ExitStack() as stack:
            for knockout in out.values():
                stack.enter_context(knockout(model))
            session = UncachedSession if "mask" in out else None  # a cache never looks ahead
            search = partial(greedy, model, session=session)
            written = self.write(search, heard)
            if tuple(out) not in self.counted:
                self.counted[tuple(out)] = self.count(search)
            said = opened(written if said is None else said)
            return Trial(self.counted[tuple(out)], written, look(model, heard, said))

    def write(self, search: Callable[..., Tensor], heard: Tokens) -> Tokens:
        """The translation of one sentence, END left out."""
        model, vocabulary = self.translator.model, self.translator.target
        ids = search(batch(heard, model), max_len=room_in(model) - 1)[0].tolist()
        return spelled(vocabulary, strip_special(ids, len(vocabulary)))

    def count(self, search: Callable[..., Tensor]) -> int:
        """How many sentences of the sample are translated exactly."""
        device = next(self.translator.model.parameters()).device
        rows = search(self.source.to(device), max_len=self.most).tolist()
        texts = map(self.translator.target.decode, rows)
        return sum(text == wanted for text, wanted in zip(texts, self.wanted, strict=True))


def admits(model: nn.Module, knockout: Knockout) -> bool:
    """Whether the model has what would be taken out."""
    try:
        with knockout(model):
            return True
    except ValueError:
        return False


def look(model: nn.Module, heard: Tokens, said: Tokens) -> Weights:
    """The weights of all parts, layers and heads while the model reads both texts."""
    with record(model) as trace:
        model(batch(heard, model), batch(said, model))
    return maps(find_parts(trace, heard.words, said.words))
