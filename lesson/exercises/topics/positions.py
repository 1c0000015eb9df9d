"""Where a word stands, told by waves."""

import math

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw

sinusoids_statement = """
From `length` and an even `d_model` make the paper's table (length, d_model): the sine of
$pos / 10000^{2i/d}$ at feature $2i$, the cosine of the same at $2i + 1$. For length 2 and
`d_model` 2 that is [[0, 1], [0.841, 0.540]].
"""


def sinusoids(length, d_model):
    """sin(place / 10000^(2i / d_model)) at feature 2i, the cosine of the same at 2i + 1."""
    table = torch.zeros(length, d_model)
    for place in range(length):
        for i in range(d_model // 2):
            angle = place / 10_000 ** (2 * i / d_model)
            table[place, 2 * i] = math.sin(angle)
            table[place, 2 * i + 1] = math.cos(angle)
    return table


def sinusoids_solution(length, d_model):
    places, twice_i = torch.arange(length)[:, None], torch.arange(0, d_model, 2)
    angle = places / 10_000 ** (twice_i / d_model)  # (length, d_model / 2)
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)


def waves(even=torch.sin, odd=torch.cos, first=0, base=10_000.0, step=2):
    """A table of waves, wrong in one of these respects."""

    def table(length, d_model):
        i = torch.arange(d_model // 2)
        angle = torch.arange(first, first + length)[:, None] / base ** (step * i / d_model)
        return torch.stack([even(angle), odd(angle)], -1).flatten(1)

    return table


def own_angles(length, d_model):
    """A table in which the two features of a pair do not share their angle."""
    features = torch.arange(d_model)
    angle = torch.arange(length)[:, None] / 10_000 ** (features / d_model)
    return torch.where(features % 2 == 0, angle.sin(), angle.cos())


SINUSOIDS = Exercise(
    sinusoids,
    sinusoids_solution,
    sinusoids_statement,
    stars=2,
    minutes=8,
    cases=lambda: [(2, 4), (3, 10), (17, 6)],
    hints=(
        "An angle for every place and pair of features: (length, 1) / (d_model / 2).",
        "`torch.arange(0, d_model, 2)` gives the 2i.",
        "`table[:, 0::2]` are the even features, `table[:, 1::2]` the odd ones.",
    ),
    mistakes=(
        Mistake(
            "sine and cosine swapped",
            waves(torch.cos, torch.sin),
            "Sine stands at the even features, counted from 0; so place 0 begins 0, 1, 0, 1.",
        ),
        Mistake(
            "halves instead of pairs",
            lambda length, d_model: torch.cat(
                [sinusoids(length, d_model)[:, ::2], sinusoids(length, d_model)[:, 1::2]], 1
            ),
            "All the sines stand in front. Here sine and cosine of one angle are neighbours.",
        ),
        Mistake(
            "sines only", waves(odd=torch.sin), "The odd features are cosines of the same angle."
        ),
        Mistake("places counted from 1", waves(first=1), "The first word stands at place 0."),
        Mistake(
            "i instead of 2i",
            waves(step=1),
            "Exponent 2i / d_model: the waves should grow twice as fast from pair to pair.",
        ),
        Mistake(
            "a new angle for each feature",
            own_angles,
            "The two of a pair share one angle: feature 2i + 1 has the exponent 2i / d_model too.",
        ),
        Mistake("base 1000", waves(base=1000.0), "The base is 10 000: four zeros."),
    ),
)


wavelength_statement = """
After how many positions does the wave of pair `pair` (features 2 · pair and 2 · pair + 1) begin
anew? For pair 0 it is 6.28.
"""


def wavelength(pair, d_model):
    """After how many positions a wave begins anew: its angle is pos / 10000^(2 pair / d_model)."""
    return 2 * math.pi * 10_000 ** (2 * pair / d_model)


def wavelength_solution(pair, d_model):
    return 2 * math.pi * 10_000 ** (2 * pair / d_model)


WAVELENGTH = Exercise(
    wavelength,
    wavelength_solution,
    wavelength_statement,
    stars=1,
    minutes=3,
    cases=lambda: [(0, 4), (1, 4), (3, 10), (255, 512)],
    tolerance=0.1,
    hints=(
        "sin(angle) begins anew when the angle has grown by 2π.",
        "The angle is place / 10000^(2i / d_model). For which place is it 2π?",
    ),
    mistakes=(
        Mistake(
            "2π for all",
            lambda pair, d_model: 2 * math.pi,
            "That is pair 0. Each further pair is slower.",
        ),
        Mistake(
            "the frequency",
            lambda pair, d_model: 10_000 ** (-2 * pair / d_model),
            "That is the angle gained from place to place. How many such steps make 2π?",
        ),
        Mistake(
            "2π forgotten",
            lambda pair, d_model: 10_000 ** (2 * pair / d_model),
            "After so many places the angle is 1. A full turn is 2π.",
        ),
        Mistake(
            "upside down",
            lambda pair, d_model: 2 * math.pi / 10_000 ** (2 * pair / d_model),
            "Later pairs are slower: their waves are longer, not shorter.",
        ),
        Mistake(
            "pair instead of 2 · pair",
            lambda pair, d_model: 2 * math.pi * 10_000 ** (pair / d_model),
            "Pair i stands at the features 2i and 2i + 1; the exponent is 2i / d_model.",
        ),
        Mistake(
            "half a wave",
            lambda pair, d_model: math.pi * 10_000 ** (2 * pair / d_model),
            "After π the sine is 0 again, but it goes the other way. A full turn is 2π.",
        ),
    ),
)


repair_positions_statement = """
`x` (batch, length, d_model) plus its positions, `table` (max_len, d_model), gives
(batch, length, d_model): word 0 of each sentence gets row 0, word 1 row 1. This model trains and
never learns any order. The symptom: within a sentence, all words got the same row.
"""


def repair_positions(x, table):
    """x: (batch, length, d_model); every word plus the row of its place in the sentence."""
    added = x.clone()
    for sentence in range(x.size(0)):
        for place in range(x.size(1)):
            added[sentence, place] += table[place]
    return added


def repair_positions_solution(x, table):
    return x + table[: x.size(1)]  # the length is axis 1; the batch is left alone


def repair_positions_given(x, table):
    return x + table[: x.size(0), None]


REPAIR_POSITIONS = Exercise(
    repair_positions,
    repair_positions_solution,
    repair_positions_statement,
    stars=2,
    minutes=5,
    cases=lambda: [draw(0, (2, 3, 4), (7, 4)), draw(1, (3, 5, 2), (11, 2))],
    given=repair_positions_given,
    hints=(
        "Feed zeros and look: do the words of one sentence differ? Do the sentences?",
        "The code was written for (length, batch, d_model). Which axis is the length here?",
        "`table[: x.size(1)]` has a row for each place; added to x, it meets the last two axes.",
    ),
    mistakes=(
        Mistake(
            "the same place for all",
            lambda x, table: x + table[0],
            "Every word gets the row of place 0.",
        ),
        Mistake(
            "the last place for all",
            lambda x, table: x + table[x.size(1) - 1],
            "Every word gets one and the same row. Slice the table instead of indexing it.",
        ),
        Mistake(
            "one place late",
            lambda x, table: x + table[1 : x.size(1) + 1],
            "The first word stands at place 0.",
        ),
        Mistake(
            "multiplied",
            lambda x, table: x * table[: x.size(1)],
            "Positions are added, not multiplied.",
        ),
        Mistake(
            "in place of the words",
            lambda x, table: table[: x.size(1)].expand_as(x).clone(),
            "The words are gone: positions are added to them.",
        ),
        Mistake(
            "appended",
            lambda x, table: torch.cat([x, table[: x.size(1)].expand(len(x), -1, -1)], -1),
            "Appending makes every word twice as wide. Here positions are added.",
        ),
        Mistake(
            "counted from the end",
            lambda x, table: x + table[: x.size(1)].flip(0),
            "The first word of the sentence gets the first row of the table.",
        ),
    ),
)

EXERCISES = (SINUSOIDS, WAVELENGTH, REPAIR_POSITIONS)
