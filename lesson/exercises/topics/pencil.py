"""Numbers and shapes found with a pencil, before any tensor is written."""

import math

from lesson.exercises.judging.exercise import Exercise, Mistake
from transformer_lib.data import worked_example

dot_product_statement = """
The dot product of two lists of numbers, without a library. For [1, 2] and [3, −1]: 3 − 2 = 1.
"""


def dot_product(q, k):
    """Multiply two vectors place by place and add it all up."""
    total = 0
    for place in range(len(q)):
        total += q[place] * k[place]
    return total


def dot_product_solution(q, k):
    return sum(a * b for a, b in zip(q, k))


DOT_PRODUCT = Exercise(
    dot_product,
    dot_product_solution,
    dot_product_statement,
    stars=1,
    minutes=3,
    cases=lambda: [
        ([1, 2], [3, -1]),
        ([1, 0, 2], [2, 1, 1]),
        ([0.5, -1, 2, 0, 1], [2, 1, 1, 3, -1]),
    ],
    hints=(
        "The first number of q meets the first of k, the second the second. No other pairs meet.",
        "`zip(q, k)` gives these pairs; multiply the two numbers of each.",
        "Add the products: `sum` does it, or a running total that starts at 0.",
    ),
    mistakes=(
        Mistake(
            "not added up",
            lambda q, k: [a * b for a, b in zip(q, k)],
            "These are the products, one for each place. A score is one number: add them.",
        ),
        Mistake(
            "added instead of multiplied",
            lambda q, k: sum(a + b for a, b in zip(q, k)),
            "Inside a pair the numbers are multiplied; only the products are added.",
        ),
        Mistake(
            "every number with every number",
            lambda q, k: sum(q) * sum(k),
            "Only equal places meet. `sum(q) * sum(k)` multiplies each number with all the others.",
        ),
        Mistake(
            "stopped after the first place",
            lambda q, k: q[0] * k[0],
            "Only the first pair is in it. Does `return` stand inside the loop?",
        ),
        Mistake(
            "one place too few",
            lambda q, k: sum(q[i] * k[i] for i in range(len(q) - 1)),
            "The last pair is missing: `range(n)` already ends at n - 1.",
        ),
        Mistake(
            "a mean",
            lambda q, k: sum(a * b for a, b in zip(q, k)) / len(q),
            "You divide by the number of places. The dot product is the sum alone.",
        ),
        Mistake(
            "lists are not tensors",
            lambda q, k: (q * k).sum(),
            "q and k are plain lists here, and lists do not multiply. Walk over `zip(q, k)`.",
        ),
    ),
)


student_score_statement = """
The scaled score of "I" and "student" stands in the last line, last column. Write what you have
there in place of the dots.
"""


def student_score():
    """The scaled score of the query “I” and the key “student”."""
    example = worked_example()
    q, k = example.q[example.tokens.index("I")], example.k[example.tokens.index("student")]
    return dot_product(q, k) / math.sqrt(len(k))


student_score_solution = (1 * 1 + 1 * 0 + 1 * 1 + 1 * 0) / math.sqrt(4)  # q of I, k of student


STUDENT_SCORE = Exercise(
    student_score,
    student_score_solution,
    student_score_statement,
    stars=1,
    minutes=5,
    tolerance=5e-3,
    hints=(
        "You need two rows: row I of q and row student of k.",
        "Their dot product first; most products are 0 or 1.",
        "Then divide by √d_head. Here d_head is 4.",
    ),
    mistakes=(
        Mistake(
            "not scaled", lambda: 2, "That is q·k itself. It still has to be divided by √d_head."
        ),
        Mistake(
            "divided by d_head",
            lambda: 0.5,
            "q·k is 2, and it is divided by √4, not by 4. (“am” and “a” score 0.5 too.)",
        ),
        Mistake(
            "the key of I", lambda: 1.5, "That is how well I matches itself. Take student's key."
        ),
        Mistake(
            "multiplied by √d_head", lambda: 4, "The scale makes scores smaller: divide by √4."
        ),
        Mistake(
            "the weight",
            lambda: 0.259,
            "That is one step too far: the weight, after the softmax. The score comes before it.",
        ),
        Mistake(
            "every number with every number",
            lambda: 8,
            "4 · 2 multiplies the two sums. Multiply place by place, then add.",
        ),
    ),
)


scores_shape_statement = """
Two sentences, 3 heads, 5 queries, 7 keys, heads 11 wide: `q` is (2, 3, 5, 11), `k` is
(2, 3, 7, 11). What is the shape of the scores? Answer with a tuple; for our sentence it would be
`(1, 1, 4, 4)`.
"""


def scores_shape():
    """One score for each sentence, head, query and key: q (2, 3, 5, 11), k (2, 3, 7, 11)."""
    return (2, 3, 5, 7)


scores_shape_solution = (2, 3, 5, 7)  # one score for each sentence, head, query and key


SCORES_SHAPE = Exercise(
    scores_shape,
    scores_shape_solution,
    scores_shape_statement,
    stars=1,
    minutes=2,
    hints=(
        "The axes are (batch, heads, query, key). Two of them stand in front of both q and k.",
        "One row for each query, one column for each key.",
        "d_head is summed away: no axis of 11 is left.",
    ),
    mistakes=(
        Mistake(
            "transposed",
            lambda: (2, 3, 7, 5),
            "Queries are rows and keys are columns: query comes before key.",
        ),
        Mistake(
            "the shape of the output",
            lambda: (2, 3, 5, 11),
            "A score is one number for a query and a key; d_head is summed away.",
        ),
        Mistake(
            "heads forgotten",
            lambda: (2, 5, 7),
            "Each head has scores of its own: the axis of 3 stays.",
        ),
        Mistake(
            "one matrix only",
            lambda: (5, 7),
            "That is one head of one sentence. Sentences and heads keep their axes in front.",
        ),
        Mistake(
            "every query with every query",
            lambda: (2, 3, 5, 5),
            "The columns are keys, and there are 7 of them.",
        ),
        Mistake(
            "qᵀ k",
            lambda: (2, 3, 11, 11),
            "The features are summed away and the tokens stay; here it is the other way round.",
        ),
    ),
)


EXERCISES = (DOT_PRODUCT, STUDENT_SCORE, SCORES_SHAPE)
