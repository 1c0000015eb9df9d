"""A soft look-up: every row answers, each as much as it matches."""

import math

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake

mixed_value_statement = """
The weights are 0.25, 0.25 and 0.5, the values 8, 4 and 0. What is the answer?
"""


def mixed_value():
    """The weights 0.25, 0.25 and 0.5 on the values 8, 4 and 0."""
    return sum(weight * value for weight, value in [(0.25, 8), (0.25, 4), (0.5, 0)])


mixed_value_solution = 0.25 * 8 + 0.25 * 4 + 0.5 * 0


MIXED_VALUE = Exercise(
    mixed_value,
    mixed_value_solution,
    mixed_value_statement,
    stars=1,
    minutes=2,
    hints=(
        "Each value counts as much as its weight says.",
        "A quarter of 8, a quarter of 4, a half of 0; then add.",
    ),
    mistakes=(
        Mistake("the plain mean", lambda: 4, "That treats all three alike. Half of it is the 0's."),
        Mistake("the winner's value", lambda: 0, "The 0 has the largest weight, not all of it."),
        Mistake("the sum", lambda: 12, "The weights are missing: 8 counts a quarter only."),
        Mistake(
            "divided once more",
            lambda: 1,
            "The weights sum to 1 already: no division by 3 afterwards.",
        ),
        Mistake(
            "weights in the wrong order",
            lambda: 5,
            "Pair them as they stand: the half belongs to the 0.",
        ),
        Mistake("the 0 left out", lambda: 6, "A value of 0 still takes its share of the weight."),
    ),
)


soft_lookup_statement = """
Your grades by week: `keys` are weeks, `values` grades, both (row). `query` is a week, perhaps one
without a grade. The score of a row is minus the squared distance of the weeks. Return the answer.
"""


def soft_lookup(query, keys, values):
    """Every row answers, each weighted by e^score, the weights made to sum to 1."""
    matches = [math.exp(-((query - key) ** 2)) for key in keys.tolist()]
    weighted = [match * value for match, value in zip(matches, values.tolist())]
    return sum(weighted) / sum(matches)


def soft_lookup_solution(query, keys, values):
    weights = (-((query - keys) ** 2)).softmax(-1)  # e^score, divided by the sum
    return weights @ values


def grades():
    """Grades by week of the term; the third time no week is near."""
    return [
        (1.2, torch.tensor([0.0, 1.0, 2.0]), torch.tensor([10.0, 20.0, 40.0])),
        (2.4, torch.tensor([3.0, 1.0, 2.0, 0.5, 4.0]), torch.tensor([7.0, -5.0, 3.0, 0.0, 11.0])),
        (-0.5, torch.tensor([1.0, 0.7]), torch.tensor([6.0, -2.0])),
    ]


def matched(match):
    """A look-up with other matches, which are made to sum to 1."""

    def lookup(query, keys, values):
        matches = match(query, keys)
        return (matches * values).sum() / matches.sum()

    return lookup


SOFT_LOOKUP = Exercise(
    soft_lookup,
    soft_lookup_solution,
    soft_lookup_statement,
    stars=3,
    minutes=8,
    cases=grades,
    tolerance=1e-3,
    hints=(
        "First a number for each key: how well does it match the query?",
        "`torch.exp(-((query - keys) ** 2))` is 1 for a perfect match and falls to both sides.",
        "Divide the matches by their sum, multiply with the values, add up.",
    ),
    mistakes=(
        Mistake(
            "the nearest row alone",
            lambda query, keys, values: values[(query - keys).abs().argmin()],
            "That is what a database does. Here every row answers, each by its match.",
        ),
        Mistake(
            "not divided by the sum",
            lambda query, keys, values: (torch.exp(-((query - keys) ** 2)) * values).sum(),
            "The weights do not sum to 1 yet: divide by the sum of the matches.",
        ),
        Mistake(
            "the farthest wins",
            matched(lambda query, keys: torch.exp((query - keys) ** 2)),
            "The minus is missing: a far key matches best.",
        ),
        Mistake(
            "not squared",
            matched(lambda query, keys: torch.exp(-(query - keys).abs())),
            "The distance has to be squared before the exp.",
        ),
        Mistake(
            "the plain mean",
            lambda query, keys, values: values.mean(),
            "All rows count alike. Where is the query?",
        ),
        Mistake(
            "distances as weights",
            matched(lambda query, keys: (query - keys) ** 2),
            "A distance is large where the match is poor: e to the minus distance.",
        ),
        Mistake(
            "keys averaged",
            lambda query, keys, values: soft_lookup(query, keys, keys),
            "You mix the keys. They find; what is handed over are the values.",
        ),
    ),
)


query_shape_statement = """
`x` holds 2 sentences of 5 words, 11 numbers each: (2, 5, 11). `w_q` is (11, 3). What is the
shape of `x @ w_q`?
"""


def query_shape():
    """The shape of x @ w_q for x (2, 5, 11) and w_q (11, 3)."""
    return (2, 5, 3)


query_shape_solution = (2, 5, 3)  # a query for each word of each sentence


QUERY_SHAPE = Exercise(
    query_shape,
    query_shape_solution,
    query_shape_statement,
    stars=2,
    minutes=2,
    hints=(
        "Every word of every sentence makes one query.",
        "A query is as wide as w_q has columns.",
    ),
    mistakes=(
        Mistake("as x", lambda: (2, 5, 11), "The 11 features are summed away; 3 new ones come."),
        Mistake("one query a sentence", lambda: (2, 3), "Every one of the 5 words asks."),
        Mistake("the sentences forgotten", lambda: (5, 3), "There are two sentences of 5 words."),
        Mistake("on its side", lambda: (2, 3, 5), "Words stay rows, features stay columns."),
        Mistake("scores", lambda: (2, 5, 5), "Those are scores, query by key. No key is here yet."),
        Mistake("w_q kept whole", lambda: (2, 11, 3), "The axis of 11 is the one summed away."),
    ),
)

EXERCISES = (MIXED_VALUE, SOFT_LOOKUP, QUERY_SHAPE)
