"""The way through a block, and the way round it."""

import math

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw

pre_norm_statement = """
A pre-norm layer from its parts: `x` (length, d_model) → (length, d_model); `norm` and `sublayer`
are functions that keep the shape. If `norm` halves and `sublayer` multiplies by 10, [[2, 4]]
becomes [[12, 24]].
"""


def pre_norm(x, norm, sublayer):
    """(length, d_model)

    x plus what the sublayer says to the normalised x, number by number.
    """
    heard = sublayer(norm(x))
    return torch.stack([token + said for token, said in zip(x, heard)])


def pre_norm_solution(x, norm, sublayer):
    return x + sublayer(norm(x))


def centred(x):
    """A norm without its division."""
    return x - x.mean(-1, keepdim=True)


def squares(x):
    """A sublayer that bends: every number squared."""
    return x * x


def weighed(x):
    """A sublayer that mixes features and adds something."""
    return x.flip(-1) * 0.5 + 1.0


PRE_NORM = Exercise(
    pre_norm,
    pre_norm_solution,
    pre_norm_statement,
    stars=2,
    minutes=3,
    cases=lambda: [(*draw(0, (2, 3)), centred, squares), (*draw(1, (5, 7)), centred, weighed)],
    hints=(
        "The straight path carries x itself, untouched, from bottom to top.",
        "Beside it: first the norm, then the sublayer. Then the two are added.",
    ),
    mistakes=(
        Mistake(
            "post-norm",
            lambda x, norm, sublayer: norm(x + sublayer(x)),
            "That is the original of 2017: norm after the sum. Here the norm stands before.",
        ),
        Mistake(
            "no way round",
            lambda x, norm, sublayer: sublayer(norm(x)),
            "x itself is missing: the residual path adds it.",
        ),
        Mistake(
            "no norm",
            lambda x, norm, sublayer: x + sublayer(x),
            "The sublayer gets x as it is. It should get norm(x).",
        ),
        Mistake(
            "the normalised x goes round",
            lambda x, norm, sublayer: norm(x) + sublayer(norm(x)),
            "The straight path carries x itself, not norm(x).",
        ),
        Mistake(
            "norm of the answer",
            lambda x, norm, sublayer: x + norm(sublayer(x)),
            "The norm stands before the sublayer, not behind it.",
        ),
        Mistake(
            "norm twice",
            lambda x, norm, sublayer: norm(x + sublayer(norm(x))),
            "One norm before the sublayer is enough; the sum stays as it is.",
        ),
    ),
)


feed_forward_statement = """
Widen, cut, narrow: `x` (length, d_model), `w1` (d_model, d_ff), `b1` (d_ff), `w2`
(d_ff, d_model), `b2` (d_model) → (length, d_model). The row [2] with `w1` [[−1, 3]], `w2`
[[1], [1]] and both biases 0: [−2, 6] is cut to [0, 6], and that makes [6].
"""


def feed_forward(x, w1, b1, w2, b2):
    """(length, d_model): each word by itself.

    relu(word W1 + b1) W2 + b2
    """
    out = torch.zeros(len(x), w2.size(1))
    for row, word in enumerate(x):
        wide = torch.tensor([max(number, 0.0) for number in (word @ w1 + b1).tolist()])
        out[row] = wide @ w2 + b2
    return out


def feed_forward_solution(x, w1, b1, w2, b2):
    return (x @ w1 + b1).relu() @ w2 + b2


FEED_FORWARD = Exercise(
    feed_forward,
    feed_forward_solution,
    feed_forward_statement,
    stars=2,
    minutes=4,
    cases=lambda: [
        draw(2, (2, 3), (3, 5), (5,), (5, 3), (3,)),
        draw(3, (7, 5), (5, 11), (11,), (11, 5), (5,)),
    ],
    hints=(
        "Two linear layers with a relu between them: widen, bend, narrow.",
        "`.relu()` sets what is below 0 to 0. No word looks at another one.",
    ),
    mistakes=(
        Mistake(
            "no relu",
            lambda x, w1, b1, w2, b2: (x @ w1 + b1) @ w2 + b2,
            "Two linear layers in a row are one linear layer. Bend in between: relu.",
        ),
        Mistake(
            "relu at the end",
            lambda x, w1, b1, w2, b2: ((x @ w1 + b1) @ w2 + b2).relu(),
            "The relu stands between the two layers; the answer may be negative.",
        ),
        Mistake(
            "relu twice",
            lambda x, w1, b1, w2, b2: ((x @ w1 + b1).relu() @ w2 + b2).relu(),
            "The second relu is one too many: the answer may be negative.",
        ),
        Mistake(
            "relu before the first bias",
            lambda x, w1, b1, w2, b2: ((x @ w1).relu() + b1) @ w2 + b2,
            "The bias b1 belongs inside the relu.",
        ),
        Mistake(
            "biases forgotten",
            lambda x, w1, b1, w2, b2: (x @ w1).relu() @ w2,
            "Both layers have a bias: + b1 inside the relu, + b2 at the end.",
        ),
        Mistake(
            "words averaged",
            lambda x, w1, b1, w2, b2: ((x.mean(0) @ w1 + b1).relu() @ w2 + b2).expand_as(x).clone(),
            "All words got the same answer. Each goes through by itself.",
        ),
        Mistake(
            "the residual too",
            lambda x, w1, b1, w2, b2: x + (x @ w1 + b1).relu() @ w2 + b2,
            "x is added by the residual path round this network, not inside it.",
        ),
    ),
)


residual_gradient_statement = """
A stack of layers $x + f(x)$ on one number. `slopes` is a list, the slope of each $f$. What is
the slope of the whole? For [0.5, 1.0] it is 3.
"""


def residual_gradient(slopes):
    """d output / d input of a stack of x + f(x), f having one of the slopes in each layer."""
    gradient = 1.0
    for slope in slopes:
        gradient *= 1 + slope
    return gradient


def residual_gradient_solution(slopes):
    return math.prod(1 + slope for slope in slopes)


RESIDUAL_GRADIENT = Exercise(
    residual_gradient,
    residual_gradient_solution,
    residual_gradient_statement,
    stars=1,
    minutes=3,
    cases=lambda: [([0.5],), ([0.1, -0.2, 0.3],), ([0.0, 0.4, -0.7, 0.2, 0.1],)],
    hints=(
        "What is the derivative of x + f(x), if that of f is 0.5?",
        "Layer after layer the derivatives are multiplied: the chain rule.",
    ),
    mistakes=(
        Mistake(
            "no way round",
            math.prod,
            "That is a stack of f alone, and its gradient dies. The x in x + f(x) adds 1.",
        ),
        Mistake(
            "one way round for all",
            lambda slopes: 1 + math.prod(slopes),
            "Each layer has a way round of its own: a 1 in each factor.",
        ),
        Mistake(
            "added",
            lambda slopes: 1 + sum(slopes),
            "Close for small slopes; but the chain rule multiplies the layers.",
        ),
        Mistake(
            "the steepest layer alone",
            lambda slopes: 1 + max(slopes),
            "All layers take part, not only one of them.",
        ),
        Mistake(
            "a 1 for each layer, added",
            lambda slopes: sum(1 + slope for slope in slopes),
            "Each factor 1 + slope is right. Multiply them, do not add them.",
        ),
        Mistake(
            "the 1 alone",
            lambda slopes: 1.0,
            "The straight path gives 1. What goes through the layers comes on top.",
        ),
    ),
)

EXERCISES = (PRE_NORM, FEED_FORWARD, RESIDUAL_GRADIENT)
