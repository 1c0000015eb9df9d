"""One vector for a sentence, and one score for each class."""

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw

mean_pool_statement = """
From `x` (batch, length, d_model) and `mask` (batch, 1, 1, length), True for words, to
(batch, d_model). The rows [1, 2] and [3, 4], followed by a pad of any content, give [2, 3].
Another way than above, if you like: write 0 into the pads, or let a product of matrices do it.
"""


def mean_pool(x, mask):
    """(batch, length, d_model), (batch, 1, 1, length) → (batch, d_model): the real words' mean."""
    pooled = torch.zeros(x.size(0), x.size(2))
    for sentence in range(len(x)):
        words = [x[sentence, i] for i in range(x.size(1)) if mask[sentence, 0, 0, i]]
        pooled[sentence] = sum(words) / len(words)
    return pooled


def mean_pool_solution(x, mask):
    shares = mask[:, 0].float() / mask[:, 0].sum(-1, keepdim=True)  # (batch, 1, length)
    return (shares @ x)[:, 0]


def padded(seed, words, length, d_model):
    """Sentences of these many words, filled up to `length`; the pads hold numbers as well."""
    mask = torch.arange(length) < torch.tensor(words)[:, None]
    return *draw(seed, (len(words), length, d_model)), mask[:, None, None, :]


MEAN_POOL = Exercise(
    mean_pool,
    mean_pool_solution,
    mean_pool_statement,
    stars=3,
    minutes=6,
    cases=lambda: [padded(0, [3, 1], 3, 2), padded(1, [2, 5, 4], 5, 7)],
    hints=(
        "Turn the mask into (batch, length, 1): `mask[:, 0, 0, :, None]`.",
        "Words times mask, added over the length: the pads add nothing.",
        "Divide by how many words each sentence has: the mask's own sum.",
    ),
    mistakes=(
        Mistake(
            "pads count too",
            lambda x, mask: x.mean(1),
            "The pads are averaged in: the same sentence changes with its neighbours' length.",
        ),
        Mistake(
            "divided by all places",
            lambda x, mask: (x * mask[:, 0, 0, :, None]).mean(1),
            "Pads add nothing now, but they still stand in the divisor.",
        ),
        Mistake(
            "the sum",
            lambda x, mask: (x * mask[:, 0, 0, :, None]).sum(1),
            "That is the sum: long sentences get large vectors. Divide by the number of words.",
        ),
        Mistake(
            "the first word",
            lambda x, mask: x[:, 0],
            "That is the other way, BERT's. Here all words take part.",
        ),
        Mistake(
            "mask inverted",
            lambda x, mask: (
                (x * ~mask[:, 0, 0, :, None]).sum(1) / (~mask[:, 0, 0]).sum(-1, keepdim=True)
            ),
            "You average the pads. True stands for real words.",
        ),
        Mistake(
            "one divisor for all",
            lambda x, mask: (x * mask[:, 0, 0, :, None]).sum(1) * len(x) / mask.sum(),
            "Each sentence is divided by its own number of words, not by the mean of them all.",
        ),
        Mistake(
            "the largest",
            lambda x, mask: x.masked_fill(~mask[:, 0, 0, :, None], -torch.inf).amax(1),
            "That is max pooling: the strongest word for each feature. A mean is asked for.",
        ),
    ),
)


classify_statement = """
From hidden states `x` (batch, length, d_model), `weight` (classes, d_model) and `bias` (classes)
to logits (batch, classes), read off the first token. No dropout, no softmax. With the numbers you
did by hand, a review whose first state is [2, 0, 1, 1] gets [−1, 3].
"""


def classify(x, weight, bias):
    """x (batch, length, d_model) → (batch, classes): a linear layer on the first token."""
    logits = torch.zeros(len(x), len(bias))
    for sentence in range(len(x)):
        for label in range(len(bias)):
            logits[sentence, label] = sum(x[sentence, 0] * weight[label]) + bias[label]
    return logits


def classify_solution(x, weight, bias):
    return x[:, 0] @ weight.T + bias


CLASSIFY = Exercise(
    classify,
    classify_solution,
    classify_statement,
    stars=2,
    minutes=4,
    cases=lambda: [draw(2, (2, 3, 5), (3, 5), (3,)), draw(3, (3, 7, 11), (2, 11), (2,))],
    hints=(
        "The first token of every sentence: `x[:, 0]`, (batch, d_model).",
        "weight is (classes, d_model), as nn.Linear stores it: it stands on its side.",
    ),
    mistakes=(
        Mistake(
            "the last token",
            lambda x, weight, bias: x[:, -1] @ weight.T + bias,
            "Behind short sentences the last token is a pad. The first one is always there.",
        ),
        Mistake(
            "the first sentence",
            lambda x, weight, bias: x[0] @ weight.T + bias,
            "`x[0]` is the first sentence, all of its words. `x[:, 0]` is each one's first word.",
        ),
        Mistake(
            "every token",
            lambda x, weight, bias: x @ weight.T + bias,
            "One answer for each word came out. A sentence gets one answer.",
        ),
        Mistake(
            "the mean",
            lambda x, weight, bias: x.mean(1) @ weight.T + bias,
            "That mixes all tokens. Here the first one speaks for the sentence.",
        ),
        Mistake(
            "bias forgotten", lambda x, weight, bias: x[:, 0] @ weight.T, "Add the bias at the end."
        ),
        Mistake(
            "softmax too early",
            lambda x, weight, bias: (x[:, 0] @ weight.T + bias).softmax(-1),
            "The loss takes the softmax itself: hand back the scores.",
        ),
        Mistake(
            "the winner",
            lambda x, weight, bias: (x[:, 0] @ weight.T + bias).argmax(-1),
            "That is the class chosen. The scores of all classes are asked for.",
        ),
    ),
)


head_shape_statement = """
Eight reviews of 41 tokens, $d_{model} = 64$, and one to five stars to be given. Which shape do
the logits have? Answer with a tuple.
"""


def head_shape():
    """8 reviews of 41 tokens, d_model 64, stars from 1 to 5: the classifier's logits."""
    return (8, 5)


head_shape_solution = (8, 5)  # a row for each review, a place for each number of stars


HEAD_SHAPE = Exercise(
    head_shape,
    head_shape_solution,
    head_shape_statement,
    stars=1,
    minutes=2,
    hints=(
        "One row for each review. How many answers are there to choose from?",
        "The words and the 64 features are gone.",
    ),
    mistakes=(
        Mistake("two classes", lambda: (8, 2), "Good or bad would be two; here are five stars."),
        Mistake("one number", lambda: (8, 1), "A star is a class like any other: five scores."),
        Mistake("every token", lambda: (8, 41, 5), "A review gets one answer, not 41."),
        Mistake("before the head", lambda: (8, 64), "The head turns d_model into classes."),
        Mistake("the chosen class", lambda: (8,), "Choosing comes later: a score per class."),
        Mistake("on its side", lambda: (5, 8), "Reviews are rows, classes are columns."),
    ),
)


bag_ceiling_statement = """
942 of 1100 reviews are twins. Suppose a bag of words judges all the others rightly. Which share of
the 1100 can it reach at best, whatever it learns?
"""


def bag_ceiling():
    """1100 reviews, 942 of them twins; the best share right for a model that knows no order."""
    return (942 / 2 + (1100 - 942)) / 1100


bag_ceiling_solution = (942 / 2 + 158) / 1100  # one of each two twins, and all the others


BAG_CEILING = Exercise(
    bag_ceiling,
    bag_ceiling_solution,
    bag_ceiling_statement,
    stars=2,
    minutes=3,
    hints=(
        "Of two twins one is judged rightly. How many is that of 942?",
        "Those without a twin can all be right. Add them, divide by all reviews.",
    ),
    mistakes=(
        Mistake("half of all", lambda: 0.5, "Only twins are lost by half; the others need not be."),
        Mistake("the twins alone", lambda: 471 / 1100, "The reviews without a twin count too."),
        Mistake("no twin right", lambda: 158 / 1100, "One of each two twins is right, by luck."),
        Mistake("share of twins", lambda: 942 / 1100, "That is the share of twins, not of hits."),
        Mistake("a count", lambda: 629, "That many are right; divide by how many there are."),
        Mistake(
            "in percent", lambda: 62900 / 1100, "That is in percent. A share lies between 0 and 1."
        ),
    ),
)

EXERCISES = (MEAN_POOL, CLASSIFY, HEAD_SHAPE, BAG_CEILING)
