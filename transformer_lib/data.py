"""The sentences the course works with: one of them as numbers, thousands of them in batches.

"I am a student" is carried through everything: its vectors and weights live here and
nowhere else, so that text, code and pictures cannot disagree. The corpora lie in data/,
where a README says how each was made.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from transformer_lib.files import read_columns, read_pairs, read_table
from transformer_lib.masks import PAD
from transformer_lib.vocabulary import END, START

HERE = Path(__file__).resolve().parent
BESIDE, INSIDE = HERE.parent / "data", HERE / "corpora"  # in a clone, in an installed package
CORPORA = INSIDE if INSIDE.is_dir() else BESIDE  # where the tab-separated files lie
TRANSLATION_SPLITS = ("train", "random", "compositional", "longer")
REVIEW_SPLITS = ("train", "test")
REFERENCE_SPLITS = ("train", "test", "own")
LABELS = ("negative", "positive")  # class 0, class 1

STUDENT = ("I am a student", "je suis étudiant")
CAT = ("The cat is black", "Le chat est noir")
DAY = ("How was your day", "Comment se passe ta journée")
CAR = "This is my car"
HOPKINS = "Anthony Hopkins admired Michael Bay as a great director"


class WorkedExample(NamedTuple):
    """Four words, their vectors and the three matrices that turn them into q, k and v."""

    tokens: list[str]
    x: Tensor  # (length, d_model) one row a word
    w_q: Tensor  # (d_model, d_head)
    w_k: Tensor  # (d_model, d_head)
    w_v: Tensor  # (d_model, d_head)

    @property
    def q(self) -> Tensor:
        """(query, d_head) what each word asks for"""
        return self.x @ self.w_q

    @property
    def k(self) -> Tensor:
        """(key, d_head) what each word offers to be found by"""
        return self.x @ self.w_k

    @property
    def v(self) -> Tensor:
        """(key, d_head) what each word hands over"""
        return self.x @ self.w_v


def worked_example() -> WorkedExample:
    """ "I am a student" with d_model = d_head = 4, fresh tensors at each call.

    Chosen so that a pencil suffices: x_I = q_I = [1, 1, 1, 1]; after ÷ √4 every word's score
    with itself is 1.5, the highest of its row, and (I, student) is 1.0, I's next highest.
    """
    x = [[1, 1, 1, 1], [1, 0, 2, 0], [2, 1, 0, 1], [0, 1, 1, 0]]
    w_q = [[0, 0, -1, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 0]]
    w_k = [[0, 0, -1, 0], [0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 1]]
    w_v = [[1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 1]]
    return WorkedExample(STUDENT[0].split(), *(torch.tensor(m).float() for m in (x, w_q, w_k, w_v)))


def wide_example() -> tuple[Tensor, Tensor]:
    """The query of "I" and the keys of all four words at d_head = 64, the paper's width.

    returns q (1, 64), sixty-four ones, and k (4, 64), ones and twos, so that
    q kᵀ = 128, 64, 64, 96 and, divided by √64, 16, 8, 8, 12
    """
    twos = torch.tensor([64, 0, 0, 32])  # how many of a word's 64 features are 2
    return torch.ones(1, 64), 1.0 + (torch.arange(64) < twos[:, None])


def translation_pairs(split: str = "train") -> list[tuple[str, str]]:
    """(English, French) sentences of the generated corpus.

    split: train, or one of three ways to be new: `random` sentences; `compositional`, words
    that never met in training; `longer` than any trained

    Raises ValueError for another split.
    """
    check_split(split, TRANSLATION_SPLITS)
    rows = read_columns(corpus("english_french"), 3, 3)
    return [(english, french) for english, french, its_split in rows if its_split == split]


def everyday_pairs() -> list[tuple[str, str]]:
    """(English, French) sentences as people say them, written by hand."""
    return read_pairs(corpus("everyday"))


def reviews(split: str = "train") -> list[tuple[str, int]]:
    """(text, class) of short reviews in which word order decides; class as in LABELS.

    split: train, or test, whose sentence patterns never occur in training

    Raises ValueError for another split.
    """
    check_split(split, REVIEW_SPLITS)
    rows = [row for row in read_table(corpus("reviews")) if row["split"] == split]
    return [(row["text"], LABELS.index(row["label"])) for row in rows]


def references(split: str = "train") -> list[tuple[str, int, int]]:
    """(text, asks, answers) of sentences in which one word is read with the help of another.

    split: train; test, where words meet that never met in training; own, the course's sentences
    asks, answers: the places of the two words among the tokens of the text, from 0

    Raises ValueError for another split.
    """
    check_split(split, REFERENCE_SPLITS)
    rows = [row for row in read_table(corpus("references")) if row["split"] == split]
    return [(row["text"], int(row["asks"]), int(row["answers"])) for row in rows]


def corpus(name: str) -> Path:
    """The file of a corpus.

    Raises ValueError when an installation has lost it.
    """
    path = CORPORA / f"{name}.tsv"
    if not path.is_file():
        raise ValueError(
            f"{path} is not there; needed are the corpora that come with the course: install it "
            f"again, or put its data folder back where that file should be."
        )
    return path


def check_split(split: str, splits: Sequence[str]) -> None:
    """Refuse the name of a split that does not exist."""
    if split not in splits:
        raise ValueError(
            f"there is no split {split!r}; there are {len(splits)}: {', '.join(splits)}. "
            f"Write one of these names."
        )


def pad(rows: Sequence[Sequence[int]]) -> Tensor:
    """Rows of ids → (batch, length) ids, the short rows filled with PAD at the end.

    Raises ValueError for no rows and for an empty row.
    """
    lengths = [len(row) for row in rows]
    if not lengths or min(lengths) == 0:
        what = f"row {lengths.index(0)} of {len(rows)} is empty" if lengths else "there are 0 rows"
        raise ValueError(f"{what}; needed is at least 1 row with at least 1 id: leave it out.")
    longest = max(lengths)
    return torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows])


def buckets(
    lengths: Sequence, size: int, generator: torch.Generator | None = None
) -> list[list[int]]:
    """Shuffle, gather what is of like length, cut into batches, shuffle the batches.

    lengths: a number, or anything that sorts, for each example
    returns lists of at most `size` indices into `lengths`, all of them once

    Raises ValueError for no examples and for a size below 1.
    """
    if not lengths or size < 1:
        raise ValueError(
            f"{len(lengths)} examples in batches of {size}; needed is at least 1 of each: "
            f"check what was loaded, or choose a size such as 64."
        )
    order = torch.randperm(len(lengths), generator=generator).tolist()
    order.sort(key=lambda i: lengths[i])
    cut = [order[start : start + size] for start in range(0, len(order), size)]
    return [cut[i] for i in torch.randperm(len(cut), generator=generator).tolist()]


def batches(
    pairs: Sequence[tuple[Sequence[int], Sequence[int]]],
    size: int,
    generator: torch.Generator | None = None,
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """One epoch for teacher forcing; call again for the next one, in another order.

    pairs: (source ids, target ids), as `encode` gives them
    yields source (batch, source); target_in (batch, target), START and then the target;
    target_out (batch, target), the target and then END: what target_in should say next
    """
    for chosen in buckets([(len(t), len(s)) for s, t in pairs], size, generator):
        sources, targets = zip(*(pairs[i] for i in chosen), strict=True)
        target_in = pad([[START, *target] for target in targets])
        yield pad(sources), target_in, pad([[*target, END] for target in targets])


def labelled_batches(
    examples: Sequence[tuple[Sequence[int], int]],
    size: int,
    generator: torch.Generator | None = None,
) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch for a classifier.

    examples: (ids, class)
    yields tokens (batch, length), START first, where the classifier reads; labels (batch,)
    """
    for chosen in buckets([len(ids) for ids, _ in examples], size, generator):
        rows, labels = zip(*(examples[i] for i in chosen), strict=True)
        yield pad([[START, *ids] for ids in rows]), torch.tensor(labels)
