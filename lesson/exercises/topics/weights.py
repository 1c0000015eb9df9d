"""Scores → weights."""

import math

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw

softmax_rows_statement = """
Turn scores (query, key) into weights (query, key) whose **rows** sum to 1, without calling
`softmax`. The row 2, 2 becomes 0.5, 0.5, and so does the row 1000, 1000, though $e^{1000}$ is too
large for a float.
"""


def softmax_rows(scores):
    """Row by row: exp of each score, divided by the sum of the row's exps."""
    weights = torch.zeros_like(scores)
    for query, row in enumerate(scores.tolist()):
        exps = [math.exp(score - max(row)) for score in row]
        for key in range(len(row)):
            weights[query, key] = exps[key] / sum(exps)
    return weights


def softmax_rows_solution(scores):
    shifted = scores - scores.amax(-1, keepdim=True)  # the largest becomes 0: e^0 cannot overflow
    return shifted.exp() / shifted.exp().sum(-1, keepdim=True)


def scores_to_soften():
    """Ordinary scores, then a row far up: a softmax does not change when its row is shifted."""
    high = torch.tensor([[1000.0, 999.0, 998.5], [-1.0, 0.0, 0.5]])
    return [draw(0, (2, 3)), draw(1, (5, 7)), (high,)]


def share(exps, axis):
    """Each number divided by the sum along an axis."""
    return exps / exps.sum(axis, keepdim=True)


SOFTMAX_ROWS = Exercise(
    softmax_rows,
    softmax_rows_solution,
    softmax_rows_statement,
    stars=2,
    minutes=5,
    cases=scores_to_soften,
    hints=(
        "Two steps: exp makes every number positive, dividing by the row's sum makes it a share.",
        "The sum runs over the keys, the last axis; `keepdim=True` keeps it a column.",
        "exp(1000) is too large for a float. Subtract the row's largest score first.",
    ),
    mistakes=(
        Mistake(
            "softmax over the queries",
            lambda scores: scores.softmax(0),
            "Your columns sum to 1. Each query shares out its own 1: rows must, the axis is -1.",
        ),
        Mistake(
            "softmax over everything",
            lambda scores: scores.flatten().softmax(0).view_as(scores),
            "The whole matrix sums to 1. Each query has a 1 of its own: sum along the last axis.",
        ),
        Mistake(
            "argmax",
            lambda scores: (scores == scores.amax(-1, keepdim=True)).float(),
            "The winner takes all. A softmax leaves every key a share, however small.",
        ),
        Mistake(
            "no exp",
            lambda scores: share(scores, -1),
            "Rows sum to 1, but scores may be negative and shares may not: exp first.",
        ),
        Mistake(
            "not divided",
            lambda scores: scores.exp(),
            "exp is right; now divide each row by its sum.",
        ),
        Mistake(
            "keepdim forgotten",
            lambda scores: scores.exp() / scores.exp().sum(-1),
            "The row sums lost their axis and were laid along the columns: `keepdim=True`.",
        ),
        Mistake(
            "exp overflows",
            lambda scores: share(scores.exp(), -1),
            "Right for small scores, but exp(1000) is infinite. Subtract each row's largest first.",
        ),
        Mistake(
            "the largest score of all",
            lambda scores: share((scores - scores.max()).exp(), -1),
            "One row's 1000 pushes another row's exps to 0. Each row subtracts its own largest.",
        ),
    ),
)


EXERCISES = (SOFTMAX_ROWS,)
