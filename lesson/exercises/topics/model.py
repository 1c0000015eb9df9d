"""The whole model: what goes in, what comes out, what it holds."""

from lesson.exercises.judging.exercise import Exercise, Mistake

logits_shape_statement = """
`source` is (2, 7), `target_in` is (2, 5), d_model 24, 11 English words, 13 French ones. What
shape have the logits? Answer with a tuple.
"""


def logits_shape():
    """source (2, 7), target_in (2, 5), d_model 24, 11 source words, 13 target words."""
    return (2, 5, 13)


logits_shape_solution = (2, 5, 13)  # each sentence, each French place, each French word


LOGITS_SHAPE = Exercise(
    logits_shape,
    logits_shape_solution,
    logits_shape_statement,
    stars=1,
    minutes=2,
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


layer_parameters_statement = """
How many learned numbers has one encoder layer of the library, for any `d_model` and `d_ff`? It
consists of four projections *with* a bias each, two feed-forward layers (`d_model` → `d_ff` →
`d_model`) with a bias each, and two norms with a gain and a shift for each feature. For
`d_model` 2 and `d_ff` 3: 49.
"""


def layer_parameters(d_model, d_ff):
    """All weights, biases, gains and shifts of an encoder layer: one whole number."""
    attention = sum(d_model * d_model + d_model for projection in ("q", "k", "v", "out"))
    widen, narrow = d_model * d_ff + d_ff, d_ff * d_model + d_model
    norms = sum(2 * d_model for norm in ("before attention", "before feed-forward"))
    return attention + widen + narrow + norms


def layer_parameters_solution(d_model, d_ff):
    attention = 4 * (d_model**2 + d_model)
    feed_forward = 2 * d_model * d_ff + d_ff + d_model
    return attention + feed_forward + 2 * 2 * d_model  # two norms with gain and shift


LAYER_PARAMETERS = Exercise(
    layer_parameters,
    layer_parameters_solution,
    layer_parameters_statement,
    stars=2,
    minutes=5,
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


EXERCISES = (LOGITS_SHAPE, LAYER_PARAMETERS)
