"""Words as rows of a table, and how alike two rows are."""

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw

one_hot_embed_statement = """
From `ids` (length) and `table` (vocab_size, d_model) make (length, d_model): what the product
with one-hot rows gives. You may take the short cut. For `ids` [3, 0] and the table above:
[[0, 2, 1], [2, 0, 0]].
"""


def one_hot_embed(ids, table):
    """Each id as a row of zeros with a single 1, times the table: (length, d_model)."""
    rows = torch.zeros(len(ids), len(table))
    for place, word in enumerate(ids.tolist()):
        rows[place, word] = 1.0
    return rows @ table


def one_hot_embed_solution(ids, table):
    return table[ids]  # a row of zeros with a single 1 picks one row of the table


def one_hot(ids, table):
    """The rows of zeros with a single 1."""
    return torch.eye(len(table))[ids]


ONE_HOT_EMBED = Exercise(
    one_hot_embed,
    one_hot_embed_solution,
    one_hot_embed_statement,
    stars=2,
    minutes=3,
    cases=lambda: [
        (torch.tensor([2, 0]), *draw(0, (3, 2))),
        (torch.tensor([4, 1, 6, 1, 0]), *draw(1, (7, 3))),
    ],
    hints=(
        "Multiply a row such as 0 0 1 0 with a table by hand. What comes out?",
        "The product picks row 2. Picking rows has a shorter name than a product.",
        "`table[ids]`.",
    ),
    mistakes=(
        Mistake(
            "the one-hot rows themselves",
            one_hot,
            "These rows only say which word it is. Multiply them with the table.",
        ),
        Mistake(
            "the first rows",
            lambda ids, table: table[: len(ids)],
            "You take the rows in order. Which row is asked for is what the ids say.",
        ),
        Mistake(
            "columns instead of rows",
            lambda ids, table: table[:, ids % table.size(1)].T,
            "A word is a row of the table; columns are features.",
        ),
        Mistake(
            "ids counted from 1",
            lambda ids, table: table[ids - 1],
            "Ids count from 0: id 0 is the first row.",
        ),
        Mistake(
            "added up",
            lambda ids, table: table[ids].sum(0),
            "One vector for the whole sentence. Each word keeps a row of its own.",
        ),
        Mistake(
            "scaled",
            lambda ids, table: table[ids] * table.size(1) ** 0.5,
            "The factor √d_model comes later, in the model. The product has none.",
        ),
    ),
)


cosine_statement = """
The cosine of each row of `a` (n, d) with each row of `b` (m, d), as (n, m): the dot product,
divided by the two lengths. For [3, 4] and [4, 3]: 24 / (5 · 5) = 0.96.
"""


def cosine(a, b):
    """Each row of a with each row of b: their dot product over the product of their lengths."""
    table = torch.zeros(len(a), len(b))
    for i in range(len(a)):
        for j in range(len(b)):
            table[i, j] = sum(a[i] * b[j]) / (sum(a[i] ** 2) ** 0.5 * sum(b[j] ** 2) ** 0.5)
    return table


def cosine_solution(a, b):
    a, b = (x / x.norm(dim=-1, keepdim=True) for x in (a, b))  # rows of length 1
    return a @ b.mT


def unit(x, axis=-1):
    """Rows (or columns) of length 1."""
    return x / x.norm(dim=axis, keepdim=True)


COSINE = Exercise(
    cosine,
    cosine_solution,
    cosine_statement,
    stars=3,
    minutes=6,
    cases=lambda: [draw(2, (2, 3), (5, 3)), draw(3, (5, 11), (7, 11))],
    hints=(
        "All dot products at once are one matrix product.",
        "`x.norm(dim=-1, keepdim=True)` is the length of each row, as a column.",
        "Divide a and b by their lengths first; then the product of the two is the cosine.",
    ),
    mistakes=(
        Mistake(
            "not divided",
            lambda a, b: a @ b.T,
            "These are dot products: a long vector wins without being alike. Divide by lengths.",
        ),
        Mistake(
            "divided by one length",
            lambda a, b: unit(a) @ b.T,
            "The rows of a have length 1 now, those of b do not.",
        ),
        Mistake(
            "squared lengths",
            lambda a, b: (a / a.square().sum(-1, True)) @ (b / b.square().sum(-1, True)).T,
            "The sum of the squares is the length squared: take its root.",
        ),
        Mistake(
            "columns of length 1",
            lambda a, b: unit(a, 0) @ unit(b, 0).T,
            "You divided by the lengths of the columns. A word is a row: dim=-1.",
        ),
        Mistake(
            "√d in place of the lengths",
            lambda a, b: a @ b.T / a.size(-1) ** 0.5,
            "√d is attention's choice, the same for every pair. A cosine needs the true lengths.",
        ),
        Mistake(
            "distance",
            torch.cdist,
            "The distance is small for like words; a cosine is large. Another measure.",
        ),
        Mistake(
            "on its side",
            lambda a, b: unit(b) @ unit(a).T,
            "Rows belong to a, columns to b: a stands on the left.",
        ),
    ),
)


table_size_statement = """
How many numbers does a table hold for 37 000 pieces of words, 512 numbers each? (For 10 000 words
it was 5 120 000.)
"""


def table_size():
    """How many numbers are learned for 37 000 pieces of words with d_model = 512?"""
    return sum(512 for piece in range(37_000))


table_size_solution = 37_000 * 512


TABLE_SIZE = Exercise(
    table_size,
    table_size_solution,
    table_size_statement,
    stars=1,
    minutes=2,
    tolerance=0,
    hints=(
        "A row for each piece, a column for each feature.",
        "37 000 rows of 512 numbers.",
    ),
    mistakes=(
        Mistake("the rows", lambda: 37_000, "That is one number a piece. Each has 512."),
        Mistake("added", lambda: 37_512, "Rows *and* columns: how many cells is that?"),
        Mistake(
            "a square",
            lambda: 37_000**2,
            "That is the table of one-hot rows: nobody stores it, and nothing in it is learned.",
        ),
        Mistake(
            "one-hot for the features",
            lambda: 512**2,
            "That is one of W_Q, W_K, W_V. The table of words has a row for each piece.",
        ),
        Mistake(
            "two tables",
            lambda: 2 * 37_000 * 512,
            "Source and target may have a table each. Here one is asked for.",
        ),
    ),
)

EXERCISES = (ONE_HOT_EMBED, COSINE, TABLE_SIZE)
