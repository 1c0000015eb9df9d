"""The parts of attention put together, for every sentence and head at once."""

import math

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw
from lesson.exercises.topics.masks import masked_softmax
from lesson.exercises.topics.scores import repair_scale

masked_attention_statement = """
The heart: `q` (batch, heads, query, d_head), `k` and `v` (batch, heads, key, d_head), and a mask
that broadcasts to (batch, heads, query, key), True = may attend. A query that sees one key gets
that key's value, one that sees nothing gets zeros.
"""


def masked_attention(q, k, v, mask):
    """(batch, heads, query, d_head)

    softmax(q kᵀ / √d_head) v with 0 for what is hidden, in every sentence and head.
    """
    scores = repair_scale(q, k, d_model=None)
    mask = mask.expand_as(scores)
    output = torch.zeros(*q.shape[:3], v.size(3))
    for sentence in range(q.size(0)):
        for head in range(q.size(1)):
            weights = masked_softmax(scores[sentence, head], mask[sentence, head])
            output[sentence, head] = weights @ v[sentence, head]
    return output


def masked_attention_solution(q, k, v, mask):
    scores = q @ k.mT / math.sqrt(q.size(-1))
    weights = scores.masked_fill(~mask, -math.inf).softmax(-1)
    return weights.nan_to_num() @ v  # zeros for a query that sees nothing


def scaled(q, k):
    """The scores as they should be."""
    return q @ k.mT / math.sqrt(q.size(-1))


def hidden(scores, mask):
    """Weights as they should be, zeros where nothing is visible."""
    return scores.masked_fill(~mask, -math.inf).softmax(-1).nan_to_num()


def examples():
    """q, k, v and a mask; in the last case one query sees nothing."""
    small = torch.tensor([[True, True, False], [True, False, False]])[None, None]
    large = torch.ones(2, 1, 5, 7).tril(1).bool()
    large[1, 0, 2] = False
    return [
        (*draw(0, (1, 2, 2, 3), (1, 2, 3, 3), (1, 2, 3, 2)), small),
        (*draw(1, (2, 3, 5, 11), (2, 3, 7, 11), (2, 3, 7, 13)), large),
    ]


MASKED_ATTENTION = Exercise(
    masked_attention,
    masked_attention_solution,
    masked_attention_statement,
    stars=3,
    minutes=10,
    cases=examples,
    hints=(
        "Scores, mask, softmax, values: four lines, and no loop over sentences or heads.",
        "`@` and `.mT` work on the last two axes and leave those in front alone.",
        "A query that sees nothing gets zeros: `.nan_to_num()`, or a second masked_fill.",
    ),
    mistakes=(
        Mistake(
            "no mask",
            lambda q, k, v, mask: scaled(q, k).softmax(-1) @ v,
            "Hidden keys still get weight: the mask is never used.",
        ),
        Mistake(
            "inverted mask",
            lambda q, k, v, mask: hidden(scaled(q, k), ~mask) @ v,
            "You hide what is visible: True means may attend, so fill where it is *not* True.",
        ),
        Mistake(
            "mask after softmax",
            lambda q, k, v, mask: scaled(q, k).softmax(-1) * mask @ v,
            "Hidden keys took their share before they were silenced: mask the scores.",
        ),
        Mistake(
            "not scaled",
            lambda q, k, v, mask: hidden(q @ k.mT, mask) @ v,
            "Divide the scores by √d_head before the softmax.",
        ),
        Mistake(
            "nan where nothing is visible",
            lambda q, k, v, mask: scaled(q, k).masked_fill(~mask, -math.inf).softmax(-1) @ v,
            "A query that sees nothing gives nan here. It must give zeros.",
        ),
        Mistake(
            "a large negative number",
            lambda q, k, v, mask: scaled(q, k).masked_fill(~mask, -1e9).softmax(-1) @ v,
            "Where everything is hidden, −1e9 everywhere gives equal weights. Use −∞, then zeros.",
        ),
        Mistake(
            "softmax over the queries",
            lambda q, k, v, mask: (
                scaled(q, k).masked_fill(~mask, -math.inf).softmax(-2).nan_to_num() @ v
            ),
            "The keys share what a query gives, so softmax runs along the last axis.",
        ),
    ),
)

EXERCISES = (MASKED_ATTENTION,)
