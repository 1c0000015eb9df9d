"""Positions as hands of a clock: moving on turns each pair of numbers."""

import math

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake
from transformer_lib.positions import sinusoids

shift_by_statement = """
From `row` (d_model), the waves of some place, make those of the place `steps` further. You are
not told which place it was. With `d_model` 2 and `steps` 1, the row 0, 1 becomes 0.841, 0.540.
"""


def shift_by(row, steps):
    """From the sinusoids of a place to those `steps` further: turn each pair by its angle."""
    moved = torch.zeros_like(row)
    for i in range(len(row) // 2):
        angle = steps / 10_000 ** (2 * i / len(row))
        sine, cosine = row[2 * i], row[2 * i + 1]
        moved[2 * i] = sine * math.cos(angle) + cosine * math.sin(angle)
        moved[2 * i + 1] = cosine * math.cos(angle) - sine * math.sin(angle)
    return moved


def shift_by_solution(row, steps):
    angle = steps / 10_000 ** (torch.arange(0, len(row), 2) / len(row))
    sine, cosine = row[0::2], row[1::2]
    new_sine = sine * angle.cos() + cosine * angle.sin()
    new_cosine = cosine * angle.cos() - sine * angle.sin()
    return torch.stack([new_sine, new_cosine], dim=-1).flatten()


def turned(sign=1, share=1.0, repeat=False):
    """A shift that turns the wrong way, by a wrong angle, or by one angle for all pairs."""

    def shift(row, steps):
        i = torch.zeros(len(row) // 2) if repeat else torch.arange(len(row) // 2)
        angle = sign * steps / 10_000 ** (share * 2 * i / len(row))
        sine, cosine = row[0::2], row[1::2]
        new_sine = sine * angle.cos() + cosine * angle.sin()
        return torch.stack([new_sine, cosine * angle.cos() - sine * angle.sin()], -1).flatten()

    return shift


SHIFT_BY = Exercise(
    shift_by,
    shift_by_solution,
    shift_by_statement,
    stars=3,
    minutes=8,
    cases=lambda: [(sinusoids(3, 4)[2], 1), (sinusoids(12, 10)[11], 5), (sinusoids(9, 6)[8], -7)],
    hints=(
        "sin(a + b) = sin a · cos b + cos a · sin b. Which of these do you have in the row?",
        "cos(a + b) = cos a · cos b - sin a · sin b; b is steps / 10000^(2i / d_model).",
        "The place itself is not needed: b depends on the steps and on the pair only.",
    ),
    mistakes=(
        Mistake(
            "turned back",
            turned(sign=-1),
            "You went back as many steps. Check the signs: sin(a + b) adds, cos(a + b) subtracts.",
        ),
        Mistake(
            "one angle for all pairs",
            turned(repeat=True),
            "Pair 0 is right. The others turn more slowly: each by an angle of its own.",
        ),
        Mistake(
            "i instead of 2i",
            turned(share=0.5),
            "The exponent of pair i is 2i / d_model.",
        ),
        Mistake(
            "not moved",
            lambda row, steps: row.clone(),
            "The row came back as it was.",
        ),
        Mistake(
            "the step's own row added",
            lambda row, steps: row + sinusoids(abs(steps) + 1, len(row))[-1],
            "Rows do not add up: sin a + sin b is not sin(a + b). Each pair is turned.",
        ),
        Mistake(
            "a product place by place",
            lambda row, steps: row * sinusoids(abs(steps) + 1, len(row))[-1],
            "sin a · sin b is not sin(a + b). Sine and cosine of a pair have to mix.",
        ),
    ),
)


alibi_slopes_statement = """
ALiBi gives each head a slope, a power of 2. The exponents are evenly spaced: the last head has
$2^{-8}$, and one step before the first would be $2^0$. `n_heads`, a power of two, gives
(n_heads) numbers: for 4 heads 1/4, 1/16, 1/64, 1/256.
"""


def alibi_slopes(n_heads):
    """(n_heads), the steepest first

    2^(-8/n), 2^(-16/n), … 2^(-8) for n heads, n a power of two.
    """
    slopes = torch.zeros(n_heads)
    for head in range(n_heads):
        slopes[head] = 2 ** (-8 * (head + 1) / n_heads)
    return slopes


def alibi_slopes_solution(n_heads):
    return 2.0 ** (-8 * torch.arange(1, n_heads + 1) / n_heads)


ALIBI_SLOPES = Exercise(
    alibi_slopes,
    alibi_slopes_solution,
    alibi_slopes_statement,
    stars=2,
    minutes=5,
    cases=lambda: [(2,), (4,), (8,)],
    hints=(
        "For 8 heads: 1/2, 1/4, 1/8, … 1/256.",
        "Head h, counted from 1, has 2 to the power of -8h / n.",
    ),
    mistakes=(
        Mistake(
            "heads counted from 0",
            lambda n_heads: 2.0 ** (-8 * torch.arange(n_heads) / n_heads),
            "The first slope became 1. Count the heads from 1.",
        ),
        Mistake(
            "halves whatever the number of heads",
            lambda n_heads: 2.0 ** -torch.arange(1, n_heads + 1),
            "Right for 8 heads. The last head always has 2^-8, so fewer heads take larger steps.",
        ),
        Mistake(
            "evenly spaced",
            lambda n_heads: torch.arange(1, n_heads + 1) / n_heads,
            "The exponents are evenly spaced, the slopes are powers of two.",
        ),
        Mistake(
            "growing",
            lambda n_heads: 2.0 ** (-8 * torch.arange(n_heads, 0, -1) / n_heads),
            "The first head is the steepest, the last one sees farthest.",
        ),
        Mistake(
            "exponents only",
            lambda n_heads: -8 * torch.arange(1, n_heads + 1) / n_heads,
            "These are the exponents. The slopes are 2 to that power.",
        ),
        Mistake(
            "e instead of 2",
            lambda n_heads: torch.exp(-8 * torch.arange(1, n_heads + 1) / n_heads),
            "The paper takes powers of 2, not of e.",
        ),
    ),
)

EXERCISES = (SHIFT_BY, ALIBI_SLOPES)
