"""The likeliest words that together are likely enough."""

import math

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake

top_p_statement = """
From `logits` (vocab_size) to chances: keep the fewest likeliest words that together reach `p`
and share the 1 among them in their proportions; every other word gets 0, and each stays in its
place. Logits whose chances are 0.2, 0.5, 0.3 give with `p` 0.6 the chances 0, 0.625, 0.375.
"""


def top_p(logits, p):
    """The fewest likeliest words that together reach p; the softmax over them, 0 elsewhere."""
    chances = logits.softmax(-1)
    order = sorted(range(len(logits)), key=lambda word: chances[word], reverse=True)
    kept, reached = [], 0.0
    while reached < p:
        kept.append(order[len(kept)])
        reached += chances[kept[-1]].item()
    result = torch.zeros_like(logits)
    for word in kept:
        result[word] = chances[word] / reached
    return result


def top_p_solution(logits, p):
    chances, order = logits.softmax(-1).sort(descending=True)
    kept = chances * (chances.cumsum(-1) - chances < p)  # what came before has not reached p
    return torch.zeros_like(logits).scatter(-1, order, kept / kept.sum())


def cut_where(keep):
    """A cut by another rule: keep(chances before this word, with it, p), in order of size."""

    def cut(logits, p):
        chances, order = logits.softmax(-1).sort(descending=True)
        with_it = chances.cumsum(-1)
        kept = keep(with_it - chances, with_it, p)
        kept[0] = True
        cut = chances * kept
        return torch.zeros_like(logits).scatter(-1, order, cut / cut.sum())

    return cut


TOP_P = Exercise(
    top_p,
    top_p_solution,
    top_p_statement,
    stars=3,
    minutes=8,
    cases=lambda: [
        (torch.tensor([0.1, 2.0, 1.0, -1.0, 1.5]), 0.7),
        (torch.tensor([-0.3, 1.2, 0.4, -1.1, 0.9, 0.1, -0.6]), 0.5),
        (torch.tensor([3.0, -1.0, 0.0]), 0.6),
    ],
    hints=(
        "Sort the chances, largest first, and add them up from the left: `cumsum`.",
        "A word stays while the words before it have not reached p; so the first always stays.",
        "Put the cut chances back in place with `scatter(-1, order, …)` and share out again.",
    ),
    mistakes=(
        Mistake(
            "one word too few",
            cut_where(lambda before, with_it, p: with_it < p),
            "The word that reaches p belongs to them; without it p is not reached.",
        ),
        Mistake(
            "one word too many",
            cut_where(lambda before, with_it, p: torch.cat([before[:1], before[:-1]]) < p),
            "You stop a word late: as soon as p is reached, no further word is kept.",
        ),
        Mistake(
            "not shared out again",
            lambda logits, p: logits.softmax(-1) * (top_p(logits, p) > 0),
            "The right words stay, but their chances no longer sum to 1.",
        ),
        Mistake(
            "every chance above p",
            lambda logits, p: (logits.softmax(-1) > p).float(),
            "p is what the words reach together, not each by itself.",
        ),
        Mistake(
            "every chance above 1 - p",
            lambda logits, p: logits.softmax(-1).where(logits.softmax(-1) > 1 - p, 0.0),
            "The chances are added up, largest first. No word has a limit of its own.",
        ),
        Mistake(
            "in the order of the vocabulary",
            lambda logits, p: (
                logits.where(logits.softmax(-1).cumsum(-1) - logits.softmax(-1) < p, -math.inf)
            ).softmax(-1),
            "Add up from the likeliest word on, not from word 0 on: sort first.",
        ),
        Mistake(
            "in order of size",
            lambda logits, p: top_p(logits, p).sort(descending=True).values,
            "The chances are right, but whose are they? Put each back in its place.",
        ),
    ),
)

EXERCISES = (TOP_P,)
