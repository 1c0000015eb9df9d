"""Cut the features into heads, put them together again, count what that costs."""

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw

split_heads_statement = """
From `x` (batch, length, d_model) make (batch, heads, length, d_head): head 0 takes the first
d_head features, head 1 the next ones. One word [1, 2, 3, 4] and two heads: the first gets [1, 2],
the second [3, 4].
"""


def split_heads(x, n_heads):
    """(batch, length, d_model) → (batch, heads, length, d_head): head h takes its own slice."""
    batch, length, d_model = x.shape
    d_head = d_model // n_heads
    heads = torch.zeros(batch, n_heads, length, d_head)
    for head in range(n_heads):
        heads[:, head] = x[:, :, head * d_head : (head + 1) * d_head]
    return heads


def split_heads_solution(x, n_heads):
    return x.unflatten(-1, (n_heads, -1)).transpose(1, 2)


def sentences():
    """Two batches that are to be split, the second without two axes of one size."""
    return [(*draw(0, (1, 2, 6)), 3), (*draw(1, (2, 5, 21)), 3)]


SPLIT_MISTAKES = (
    Mistake(
        "heads behind the words",
        lambda x, n_heads: x.unflatten(-1, (n_heads, -1)),
        "The slices are right, but heads stand behind the length. Swap the axes 1 and 2.",
    ),
    Mistake(
        "every n-th feature",
        lambda x, n_heads: x.unflatten(-1, (-1, n_heads)).permute(0, 3, 1, 2),
        "Head 0 takes the features 0, 3, 6, …; it should take the first ones in a row.",
    ),
    Mistake(
        "width and heads mixed up",
        lambda x, n_heads: x.unflatten(-1, (-1, n_heads)).transpose(1, 2),
        "There are as many heads as a head should be wide. Which number comes first?",
    ),
    Mistake(
        "d_head turned up",
        lambda x, n_heads: x.unflatten(-1, (n_heads, -1)).permute(0, 2, 3, 1),
        "Inside a head, words are rows and features columns; yours lie on their side.",
    ),
    Mistake(
        "a copy for each head",
        lambda x, n_heads: x[:, None].repeat(1, n_heads, 1, 1),
        "Every head gets all the features. It should get d_model / n_heads of them.",
    ),
    Mistake(
        "heads in front of the batch",
        lambda x, n_heads: x.unflatten(-1, (n_heads, -1)).permute(2, 0, 1, 3),
        "The batch stays in front, then the heads: (batch, heads, length, d_head).",
    ),
)
VIEW = Mistake(
    "view instead of transpose",
    lambda x, n_heads: x.reshape(len(x), n_heads, x.size(1), -1),
    "The shape is right, the numbers are not: a view cuts across words. Split, then transpose.",
)

SPLIT_HEADS = Exercise(
    split_heads,
    split_heads_solution,
    split_heads_statement,
    stars=2,
    minutes=5,
    cases=sentences,
    hints=(
        "First cut the last axis in two, without moving a number: (…, n_heads, d_head).",
        "`x.unflatten(-1, (n_heads, -1))` or a view does that: (batch, length, heads, d_head).",
        "Then swap length and heads: `.transpose(1, 2)`.",
    ),
    mistakes=(VIEW, *SPLIT_MISTAKES),
)


merge_heads_statement = """
And back: from (batch, heads, length, d_head) to (batch, length, d_model), the slices side by side.
What `split_heads` has cut comes out as it was: two heads, [1, 2] and [3, 4], make the word
[1, 2, 3, 4].
"""


def merge_heads(x):
    """(batch, heads, length, d_head) → (batch, length, d_model): the slices beside each other."""
    return torch.cat([x[:, head] for head in range(x.size(1))], dim=-1)


def merge_heads_solution(x):
    return x.transpose(1, 2).flatten(2)


MERGE_HEADS = Exercise(
    merge_heads,
    merge_heads_solution,
    merge_heads_statement,
    stars=2,
    minutes=4,
    cases=lambda: [draw(2, (1, 3, 2, 5)), draw(3, (2, 3, 5, 7))],
    hints=(
        "Do what split_heads did, backwards.",
        "First bring heads and d_head next to each other: swap the axes 1 and 2.",
        "Then `flatten(2)` makes one axis of the last two.",
    ),
    mistakes=(
        Mistake(
            "not transposed",
            lambda x: x.reshape(x.size(0), x.size(2), -1),
            "The shape is right, the numbers are not: heads and words were mixed. Transpose first.",
        ),
        Mistake(
            "heads added up",
            lambda x: x.sum(1),
            "Adding loses what each head found. Lay them side by side.",
        ),
        Mistake(
            "a mean over heads",
            lambda x: x.mean(1),
            "The heads are not averaged: their slices stand side by side.",
        ),
        Mistake(
            "one below the other",
            lambda x: x.flatten(1, 2),
            "The heads became more words. A word keeps its row and grows wider.",
        ),
        Mistake(
            "features of all heads in turn",
            lambda x: x.permute(0, 2, 3, 1).flatten(2),
            "Feature 0 of every head, then feature 1, … Whole heads stand side by side instead.",
        ),
        Mistake(
            "still four axes",
            lambda x: x.transpose(1, 2),
            "Heads and d_head stand side by side now; make them one axis: `flatten(2)`.",
        ),
        Mistake(
            "d × d",
            lambda x: x.transpose(1, 2).flatten(2).mT @ x.transpose(1, 2).flatten(2),
            "Concatenated heads have a row for each word: length × d_model, not d × d.",
        ),
    ),
)


repair_heads_statement = """
The function from "Break it", as it stands in more than one repository. Keep the view, but give it
a shape in which nothing has to move, and then swap.
"""


def repair_heads(x, n_heads):
    """Heads that are slices of the features, so that no head mixes two words."""
    return split_heads(x, n_heads)


def repair_heads_solution(x, n_heads):
    batch, length, d_model = x.shape
    return x.view(batch, length, n_heads, d_model // n_heads).transpose(1, 2)


def repair_heads_given(x, n_heads):
    batch, length, d_model = x.shape
    return x.reshape(batch, n_heads, length, d_model // n_heads)


REPAIR_HEADS = Exercise(
    repair_heads,
    repair_heads_solution,
    repair_heads_statement,
    stars=3,
    minutes=6,
    cases=sentences,
    given=repair_heads_given,
    hints=(
        "Put x = torch.arange(12).view(1, 2, 6) in, with 3 heads. Which word does head 0 see?",
        "A view never moves a number. Swapping two axes does.",
        "View as (batch, length, heads, d_head), where nothing moves; then `.transpose(1, 2)`.",
    ),
    mistakes=SPLIT_MISTAKES,
)

EXERCISES = (SPLIT_HEADS, MERGE_HEADS, REPAIR_HEADS)
