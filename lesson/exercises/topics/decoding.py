"""From logits to the chances of the next word."""

import math

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw

soften_statement = """
From `logits` (vocab_size) to the chances of the next word at a `temperature`: below 1 sharper,
above 1 flatter, at 1 the softmax. The logits [2, 0] at temperature 2 give [0.731, 0.269].
"""


def soften(logits, temperature):
    """(vocab_size) chances, which sum to 1

    The softmax of logits / temperature: below 1 sharper, above 1 flatter.
    """
    exps = [math.exp(logit / temperature) for logit in logits.tolist()]
    return torch.tensor([each / sum(exps) for each in exps])


def soften_solution(logits, temperature):
    return (logits / temperature).softmax(-1)


def tempered():
    """Five logits and seven, a temperature below 1 and one above."""
    return [(*draw(0, (5,)), 0.5), (*draw(1, (7,)), 2.0)]


SOFTEN = Exercise(
    soften,
    soften_solution,
    soften_statement,
    stars=1,
    minutes=3,
    cases=tempered,
    hints=(
        "A low temperature makes differences larger: divide by it.",
        "Divide the logits, then take the softmax.",
    ),
    mistakes=(
        Mistake(
            "multiplied",
            lambda logits, temperature: (logits * temperature).softmax(-1),
            "A high temperature became sharp and a low one flat: divide by it.",
        ),
        Mistake(
            "temperature ignored",
            lambda logits, temperature: logits.softmax(-1),
            "That is temperature 1, whatever is asked for.",
        ),
        Mistake(
            "divided after the softmax",
            lambda logits, temperature: logits.softmax(-1) / temperature,
            "The chances no longer sum to 1. Divide the logits, then take the softmax.",
        ),
        Mistake(
            "no softmax",
            lambda logits, temperature: logits / temperature,
            "These are the new logits. Chances need the softmax.",
        ),
        Mistake(
            "the root of it",
            lambda logits, temperature: (logits / math.sqrt(temperature)).softmax(-1),
            "The temperature itself divides, not its root.",
        ),
        Mistake(
            "argmax",
            lambda logits, temperature: (logits == logits.max()).float(),
            "The winner takes all: that is greedy decoding, temperature 0.",
        ),
    ),
)


top_k_statement = """
From `logits` (vocab_size) to chances: the `k` largest logits share the 1 by their softmax, every
other word gets 0, and each stays in its place. No two logits are equal. The logits
[1, 2, 0, 1.5] with `k` 2 give [0, 0.622, 0, 0.378].
"""


def top_k(logits, k):
    """(vocab_size) chances: the softmax over the k largest logits, 0 for every other word."""
    kept = sorted(range(len(logits)), key=lambda word: logits[word], reverse=True)[:k]
    chances = torch.zeros_like(logits)
    for word in kept:
        chances[word] = math.exp(logits[word]) / sum(math.exp(logits[other]) for other in kept)
    return chances


def top_k_solution(logits, k):
    smallest = logits.topk(k).values[-1]
    return logits.masked_fill(logits < smallest, -math.inf).softmax(-1)


def largest(logits, k):
    """True at the k largest logits."""
    return logits >= logits.topk(k).values[-1]


TOP_K = Exercise(
    top_k,
    top_k_solution,
    top_k_statement,
    stars=2,
    minutes=5,
    cases=lambda: [
        (torch.tensor([0.5, -1.0, 1.5, 0.2, 1.0]), 2),
        (torch.tensor([-0.3, 1.2, 0.4, -1.1, 0.9, 0.1, -0.6]), 3),
    ],
    hints=(
        "`logits.topk(k).values[-1]` is the smallest logit that stays.",
        "What is smaller becomes -inf; then the softmax shares the 1 among the rest.",
    ),
    mistakes=(
        Mistake(
            "not shared out again",
            lambda logits, k: logits.softmax(-1) * largest(logits, k),
            "The right words stay, but their chances no longer sum to 1.",
        ),
        Mistake(
            "zeros for -inf",
            lambda logits, k: (logits * largest(logits, k)).softmax(-1),
            "A logit of 0 is a middling one, and e^0 is 1. Cut off with -inf.",
        ),
        Mistake(
            "the smallest stay",
            lambda logits, k: logits.where(largest(-logits, k), -math.inf).softmax(-1),
            "You keep the unlikeliest words.",
        ),
        Mistake(
            "one more",
            lambda logits, k: top_k(logits, k + 1),
            "One word too many stays: with k = 2 there are two.",
        ),
        Mistake(
            "the first k",
            lambda logits, k: logits.where(torch.arange(len(logits)) < k, -math.inf).softmax(-1),
            "You keep the first k words of the vocabulary, not the k likeliest.",
        ),
        Mistake(
            "in order of size",
            lambda logits, k: logits.topk(k).values.softmax(-1),
            "The chances are right, but whose are they? Every word keeps its place.",
        ),
        Mistake(
            "all equal",
            lambda logits, k: largest(logits, k) / k,
            "The k words are not equally likely: the softmax of their logits.",
        ),
    ),
)


EXERCISES = (SOFTEN, TOP_K)
