"""Queries and keys → scores."""

import math

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw
from lesson.exercises.solutions import scores as solutions


def scaled_scores(q, k):
    """Each query with each key: their dot product, divided by √d_head."""
    scores = torch.zeros(len(q), len(k))
    for query in range(len(q)):
        for key in range(len(k)):
            scores[query, key] = sum(q[query] * k[key]) / math.sqrt(len(q[query]))
    return scores


SCALED_SCORES = Exercise(
    scaled_scores,
    solutions.scaled_scores,
    cases=lambda: [draw(0, (2, 5), (3, 5)), draw(1, (5, 11), (7, 11))],
    hints=(
        "All dot products at once are one matrix product. Which of the two has to lie on its side?",
        "(query, d_head) @ (d_head, key) gives (query, key), and `k.mT` is k on its side.",
        "Divide by `math.sqrt(q.size(-1))`.",
    ),
    mistakes=(
        Mistake(
            "not scaled",
            lambda q, k: q @ k.mT,
            "These are the dot products themselves. Divide them by √d_head.",
        ),
        Mistake(
            "divided by d_head",
            lambda q, k: q @ k.mT / q.size(-1),
            "You divide by d_head; the formula divides by its square root.",
        ),
        Mistake(
            "multiplied by √d_head",
            lambda q, k: q @ k.mT * math.sqrt(q.size(-1)),
            "The scale makes scores smaller, not larger: divide.",
        ),
        Mistake(
            "√ of the number of keys",
            lambda q, k: q @ k.mT / math.sqrt(k.size(-2)),
            "The scale is the width of a vector, d_head, not the number of keys: `q.size(-1)`.",
        ),
        Mistake(
            "keys as rows",
            lambda q, k: k @ q.mT / math.sqrt(q.size(-1)),
            "Row i belongs to query i: q stands on the left, k on its side on the right.",
        ),
        Mistake(
            "k not transposed",
            lambda q, k: q @ k,
            "The inner axes must agree: (query, d_head) @ (d_head, key). Turn k: `k.mT`.",
        ),
        Mistake(
            "softmax too early",
            lambda q, k: (q @ k.mT / math.sqrt(q.size(-1))).softmax(-1),
            "These are weights already. Scores come before the softmax.",
        ),
    ),
)


def repair_scale(q, k, d_model):
    """Scores of every head, scaled by the width of a head."""
    scores = torch.zeros(*q.shape[:3], k.size(2))
    for sentence in range(q.size(0)):
        for head in range(q.size(1)):
            scores[sentence, head] = scaled_scores(q[sentence, head], k[sentence, head])
    return scores


REPAIR_SCALE = Exercise(
    repair_scale,
    solutions.repair_scale,
    cases=lambda: [
        (*draw(2, (1, 2, 3, 5), (1, 2, 7, 5)), 2 * 5),
        (*draw(3, (2, 3, 5, 11), (2, 3, 7, 11)), 3 * 11),
    ],
    given=lambda q, k, d_model: q @ k.mT / math.sqrt(d_model),
    hints=(
        "Divide what is needed by what came: the same number everywhere. Which one is it?",
        "Each head compares vectors of d_head numbers, and only those are added up.",
        "d_head is the last axis of q; d_model is not needed.",
    ),
    mistakes=(
        Mistake(
            "not scaled",
            lambda q, k, d_model: q @ k.mT,
            "The scale is gone altogether. It was the right idea with the wrong width.",
        ),
        Mistake(
            "divided by d_head",
            lambda q, k, d_model: q @ k.mT / q.size(-1),
            "The width is right now, but its square root is needed.",
        ),
        Mistake(
            "divided by d_model",
            lambda q, k, d_model: q @ k.mT / d_model,
            "The root was right; the width under it was not.",
        ),
        Mistake(
            "√ of the number of heads",
            lambda q, k, d_model: q @ k.mT / math.sqrt(q.size(1)),
            "That is how many heads there are. How wide is one of them?",
        ),
        Mistake(
            "√ of the number of keys",
            lambda q, k, d_model: q @ k.mT / math.sqrt(k.size(-2)),
            "The number of keys does not change a score. Which numbers does one score add up?",
        ),
        Mistake(
            "root before division",
            lambda q, k, d_model: q @ k.mT / (math.sqrt(d_model) / q.size(1)),
            "d_head = d_model / heads is right, but all of it belongs under the root.",
        ),
    ),
)

EXERCISES = (SCALED_SCORES, REPAIR_SCALE)
