"""Scores → weights, with and without a mask."""

import itertools
import math

import torch

from transformer_lib.exercises.exercise import Exercise, Mistake, draw


def softmax_rows(scores):
    """Row by row: exp of each score, divided by the sum of the row's exps."""
    weights = torch.zeros_like(scores)
    for query, row in enumerate(scores.tolist()):
        exps = [math.exp(score - max(row)) for score in row]
        for key in range(len(row)):
            weights[query, key] = exps[key] / sum(exps)
    return weights


def scores_to_soften():
    """Ordinary scores, then a row far up: a softmax does not change when its row is shifted."""
    high = torch.tensor([[1000.0, 999.0, 998.5], [-1.0, 0.0, 0.5]])
    return [draw(0, (2, 3)), draw(1, (5, 7)), (high,)]


def share(exps, axis):
    """Each number divided by the sum along an axis."""
    return exps / exps.sum(axis, keepdim=True)


SOFTMAX_ROWS = Exercise(
    softmax_rows,
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


def masked_softmax(scores, mask):
    """Each query shares its 1 among the keys it may see; with none to see it shares nothing."""
    weights, mask = torch.zeros_like(scores), mask.expand_as(scores)
    for query in itertools.product(*map(range, scores.shape[:-1])):
        visible = [key for key in range(scores.size(-1)) if mask[query][key]]
        total = sum(math.exp(scores[query][key]) for key in visible)
        for key in visible:
            weights[query][key] = math.exp(scores[query][key]) / total
    return weights


def scores_and_masks():
    """Some keys hidden; then a query that sees none; then a mask to be laid over all heads."""
    some = torch.tensor([[True, True, False], [False, True, True]])
    none = torch.tensor([[True, False, True, True, False], [False] * 5, [True] * 5])
    pads = (torch.arange(7) < torch.tensor([[4], [6]]))[:, None, None, :]
    shapes = (2, 3), (3, 5), (2, 3, 5, 7)
    return list(zip(draw(2, *shapes), (some, none, pads)))


MASKED_SOFTMAX = Exercise(
    masked_softmax,
    cases=scores_and_masks,
    hints=(
        "Hide first, share out afterwards: a hidden score of -inf gets a weight of exactly 0.",
        "`scores.masked_fill(~mask, -math.inf)` writes -inf where the mask is False.",
        "A row of -inf alone becomes NaN. Write zeros over hidden weights after the softmax.",
    ),
    mistakes=(
        Mistake(
            "NaN for a query that sees nothing",
            lambda scores, mask: scores.masked_fill(~mask, -math.inf).softmax(-1),
            "All is right but a row that is hidden whole: 0/0 is NaN. Set hidden weights to 0.",
        ),
        Mistake(
            "a large number instead of -inf",
            lambda scores, mask: scores.masked_fill(~mask, -1e9).softmax(-1),
            "A query that sees nothing now looks at everything alike. Set hidden weights to 0.",
        ),
        Mistake(
            "masked after the softmax",
            lambda scores, mask: scores.softmax(-1) * mask,
            "Hidden weights are 0, but the rest no longer sums to 1. Hide before the softmax.",
        ),
        Mistake(
            "scores times the mask",
            lambda scores, mask: (scores * mask).softmax(-1),
            "A score of 0 is a middling score, not a hidden one: exp(0) = 1. Hide with -inf.",
        ),
        Mistake(
            "mask inverted",
            lambda scores, mask: masked_softmax(scores, ~mask),
            "You hide what may be seen. Here True means: may attend. Fill where `~mask`.",
        ),
        Mistake(
            "mask added",
            lambda scores, mask: (scores + mask).softmax(-1),
            "Adding the mask lifts visible scores by 1; the others still count. Hide with -inf.",
        ),
        Mistake(
            "mask forgotten",
            lambda scores, mask: scores.softmax(-1),
            "Hidden keys still get weight: the mask is not used.",
        ),
        Mistake(
            "softmax over the queries",
            lambda scores, mask: scores.masked_fill(~mask, -math.inf).softmax(-2).nan_to_num(),
            "Each query shares out its own 1: the softmax runs along the keys, axis -1.",
        ),
    ),
)


EXERCISES = (SOFTMAX_ROWS, MASKED_SOFTMAX)
