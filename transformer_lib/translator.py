"""Text in, text out: a model together with the two vocabularies it was trained with."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import sacrebleu
import torch
from torch import Tensor, nn

from transformer_lib import checkpoint
from transformer_lib.data import batches, pad
from transformer_lib.decoding import greedy
from transformer_lib.evaluation import evaluating
from transformer_lib.model import Config, Transformer
from transformer_lib.training import Batches
from transformer_lib.vocabulary import SPECIAL, Vocabulary

Pairs = Sequence[tuple[str, str]]


class Translator:
    """A model that reads and writes sentences.

    model: anything that is called like `Transformer`
    source, target: the vocabularies of the two languages
    """

    def __init__(self, model: nn.Module, source: Vocabulary, target: Vocabulary):
        self.model, self.source, self.target = model, source, target

    @classmethod
    def untrained(cls, pairs: Pairs, **sizes) -> "Translator":
        """A fresh Transformer with the vocabularies of these pairs; `sizes` go to `Config`."""
        source = Vocabulary.build(english for english, _ in pairs)
        target = Vocabulary.build(french for _, french in pairs)
        config = Config(vocab_size=len(source), target_vocab_size=len(target), **sizes)
        return cls(Transformer(config), source, target)

    def ids(self, pairs: Pairs) -> list[tuple[list[int], list[int]]]:
        """(source ids, target ids) of each pair."""
        return [(self.source.encode(there), self.target.encode(here)) for there, here in pairs]

    def epochs(self, pairs: Pairs, size: int = 32, seed: int = 0) -> Callable[[int], Batches]:
        """What `fit` wants: epoch number → batches of (source, target_in, target_out).

        seed: another one brings the sentences in another order
        """
        ids = self.ids(pairs)
        return lambda epoch: batches(ids, size, generator(seed, epoch))

    def translate(
        self, sentences: Iterable[str], search: Callable[[nn.Module, Tensor], Tensor] = greedy
    ) -> list[str]:
        """The translations, all written side by side.

        sentences: a list of texts; search: `greedy`, `beam`, or a function like them

        Raises ValueError for one text in place of a list, and for an empty text.
        """
        if isinstance(sentences, str):
            raise ValueError(f"got the one text {sentences!r}; needed is a list: [{sentences!r}].")
        device = next(self.model.parameters()).device
        source = pad([self.source.encode(sentence) for sentence in sentences]).to(device)
        with evaluating(self.model) as model:
            written = search(model, source)
        return [self.target.decode(ids) for ids in written.tolist()]

    def bleu(self, pairs: Pairs, search: Callable = greedy) -> float:
        """How near the translations come to the given ones, from 0 to 100 (sacrebleu)."""
        written = self.translate([english for english, _ in pairs], search)
        wanted = [self.target.decode(self.target.encode(french)) for _, french in pairs]
        return sacrebleu.corpus_bleu(written, [wanted], tokenize="none").score

    def save(self, path: str | Path) -> None:
        """Model, configuration and vocabularies in one file."""
        sides = {"source": self.source, "target": self.target}
        words = {side: vocabulary.words[len(SPECIAL) :] for side, vocabulary in sides.items()}
        checkpoint.save_model(path, self.model, **words)

    @classmethod
    def load(cls, path: str | Path) -> "Translator":
        """Read what `save` wrote for a Transformer made of the standard parts.

        Raises ValueError when the file is broken, not a translator, or of other parts.
        """
        config, notes = checkpoint.read_header(path)
        if not {"source", "target"} <= notes.keys():
            raise ValueError(
                f"{path} holds a model without its two vocabularies; "
                f"needed is a file that Translator.save has written."
            )
        sizes = {name: value for name, value in config.items() if not isinstance(value, str)}
        model = Transformer(Config(**sizes))
        checkpoint.load_model(path, model)
        return cls(model, Vocabulary(notes["source"]), Vocabulary(notes["target"]))


def generator(seed: int, epoch: int) -> torch.Generator:
    """The same chance again for the same seed and epoch."""
    return torch.Generator().manual_seed(1000 * seed + epoch)
