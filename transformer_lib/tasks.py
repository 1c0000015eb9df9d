"""Puzzles without language: copy, reverse, sort, recall and ditto, as many as you ask for.

Ids run from FIRST to vocab_size - 1; those below FIRST are the special ones. For `batches`
write list(zip(source.tolist(), target.tolist())).
"""

import torch
from torch import Tensor

from transformer_lib.vocabulary import SPECIAL

FIRST = len(SPECIAL)
DITTO = FIRST  # the mark ″ in `ditto_task`, and there alone


def copy_task(
    n: int, length: int, vocab_size: int, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """7 5 9 → 7 5 9

    returns source (n, length) and target (n, length)

    Raises ValueError, as all tasks do, for sizes too small to ask anything.
    """
    source = random_tokens(n, length, vocab_size, generator)
    return source, source.clone()


def reverse_task(
    n: int, length: int, vocab_size: int, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """7 5 9 → 9 5 7

    returns source (n, length) and target (n, length)
    """
    source = random_tokens(n, length, vocab_size, generator)
    return source, source.flip(1)


def sort_task(
    n: int, length: int, vocab_size: int, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """7 5 9 → 5 7 9

    returns source (n, length) and target (n, length)
    """
    source = random_tokens(n, length, vocab_size, generator)
    return source, source.sort(1).values


def recall_task(
    n: int, distance: int, vocab_size: int, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """7 5 9 → 7: at the last token, name the first one, `distance` steps back.

    returns source (n, distance + 1) and target (n,)
    """
    source = random_tokens(n, distance + 1, vocab_size, generator)
    return source, source[:, 0].clone()


def ditto_task(
    n: int, length: int, vocab_size: int, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """7 ″ ″ 5 ″ → 7 7 7 5 5: each DITTO stands for the number written last before it.

    Every place but the first holds the mark in one case of two, so that what is asked for is
    near, however long the row.
    returns source and target, both (n, length)
    """
    numbers = random_tokens(n, length, vocab_size, generator, first=DITTO + 1)
    marked = torch.rand(n, length, generator=generator) < 0.5
    marked[:, 0] = False
    written = torch.arange(length).masked_fill(marked, 0).cummax(1).values  # place of the number
    return numbers.masked_fill(marked, DITTO), numbers.gather(1, written)


def random_tokens(
    n: int, length: int, vocab_size: int, generator: torch.Generator | None, first: int = FIRST
) -> Tensor:
    """(n, length) ids from `first` on, each as likely as the others.

    Raises ValueError for no rows, no length, and fewer than two ids to choose from.
    """
    if n < 1 or length < 1 or vocab_size < first + 2:
        raise ValueError(
            f"n={n}, length={length}, vocab_size={vocab_size}; needed are at least 1, 1 and "
            f"{first + 2}, since ids 0 to {first - 1} are special: choose larger numbers."
        )
    return torch.randint(first, vocab_size, (n, length), generator=generator)
