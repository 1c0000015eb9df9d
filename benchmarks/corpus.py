"""The course's English–French sentences as ids, and two ways to make batches of them."""

from collections.abc import Callable, Iterator
from functools import cache

import torch
from torch import Tensor

from transformer_lib.data import batches, translation_pairs
from transformer_lib.model import Config
from transformer_lib.vocabulary import Vocabulary

Ids = list[tuple[list[int], list[int]]]


@cache
def vocabularies() -> tuple[Vocabulary, Vocabulary]:
    """The words of the training sentences, English and French."""
    english, french = zip(*translation_pairs(), strict=True)
    return Vocabulary.build(english), Vocabulary.build(french)


@cache
def ids(split: str = "train") -> Ids:
    """(source ids, target ids) of all sentences of a split."""
    source, target = vocabularies()
    return [(source.encode(there), target.encode(here)) for there, here in translation_pairs(split)]


def config(**sizes) -> Config:
    """A config for this corpus."""
    source, target = vocabularies()
    return Config(vocab_size=len(source), target_vocab_size=len(target), **sizes)


def bucketed(size: int, seed: int = 0) -> Callable[[int], Iterator[tuple[Tensor, ...]]]:
    """Epoch number → batches of sentences of like length, as the course makes them."""
    return lambda epoch: batches(ids(), size, generator(seed, epoch))


def shuffled(size: int, seed: int = 0) -> Callable[[int], Iterator[tuple[Tensor, ...]]]:
    """Epoch number → batches of sentences of any length, as a plain DataLoader makes them."""

    def epoch_of(epoch: int):
        pairs = ids()
        order = torch.randperm(len(pairs), generator=generator(seed, epoch)).split(size)
        for chosen in order:
            yield from batches([pairs[i] for i in chosen.tolist()], size)

    return epoch_of


def generator(seed: int, epoch: int) -> torch.Generator:
    """The same chance again for the same seed and epoch."""
    return torch.Generator().manual_seed(1000 * seed + epoch)
