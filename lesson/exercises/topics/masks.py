"""Hide the future; and give no weight to what is hidden."""

import itertools
import math

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw

causal_mask_statement = """
From a length make a boolean (query, key) matrix: True where the key is not in the future. For
length 2 that is `[[True, False], [True, True]]`.
"""


def causal_mask(length):
    """True where the key does not come after the query."""
    mask = torch.zeros(length, length, dtype=torch.bool)
    for query, key in itertools.product(range(length), range(length)):
        mask[query, key] = key <= query
    return mask


def causal_mask_solution(length):
    return torch.ones(length, length, dtype=torch.bool).tril()


def ones(length):
    """A square of True."""
    return torch.ones(length, length, dtype=torch.bool)


CAUSAL_MASK = Exercise(
    causal_mask,
    causal_mask_solution,
    causal_mask_statement,
    stars=1,
    minutes=4,
    cases=lambda: [(2,), (3,), (5,)],
    hints=(
        "Draw it for three words: who may the first one look at, who the last?",
        "Query i sees the keys 0 … i, itself included: a lower triangle.",
        "`torch.ones` with dtype=torch.bool makes a square of True; `tril` keeps its lower part.",
    ),
    mistakes=(
        Mistake(
            "a word does not see itself",
            lambda length: ones(length).tril(-1),
            "`key < query` hides the diagonal; the first word sees nothing. Take `key <= query`.",
        ),
        Mistake(
            "the triangle of the future",
            lambda length: ones(length).triu(),
            "Each word sees itself and what comes after it. Turn the triangle round: `tril`.",
        ),
        Mistake(
            "inverted",
            lambda length: ones(length).triu(1),
            "You marked what must be hidden. Here True means: may attend.",
        ),
        Mistake(
            "one step ahead",
            lambda length: ones(length).tril(1),
            "Each word sees the next one, the very word it has to predict.",
        ),
        Mistake(
            "nothing hidden",
            ones,
            "Every word sees every word. Keep the lower triangle only.",
        ),
        Mistake(
            "numbers instead of truth values",
            lambda length: torch.ones(length, length).tril(),
            "The triangle is right; a mask is a bool tensor: `dtype=torch.bool`.",
        ),
        Mistake(
            "-inf above the diagonal",
            lambda length: torch.full((length, length), -torch.inf).triu(1),
            "That is what gets added to the scores. The mask is the bool tensor before that.",
        ),
    ),
)


masked_softmax_statement = """
From `scores` (…, query, key) and a mask that broadcasts to them make weights of the same shape.
The scores 1.5, 0.5, 0.5, 1.0 with the last key hidden give 0.576, 0.212, 0.212, 0. A row that
sees nothing must give zeros.
"""


def masked_softmax(scores, mask):
    """Each query shares its 1 among the keys it may see; with none to see it shares nothing."""
    weights, mask = torch.zeros_like(scores), mask.expand_as(scores)
    for query in itertools.product(*map(range, scores.shape[:-1])):
        visible = [key for key in range(scores.size(-1)) if mask[query][key]]
        total = sum(math.exp(scores[query][key]) for key in visible)
        for key in visible:
            weights[query][key] = math.exp(scores[query][key]) / total
    return weights


def masked_softmax_solution(scores, mask):
    weights = scores.masked_fill(~mask, -math.inf).softmax(-1)
    return weights.masked_fill(~mask, 0.0)  # a row of -inf alone became NaN


def scores_and_masks():
    """Some keys hidden; then a query that sees none; then a mask to be laid over all heads."""
    some = torch.tensor([[True, True, False], [False, True, True]])
    none = torch.tensor([[True, False, True, True, False], [False] * 5, [True] * 5])
    pads = (torch.arange(7) < torch.tensor([[4], [6]]))[:, None, None, :]
    shapes = (2, 3), (3, 5), (2, 3, 5, 7)
    return list(zip(draw(2, *shapes), (some, none, pads)))


MASKED_SOFTMAX = Exercise(
    masked_softmax,
    masked_softmax_solution,
    masked_softmax_statement,
    stars=3,
    minutes=8,
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

EXERCISES = (CAUSAL_MASK, MASKED_SOFTMAX)
