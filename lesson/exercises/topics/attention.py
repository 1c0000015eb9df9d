"""Weights → output, and the whole formula."""

import math

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw
from lesson.exercises.topics.scores import scaled_scores
from lesson.exercises.topics.weights import softmax_rows

weighted_values_statement = """
`weights` (query, key), rows that sum to 1, and `v` (key, width) give (query, width): each query
adds up all values, each times its weight. With [[1, 0], [0.5, 0.5]] and the values [2, 4, 0] and
[6, 0, 2] the first query gets [2, 4, 0], the second [4, 2, 1].
"""


def weighted_values(weights, v):
    """(query, width): each query adds up all values, each times its weight."""
    output = torch.zeros(len(weights), v.size(-1))
    for query in range(len(weights)):
        for key in range(len(v)):
            output[query] += weights[query, key] * v[key]
    return output


def weighted_values_solution(weights, v):
    return weights @ v  # (query, key) @ (key, width): the keys are summed away


def weights_and_values(seed, queries, keys, width):
    """Rows that sum to 1, and values as wide as no other axis."""
    scores, v = draw(seed, (queries, keys), (keys, width))
    return scores.softmax(-1), v


WEIGHTED_VALUES = Exercise(
    weighted_values,
    weighted_values_solution,
    weighted_values_statement,
    stars=1,
    minutes=4,
    cases=lambda: [weights_and_values(2, 2, 3, 5), weights_and_values(3, 5, 7, 11)],
    hints=(
        "One output row for each query: its weights say how much of each value goes in.",
        "(query, key) and (key, width) become (query, width): the keys are summed away.",
        "A matrix product does exactly that.",
    ),
    mistakes=(
        Mistake(
            "weights on their side",
            lambda weights, v: weights.mT @ v,
            "(query, key) @ (key, width) fits as it is: no transpose.",
        ),
        Mistake(
            "output on its side",
            lambda weights, v: v.mT @ weights.mT,
            "The numbers are right, but queries are the columns. Weights stand on the left.",
        ),
        Mistake(
            "the plain mean",
            lambda weights, v: v.mean(0).expand(len(weights), -1).clone(),
            "Every query gets the same mean of all values. Where are its weights?",
        ),
        Mistake(
            "argmax",
            lambda weights, v: v[weights.argmax(-1)],
            "You take the value of the winner only. The other keys have a say too.",
        ),
        Mistake(
            "not added up",
            lambda weights, v: weights[:, :, None] * v,
            "These are the weighted values, key by key. Add them over the keys.",
        ),
        Mistake(
            "added over the queries",
            lambda weights, v: (weights[:, :, None] * v).sum(0),
            "One row for each key came out. Sum over the keys, so that the queries stay.",
        ),
        Mistake(
            "divided once more",
            lambda weights, v: weights @ v / len(v),
            "The weights of a query sum to 1 already: no division by the number of keys.",
        ),
    ),
)


attention_statement = """
The whole formula in at most five lines: `q`, `k`, `v` to the output, for one sentence
(length, d_head) and for several at once (batch, length, d_head). For our sentence, row 0 is
0.898, 0.843, 1.000, 1.427.
"""


def attention(q, k, v):
    """softmax(q kᵀ / √d_head) v, sentence by sentence when there are several."""
    if q.dim() == 3:
        return torch.stack([attention(*sentence) for sentence in zip(q, k, v)])
    return weighted_values(softmax_rows(scaled_scores(q, k)), v)


def attention_solution(q, k, v):
    scores = q @ k.mT / math.sqrt(q.size(-1))
    return scores.softmax(-1) @ v


ATTENTION = Exercise(
    attention,
    attention_solution,
    attention_statement,
    stars=2,
    minutes=8,
    cases=lambda: [
        draw(4, (2, 5), (3, 5), (3, 7)),
        draw(5, (2, 5, 7), (2, 11, 7), (2, 11, 3)),
    ],
    hints=(
        "Three lines: scores, weights, output. You have written each of them already.",
        "`scores = q @ k.mT / math.sqrt(q.size(-1))`; the weights are their softmax over the keys.",
        "Count axes from the end, -1 and -2: then a batch axis in front changes nothing.",
    ),
    mistakes=(
        Mistake(
            "not scaled",
            lambda q, k, v: (q @ k.mT).softmax(-1) @ v,
            "The scale is missing: divide the scores by √d_head before the softmax.",
        ),
        Mistake(
            "divided by d_head",
            lambda q, k, v: (q @ k.mT / q.size(-1)).softmax(-1) @ v,
            "You divide by d_head; the formula divides by its square root.",
        ),
        Mistake(
            "√ of the values' width",
            lambda q, k, v: (q @ k.mT / math.sqrt(v.size(-1))).softmax(-1) @ v,
            "The scale is the width of queries and keys; values may be wider or narrower.",
        ),
        Mistake(
            "scaled after the softmax",
            lambda q, k, v: (q @ k.mT).softmax(-1) / math.sqrt(q.size(-1)) @ v,
            "The weights no longer sum to 1. Scale the scores, then take the softmax.",
        ),
        Mistake(
            "softmax over the queries",
            lambda q, k, v: (q @ k.mT / math.sqrt(q.size(-1))).softmax(-2) @ v,
            "Each query shares out its own 1: the softmax runs along the keys, axis -1.",
        ),
        Mistake(
            "no softmax",
            lambda q, k, v: q @ k.mT / math.sqrt(q.size(-1)) @ v,
            "Raw scores weigh the values. Turn them into weights first.",
        ),
        Mistake(
            "argmax",
            lambda q, k, v: (q @ k.mT * 1e6).softmax(-1) @ v,
            "Each query copies the value of its best key. A softmax lets all keys speak.",
        ),
        Mistake(
            "keys as values",
            lambda q, k, v: (q @ k.mT / math.sqrt(q.size(-1))).softmax(-1) @ k,
            "The weights mix the keys. What a token hands over is its value.",
        ),
        Mistake(
            "the first two axes turned",
            lambda q, k, v: (q @ k.transpose(0, 1) / math.sqrt(q.size(-1))).softmax(-1) @ v,
            "Fine for one sentence; with a batch in front turn the last two axes: `k.mT`.",
        ),
    ),
)

EXERCISES = (WEIGHTED_VALUES, ATTENTION)
