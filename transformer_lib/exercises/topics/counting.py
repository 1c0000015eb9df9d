"""How many? Numbers that a word problem gives away."""

from transformer_lib.exercises.exercise import Exercise, Mistake


def n_scores():
    """Every word of a sentence of 9 asks every word. How many scores are there?"""
    return sum(1 for query in range(9) for key in range(9))


N_SCORES = Exercise(
    n_scores,
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


def n_pads():
    """A sentence of 9 tokens fills 9 of 41 places. How many are padding?"""
    places, tokens = 41, 9
    return places - tokens


N_PADS = Exercise(
    n_pads,
    tolerance=0,
    hints=(
        "Every place holds a token or a pad, never both.",
        "Tokens and pads together make 41.",
    ),
    mistakes=(
        Mistake(
            "one too few", lambda: 31, "9 + 31 is 40, and there are 41 places. Subtract again."
        ),
        Mistake(
            "one too many", lambda: 33, "9 + 33 is 42, and there are 41 places. Subtract again."
        ),
        Mistake("the tokens", lambda: 9, "Those are the real tokens. What fills the rest?"),
        Mistake("the places", lambda: 41, "All places are 41, and 9 of them hold real tokens."),
        Mistake("added", lambda: 50, "The tokens stand inside the 41 places: subtract them."),
    ),
)

EXERCISES = (N_SCORES, N_PADS)
