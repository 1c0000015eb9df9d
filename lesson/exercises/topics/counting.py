"""How many? A number that a picture gives away."""

from lesson.exercises.judging.exercise import Exercise, Mistake

n_scores_statement = """
A sentence has a score for each pair of words, a word with itself included. How many are there for
9 words? (For 2 words it is 4.)
"""


def n_scores():
    """Every word of a sentence of 9 asks every word. How many scores are there?"""
    return sum(1 for query in range(9) for key in range(9))


n_scores_solution = 9 * 9  # every word asks every word, itself included


N_SCORES = Exercise(
    n_scores,
    n_scores_solution,
    n_scores_statement,
    stars=1,
    minutes=1,
    tolerance=0,
    hints=(
        "Count the cells of the picture for four words first. It has four rows.",
        "A row for each word that asks, a column for each word that answers.",
        "Nine rows of nine.",
    ),
    mistakes=(
        Mistake("one row", lambda: 9, "That is one row: one word asking. All nine ask."),
        Mistake(
            "nobody asks itself",
            lambda: 72,
            "Nine words asking eight others. But each word asks itself too: the diagonal counts.",
        ),
        Mistake(
            "pairs",
            lambda: 36,
            "You counted each pair once. “I” asking “am” and “am” asking “I” are two scores.",
        ),
        Mistake(
            "pairs and the diagonal",
            lambda: 45,
            "Half of the table is missing: the score of (I, am) is not the score of (am, I).",
        ),
        Mistake("added", lambda: 18, "Nine rows *and* nine columns: how many cells is that?"),
        Mistake("four words", lambda: 16, "That is the picture above, with four words."),
    ),
)


EXERCISES = (N_SCORES,)
