"""Queries and keys → scores."""

import math

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw

scaled_scores_statement = """
From `q` (query, d_head) and `k` (key, d_head) make the scaled scores (query, key), without a
loop. For our sentence, row 0 is 1.5, 0.5, 0.5, 1.0.
"""


def scaled_scores(q, k):
    """Each query with each key: their dot product, divided by √d_head."""
    scores = torch.zeros(len(q), len(k))
    for query in range(len(q)):
        for key in range(len(k)):
            scores[query, key] = sum(q[query] * k[key]) / math.sqrt(len(q[query]))
    return scores


def scaled_scores_solution(q, k):
    return q @ k.mT / math.sqrt(q.size(-1))  # k.mT turns the last two axes of k round


SCALED_SCORES = Exercise(
    scaled_scores,
    scaled_scores_solution,
    scaled_scores_statement,
    stars=1,
    minutes=5,
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


repair_scale_statement = """
Well-known code once scaled like this. `q` and `k` are split into heads already,
(batch, heads, length, d_head), and the weights come out too equal. Find the wrong number. With
`d_model` 512 and 8 heads, the scores should be divided by 8.
"""


def repair_scale(q, k, d_model):
    """Scores of every head, scaled by the width of a head."""
    scores = torch.zeros(*q.shape[:3], k.size(2))
    for sentence in range(q.size(0)):
        for head in range(q.size(1)):
            scores[sentence, head] = scaled_scores(q[sentence, head], k[sentence, head])
    return scores


def repair_scale_solution(q, k, d_model):
    return q @ k.mT / math.sqrt(q.size(-1))  # the width of one head, not of the model


def repair_scale_given(q, k, d_model):
    return q @ k.mT / math.sqrt(d_model)


REPAIR_SCALE = Exercise(
    repair_scale,
    repair_scale_solution,
    repair_scale_statement,
    stars=3,
    minutes=8,
    cases=lambda: [
        (*draw(2, (1, 2, 3, 5), (1, 2, 7, 5)), 2 * 5),
        (*draw(3, (2, 3, 5, 11), (2, 3, 7, 11)), 3 * 11),
    ],
    given=repair_scale_given,
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
