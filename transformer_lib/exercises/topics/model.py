"""The whole model: what goes in, what comes out, what it holds."""

from transformer_lib.exercises.exercise import Exercise, Mistake
from transformer_lib.exercises.solutions import model as solutions


def teacher_forcing(target, start, end):
    """A row of ids → (target_in, target_out): at each place, in says what came before out."""
    target_in, target_out, before = [], [], start
    for word in [*target, end]:
        target_in.append(before)
        target_out.append(word)
        before = word
    return target_in, target_out


TEACHER_FORCING = Exercise(
    teacher_forcing,
    solutions.teacher_forcing,
    cases=lambda: [([7, 5], 1, 2), ([9, 4, 9, 3, 8], 0, 6)],
    hints=(
        "Write the two rows below each other: below each word stands the word to predict.",
        "The first word to predict is the first of the target, and before it stands start.",
        "target_in is start and the target; target_out is the target and end.",
    ),
    mistakes=(
        Mistake(
            "not shifted",
            lambda target, start, end: (target, target),
            "Each word stands above itself: the model need only copy it. Shift one of the rows.",
        ),
        Mistake(
            "the same row twice",
            lambda target, start, end: ([start, *target, end],) * 2,
            "Both rows carry start and end. One starts a word earlier, the other ends one later.",
        ),
        Mistake(
            "turned round",
            lambda target, start, end: ([*target, end], [start, *target]),
            "You predict the word before. target_in has the start, target_out the end.",
        ),
        Mistake(
            "end forgotten",
            lambda target, start, end: ([start, *target[:-1]], target),
            "Without the end the model never learns to stop: both rows are one longer.",
        ),
        Mistake(
            "start forgotten",
            lambda target, start, end: (target, [*target[1:], end]),
            "The first word is never asked for: target_in begins with start.",
        ),
        Mistake(
            "end goes in too",
            lambda target, start, end: ([start, *target, end], [*target, end]),
            "After the end nothing is predicted, so it does not go in.",
        ),
    ),
)


def logits_shape():
    """source (2, 7), target_in (2, 5), d_model 24, 11 source words, 13 target words."""
    return (2, 5, 13)


LOGITS_SHAPE = Exercise(
    logits_shape,
    solutions.logits_shape,
    hints=(
        "At every place of target_in the model scores every word that could come next.",
        "The source is gone by then: it was looked at, not carried along.",
    ),
    mistakes=(
        Mistake("source places", lambda: (2, 7, 13), "The model writes target words: 5 places."),
        Mistake("source words", lambda: (2, 5, 11), "It scores words of the target's vocabulary."),
        Mistake(
            "before the head",
            lambda: (2, 5, 24),
            "That is the decoder's output; the head turns d_model into scores for words.",
        ),
        Mistake(
            "cross-attention weights",
            lambda: (2, 5, 7),
            "That is how much each target word looks at each source word.",
        ),
        Mistake("the next word only", lambda: (2, 13), "In training all 5 places are scored."),
        Mistake("ids", lambda: (2, 5), "Ids come after choosing. Before that: a score per word."),
    ),
)


def layer_parameters(d_model, d_ff):
    """All learned numbers of an encoder layer: attention, feed-forward, two norms."""
    attention = sum(d_model * d_model + d_model for projection in ("q", "k", "v", "out"))
    widen, narrow = d_model * d_ff + d_ff, d_ff * d_model + d_model
    norms = sum(2 * d_model for norm in ("before attention", "before feed-forward"))
    return attention + widen + narrow + norms


LAYER_PARAMETERS = Exercise(
    layer_parameters,
    solutions.layer_parameters,
    cases=lambda: [(2, 3), (5, 11), (512, 2048)],
    tolerance=0,
    hints=(
        "Attention: four matrices d_model × d_model with a bias each.",
        "Feed-forward: d_model × d_ff and back; the first bias has d_ff numbers.",
        "A norm has a gain and a shift for each feature, and there are two norms.",
    ),
    mistakes=(
        Mistake(
            "norms forgotten",
            lambda d, d_ff: 4 * (d * d + d) + 2 * d * d_ff + d_ff + d,
            "Attention and feed-forward are right. The two norms learn gain and shift.",
        ),
        Mistake(
            "half of the norms",
            lambda d, d_ff: 4 * (d * d + d) + 2 * d * d_ff + d_ff + d + 2 * d,
            "There are two norms, and each has a gain and a shift: 4 · d_model.",
        ),
        Mistake(
            "no biases",
            lambda d, d_ff: 4 * d * d + 2 * d * d_ff + 4 * d,
            "Every linear layer has a bias: four of d_model, one of d_ff, one of d_model.",
        ),
        Mistake(
            "both biases d_ff wide",
            lambda d, d_ff: 4 * (d * d + d) + 2 * (d * d_ff + d_ff) + 4 * d,
            "The second linear layer ends at d_model, and so does its bias.",
        ),
        Mistake(
            "output projection forgotten",
            lambda d, d_ff: 3 * (d * d + d) + 2 * d * d_ff + d_ff + d + 4 * d,
            "Attention has four projections: q, k, v and the output.",
        ),
        Mistake(
            "a decoder layer",
            lambda d, d_ff: 8 * (d * d + d) + 2 * d * d_ff + d_ff + d + 6 * d,
            "That has a cross-attention and its norm too; an encoder layer has neither.",
        ),
    ),
)


EXERCISES = (TEACHER_FORCING, LOGITS_SHAPE, LAYER_PARAMETERS)
