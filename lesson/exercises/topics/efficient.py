"""What cheaper attention computes, and what it leaves out."""

from lesson.exercises.judging.exercise import Exercise, Mistake

linformer_shape_statement = """
Two sentences, 3 heads, 41 queries, 43 keys, squeezed into 8 slots. Which shape do the scores
have, as a tuple? (In the example above, one sentence, one head, one query and 2 slots:
`(1, 1, 1, 2)`.)
"""


def linformer_shape():
    """Scores of Linformer: 2 sentences, 3 heads, 41 queries, 43 keys squeezed into 8 slots."""
    return (2, 3, 41, 8)


linformer_shape_solution = (2, 3, 41, 8)  # a column for each slot


LINFORMER_SHAPE = Exercise(
    linformer_shape,
    linformer_shape_solution,
    linformer_shape_statement,
    stars=1,
    minutes=2,
    hints=(
        "What does each query meet here: keys, or mixtures of keys?",
        "The queries are not squeezed: every token still needs its own answer.",
    ),
    mistakes=(
        Mistake(
            "not squeezed", lambda: (2, 3, 41, 43), "That is full attention, before squeezing."
        ),
        Mistake("queries squeezed", lambda: (2, 3, 8, 43), "Keys are squeezed, not queries."),
        Mistake("both squeezed", lambda: (2, 3, 8, 8), "Only the keys; each query keeps its row."),
        Mistake("on its side", lambda: (2, 3, 8, 41), "Queries are rows, slots are columns."),
        Mistake("heads forgotten", lambda: (2, 41, 8), "Each head has scores of its own."),
        Mistake(
            "keys kept", lambda: (2, 3, 41, 43, 8), "The 43 keys are summed away in the slots."
        ),
    ),
)


visible_blocks_statement = """
Count the cells of BigBird's picture without the drawn ones, for any `n_blocks` and `n_global`:
each block sees itself and its neighbours; the first `n_global` see all and are seen by all. For 3
blocks, none global: 7. For 8 blocks, one global: 34.
"""


def visible_blocks(n_blocks, n_global):
    """How many pairs BigBird shows; one that is visible for two reasons counts once.

    Neighbours on both sides and itself; the first n_global see all and are seen by all.
    """
    visible = 0
    for query in range(n_blocks):
        for key in range(n_blocks):
            visible += abs(query - key) <= 1 or query < n_global or key < n_global
    return visible


def visible_blocks_solution(n_blocks, n_global):
    rest = n_blocks - n_global  # the blocks that are not global see their own window
    return n_blocks**2 - rest**2 + max(0, 3 * rest - 2)


def count(rule):
    """A count by another rule."""

    def counted(n_blocks, n_global):
        places = range(n_blocks)
        return sum(bool(rule(query, key, n_global)) for query in places for key in places)

    return counted


VISIBLE_BLOCKS = Exercise(
    visible_blocks,
    visible_blocks_solution,
    visible_blocks_statement,
    stars=3,
    minutes=8,
    cases=lambda: [(3, 0), (5, 1), (11, 2), (7, 7)],
    tolerance=0,
    hints=(
        "Count row by row, as a loop over all pairs: is this key visible to this query?",
        "Three reasons to be visible: near, the query is global, the key is global.",
        "A pair that is visible for two reasons counts once: `or`.",
    ),
    mistakes=(
        Mistake(
            "the window only",
            count(lambda query, key, n_global: abs(query - key) <= 1),
            "The first n_global blocks see everything and are seen by all.",
        ),
        Mistake(
            "global in one direction",
            count(lambda query, key, n_global: abs(query - key) <= 1 or key < n_global),
            "The global blocks see all *and* are seen by all: whole rows and whole columns.",
        ),
        Mistake(
            "counted twice",
            lambda n_blocks, n_global: 3 * n_blocks - 2 + 2 * n_blocks * n_global,
            "Some pairs are visible for two reasons; each counts once.",
        ),
        Mistake(
            "three in every row",
            lambda n_blocks, n_global: 3 * n_blocks,
            "The first and last block have one neighbour only, and the global ones are missing.",
        ),
        Mistake(
            "the future hidden",
            count(
                lambda query, key, n_global: (
                    key <= query and (query - key <= 1 or key < n_global or query < n_global)
                )
            ),
            "BigBird looks to both sides: there is no look-ahead mask in it.",
        ),
        Mistake("everything", lambda n_blocks, n_global: n_blocks**2, "That is full attention."),
    ),
)

EXERCISES = (LINFORMER_SHAPE, VISIBLE_BLOCKS)
