"""Puzzles of small sentences, as many as you ask for, in which one word has several questions."""

import torch
from torch import Tensor

from transformer_lib.data import pad
from transformer_lib.vocabulary import SPECIAL, Vocabulary

NOUNS = """dog cat horse bird fish cow mouse bear king queen nurse baker boy girl man woman
chef aunt uncle child singer farmer doctor teacher""".split()
VERBS, ADJECTIVES = "bites sees likes hears".split(), "old big red sad".split()
WHO_WHOM = Vocabulary([*NOUNS, *VERBS, *ADJECTIVES])  # the words of `who_whom_task`

OPENINGS = {"?": "which do you", ".": "tell me which you", "!": "guess which they"}
DRINKS = "coffee tea milk water juice soup cocoa wine".split()
LIKES, DEGREES = "like love want drink".split(), "better best least most".split()
BETWEEN = "the , or".split()
OPENING_WORDS = {word for words in OPENINGS.values() for word in words.split()}
FOUR_READERS = Vocabulary(  # the words of `four_readers_task`
    sorted({*OPENINGS, *OPENING_WORDS, *DRINKS, *LIKES, *DEGREES, *BETWEEN})
)


def who_whom_task(n: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """dog bites old man → dog man: who does it, and to whom.

    returns source (n, 4) and target (n, 2), ids of WHO_WHOM
    """
    who, other = draw(n, len(NOUNS), generator), draw(n, len(NOUNS) - 1, generator)
    whom = other + (other >= who)  # another noun, each as likely
    verb = len(NOUNS) + draw(n, len(VERBS), generator)
    adjective = len(NOUNS) + len(VERBS) + draw(n, len(ADJECTIVES), generator)
    source = len(SPECIAL) + torch.stack([who, verb, adjective, whom], dim=1)
    return source, source[:, [0, 3]]


def four_readers_task(n: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """which do you like the better , coffee or tea ? → ? coffee tea like better: what readers note.

    The type of the sentence, its nouns in order, the relation, the emphasis.
    returns source (n, length), which begins with <start> and is padded, and target (n, 5), ids of
    FOUR_READERS
    """
    sizes = len(OPENINGS), len(DRINKS), len(DRINKS) - 1, len(LIKES), len(DEGREES)
    rows, answers = [], []
    for sign, one, two, like, degree in zip(*(draw(n, m, generator).tolist() for m in sizes)):
        first, second = DRINKS[one], DRINKS[two + (two >= one)]
        mark, verb, much = list(OPENINGS)[sign], LIKES[like], DEGREES[degree]
        text = f"<start> {OPENINGS[mark]} {verb} the {much} , {first} or {second} {mark}"
        rows.append([FOUR_READERS.ids[word] for word in text.split()])
        answers.append([FOUR_READERS.ids[word] for word in (mark, first, second, verb, much)])
    return pad(rows), torch.tensor(answers)


def draw(n: int, options: int, generator: torch.Generator | None) -> Tensor:
    """(n,) numbers from 0 to options - 1, each as likely as the others.

    Raises ValueError for no rows.
    """
    if n < 1:
        raise ValueError(f"n={n} rows; needed is at least 1: choose a larger number.")
    return torch.randint(options, (n,), generator=generator)
