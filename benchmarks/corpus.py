"""The course's English–French sentences as ids, and two ways to make batches of them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import torch

from transformer_lib.data import batches, translation_pairs
from transformer_lib.model import Config
from transformer_lib.training import Batches
from transformer_lib.translator import Translator, generator


@cache
def translator() -> Translator:
    """The course's own way from sentences to ids; its model stays unused."""
    return Translator.untrained(translation_pairs())


def config(**sizes) -> Config:
    """A config for this corpus."""
    return replace(translator().model.config, **sizes)


def bucketed(size: int, seed: int = 0) -> Callable[[int], Batches]:
    """Epoch number → batches of sentences of like length, as the course makes them."""
    return translator().epochs(translation_pairs(), size, seed)


def shuffled(size: int, seed: int = 0) -> Callable[[int], Batches]:
    """Epoch number → batches of sentences of any length, as a plain DataLoader makes them."""
    pairs = translator().ids(translation_pairs())

    def epoch_of(epoch: int) -> Iterator:
        order = torch.randperm(len(pairs), generator=generator(seed, epoch)).split(size)
        for chosen in order:
            yield from batches([pairs[i] for i in chosen.tolist()], size)

    return epoch_of


def held_out() -> Batches:
    """The sentences that `learning` is scored with."""
    return translator().epochs(translation_pairs("random"), 250)(0)
