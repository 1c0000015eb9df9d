"""What a model is told it did wrong, and how fast it learns from that."""

import math

import torch
import torch.nn.functional as F

from lesson.exercises.judging.exercise import Exercise, Mistake, draw

mean_loss_statement = r"""
From `logits` (batch, length, words) and the `expected` ids (batch, length) make one number: the
mean of $-\ln$ of the chance of the right word, over all places whose expected id is not `pad`.
(`log_softmax` gives logarithms of chances.) With two words and equal logits it is $\ln 2 =
0.693$.
"""


def mean_loss(logits, expected, pad):
    """The mean of -log(chance of the right word), over the places that are no pads."""
    losses = []
    for scores, words in zip(logits, expected.tolist()):
        for place, word in enumerate(words):
            if word != pad:
                losses.append(-math.log(scores[place].softmax(-1)[word]))
    return sum(losses) / len(losses)


def mean_loss_solution(logits, expected, pad):
    log_chances = logits.log_softmax(-1).gather(-1, expected[..., None])[..., 0]
    return -log_chances[expected != pad].mean()


def each_loss(logits, expected):
    """The loss at every place, pads included: (batch, length)."""
    return F.cross_entropy(logits.mT, expected, reduction="none")


MEAN_LOSS = Exercise(
    mean_loss,
    mean_loss_solution,
    mean_loss_statement,
    stars=2,
    minutes=6,
    cases=lambda: [
        (*draw(0, (2, 3, 5)), torch.tensor([[4, 1, 0], [2, 0, 0]]), 0),
        (*draw(1, (3, 5, 7)), torch.tensor([[1, 0, 3, 3, 6], [2, 6, 6, 6, 6], [5, 4, 6, 6, 6]]), 6),
    ],
    hints=(
        "`logits.log_softmax(-1)` has the logarithm of every chance.",
        "`.gather(-1, expected[..., None])[..., 0]` picks the right word's at every place.",
        "Keep the places where `expected != pad`, then take the mean and the minus.",
    ),
    mistakes=(
        Mistake(
            "pads count too",
            lambda logits, expected, pad: each_loss(logits, expected).mean(),
            "The model is trained to write pads. Leave the places out where expected is the pad.",
        ),
        Mistake(
            "divided by all places",
            lambda logits, expected, pad: (each_loss(logits, expected) * (expected != pad)).mean(),
            "Pads add nothing now, but they still stand in the divisor.",
        ),
        Mistake(
            "the sum",
            lambda logits, expected, pad: each_loss(logits, expected)[expected != pad].sum(),
            "That is the sum. Divide by the number of real words.",
        ),
        Mistake(
            "a mean of means",
            lambda logits, expected, pad: torch.stack(
                [
                    row[words != pad].mean()
                    for row, words in zip(each_loss(logits, expected), expected)
                ]
            ).mean(),
            "Each sentence counts alike, so words of short ones count more. Mean over all words.",
        ),
        Mistake(
            "pad always 0",
            lambda logits, expected, pad: each_loss(logits, expected)[expected != 0].mean(),
            "Right as long as the pad is 0. Compare with the argument `pad`.",
        ),
        Mistake(
            "minus forgotten",
            lambda logits, expected, pad: -each_loss(logits, expected)[expected != pad].mean(),
            "Logarithms of chances are below 0; a loss is above: turn the sign.",
        ),
        Mistake(
            "the chance itself",
            lambda logits, expected, pad: torch.exp(-each_loss(logits, expected))[
                expected != pad
            ].mean(),
            "That is the mean chance of the right word. The loss is minus its logarithm.",
        ),
    ),
)


smoothed_statement = """
**Label smoothing**, a technique of the paper: the right word is not asked for with the whole 1. A
share `smoothing` of it goes to all words of the vocabulary alike, the right one included.
`expected` (length) ids give (length, vocab_size): the id 1 of 4 words, smoothed by 0.2, gives
[0.05, 0.85, 0.05, 0.05].
"""


def smoothed(expected, vocab_size, smoothing):
    """(length) ids → (length, vocab_size), rows that sum to 1.

    1 - smoothing for the right word, and the smoothing shared equally among all words, the right
    one included.
    """
    goals = torch.zeros(len(expected), vocab_size)
    for place, right in enumerate(expected.tolist()):
        for word in range(vocab_size):
            goals[place, word] = smoothing / vocab_size
        goals[place, right] += 1 - smoothing
    return goals


def smoothed_solution(expected, vocab_size, smoothing):
    return (1 - smoothing) * F.one_hot(expected, vocab_size) + smoothing / vocab_size


SMOOTHED = Exercise(
    smoothed,
    smoothed_solution,
    smoothed_statement,
    stars=2,
    minutes=5,
    cases=lambda: [(torch.tensor([2, 0]), 3, 0.3), (torch.tensor([4, 1, 1]), 7, 0.1)],
    hints=(
        "Start from rows of zeros with a single 1: `F.one_hot(expected, vocab_size)`.",
        "Scale them by 1 - smoothing, then add the same small number everywhere.",
        "That number is smoothing / vocab_size.",
    ),
    mistakes=(
        Mistake(
            "not smoothed",
            lambda expected, vocab_size, smoothing: torch.eye(vocab_size)[expected],
            "All of the 1 is on the right word still.",
        ),
        Mistake(
            "among the others only",
            lambda expected, vocab_size, smoothing: torch.full(
                (len(expected), vocab_size), smoothing / (vocab_size - 1)
            ).scatter(1, expected[:, None], 1 - smoothing),
            "A common variant. Here, as in PyTorch, all words share it, the right one included.",
        ),
        Mistake(
            "more than 1",
            lambda expected, vocab_size, smoothing: (
                torch.eye(vocab_size)[expected] + smoothing / vocab_size
            ),
            "A row sums to more than 1: what the others get, the right word has to give.",
        ),
        Mistake(
            "smoothing for each",
            lambda expected, vocab_size, smoothing: (
                (1 - smoothing) * torch.eye(vocab_size)[expected] + smoothing
            ),
            "The smoothing is shared among all words: divide it by vocab_size.",
        ),
        Mistake(
            "the right word overwritten",
            lambda expected, vocab_size, smoothing: torch.full(
                (len(expected), vocab_size), smoothing / vocab_size
            ).scatter(1, expected[:, None], 1 - smoothing),
            "A row sums to a little less than 1: the right word gets its share on top.",
        ),
        Mistake(
            "turned round",
            lambda expected, vocab_size, smoothing: (
                smoothing * torch.eye(vocab_size)[expected] + (1 - smoothing) / vocab_size
            ),
            "The right word keeps 1 - smoothing; you gave it the smoothing.",
        ),
    ),
)

EXERCISES = (MEAN_LOSS, SMOOTHED)
