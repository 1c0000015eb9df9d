"""What surrounds attention: normalise, think, go round."""

import math

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw

TABLE = ((1, 3, 6), (2, 2, 2), (0, 1, 5), (4, 6, 1), (5, 2, 3), (1, 0, 1))


normed_row_statement = """
The row 0 1 5 after layer normalisation. Write three numbers in place of the dots, such as
`(0.71, -1.41, 0.71)`.
"""


def normed_row():
    """The row 0 1 5 of the table after layer normalisation, without gain, shift and epsilon."""
    row = TABLE[2]
    mean = sum(row) / len(row)
    deviation = (sum((number - mean) ** 2 for number in row) / len(row)) ** 0.5
    return tuple((number - mean) / deviation for number in row)


normed_row_solution = tuple(
    distance / math.sqrt((2**2 + 1**2 + 3**2) / 3)  # by the deviation
    for distance in (-2, -1, 3)  # from the mean, which is 2
)


NORMED_ROW = Exercise(
    normed_row,
    normed_row_solution,
    normed_row_statement,
    stars=1,
    minutes=4,
    tolerance=5e-3,
    hints=(
        "The mean of 0, 1 and 5 is 2. How far is each number from it?",
        "Square these distances, take their mean, take its root: about 2.16.",
        "Divide the three distances by it.",
    ),
    mistakes=(
        Mistake(
            "not divided",
            lambda: (-2, -1, 3),
            "The mean is gone. Now divide by the deviation, about 2.16.",
        ),
        Mistake(
            "divided by the variance",
            lambda: (-0.429, -0.214, 0.643),
            "You divided by 14/3, the variance. Its root is needed.",
        ),
        Mistake(
            "divided by n - 1",
            lambda: (-0.756, -0.378, 1.134),
            "The variance here is the plain mean of the squares: divide their sum by 3, not by 2.",
        ),
        Mistake(
            "the sum for the mean",
            lambda: (-1.320, -1.100, -0.220),
            "The mean is the sum divided by 3. (One lecture forgets the 1/d.)",
        ),
        Mistake(
            "normalised down the columns",
            lambda: (-1.223, -0.707, 1.044),
            "That is batch normalisation: other rows took part. Use 0, 1, 5 alone.",
        ),
        Mistake(
            "shares",
            lambda: (0, 0.167, 0.833),
            "You divided by the sum. Subtract the mean first, then divide by the deviation.",
        ),
    ),
)


layer_norm_statement = """
Normalise each row of `x` (length, d_model); `gain` and `shift` are (d_model), `epsilon` is a
number. With gain 1, shift 0 and `epsilon` 0, [[1, 0, 1]] becomes [[0.707, −1.414, 0.707]]. Write it
without looking up; `x.var` divides by $d - 1$ unless told otherwise.
"""


def layer_norm(x, gain, shift, epsilon):
    """(length, d_model)

    gain · (x - mean) / √(variance + epsilon) + shift, over the features of each token.
    """
    out = torch.zeros_like(x)
    for row, token in enumerate(x):
        mean = sum(token) / len(token)
        variance = sum((token - mean) ** 2) / len(token)
        out[row] = gain * (token - mean) / (variance + epsilon) ** 0.5 + shift
    return out


def layer_norm_solution(x, gain, shift, epsilon):
    mean = x.mean(-1, keepdim=True)
    variance = x.var(-1, correction=0, keepdim=True)
    return gain * (x - mean) / (variance + epsilon).sqrt() + shift


def normal(  # noqa: PLR0913  (each argument is one way to go wrong)
    x, gain, shift, axis=-1, unbiased=False, outside=0.0, inside=0.0, after=1.0
):
    """A normalisation that is wrong in one of these respects."""
    variance = x.var(axis, correction=int(unbiased), keepdim=True)
    standard = (x - x.mean(axis, keepdim=True)) / ((variance + inside) ** 0.5 + outside) ** after
    return gain * standard + shift


LAYER_NORM = Exercise(
    layer_norm,
    layer_norm_solution,
    layer_norm_statement,
    stars=2,
    minutes=5,
    cases=lambda: [
        (torch.tensor(TABLE[:2]).float(), *draw(0, (3,), (3,)), 0.5),
        (*draw(1, (7, 5), (5,), (5,)), 0.1),
    ],
    hints=(
        "Mean and variance of each token: over the last axis, with keepdim=True.",
        "`x.var(-1, correction=0, keepdim=True)` divides by d_model, not by d_model - 1.",
        "epsilon stands under the root; gain and shift come last.",
    ),
    mistakes=(
        Mistake(
            "divided by d_model - 1",
            lambda x, gain, shift, epsilon: normal(x, gain, shift, unbiased=True, inside=epsilon),
            "`var` divides by one less unless told otherwise: correction=0.",
        ),
        Mistake(
            "over the tokens",
            lambda x, gain, shift, epsilon: normal(x, gain, shift, axis=0, inside=epsilon),
            "You normalised each feature over the tokens. Each token is normalised by itself.",
        ),
        Mistake(
            "epsilon outside the root",
            lambda x, gain, shift, epsilon: normal(x, gain, shift, outside=epsilon),
            "epsilon belongs under the root, beside the variance.",
        ),
        Mistake(
            "epsilon forgotten",
            lambda x, gain, shift, epsilon: normal(x, gain, shift),
            "A token of equal numbers has variance 0, and 0 / 0 is NaN. epsilon is there for that.",
        ),
        Mistake(
            "root forgotten",
            lambda x, gain, shift, epsilon: normal(x, gain, shift, inside=epsilon, after=2.0),
            "You divide by the variance; its root is needed.",
        ),
        Mistake(
            "mean left in",
            lambda x, gain, shift, epsilon: (
                gain * x / (x.var(-1, correction=0, keepdim=True) + epsilon) ** 0.5 + shift
            ),
            "Subtract the mean of each token before you divide.",
        ),
        Mistake(
            "gain and shift forgotten",
            lambda x, gain, shift, epsilon: normal(x, 1.0, 0.0, inside=epsilon),
            "Mean and deviation are right; gain · … + shift is missing.",
        ),
        Mistake(
            "shift before gain",
            lambda x, gain, shift, epsilon: gain * (normal(x, 1.0, 0.0, inside=epsilon) + shift),
            "First times gain, then plus shift.",
        ),
    ),
)

EXERCISES = (NORMED_ROW, LAYER_NORM)
