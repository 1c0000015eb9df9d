"""What fills a short sentence up, and how to hide it."""

import itertools

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake

n_pads_statement = """
How many pads does a sentence of 9 tokens need to be 41 long?
"""


def n_pads():
    """A sentence of 9 tokens fills 9 of 41 places. How many are padding?"""
    places, tokens = 41, 9
    return places - tokens


n_pads_solution = 41 - 9  # every place holds a token or a pad


N_PADS = Exercise(
    n_pads,
    n_pads_solution,
    n_pads_statement,
    stars=1,
    minutes=1,
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


padding_mask_statement = """
From `tokens` (batch, key) make a mask (batch, 1, 1, key) that hides the pads from every query.
With `pad` 0, the tokens `[[5, 6, 0]]` give `[[[[True, True, False]]]]`.
"""


def padding_mask(tokens, pad):
    """True for every key that is a real token; the same for every head and query."""
    batch, keys = tokens.shape
    mask = torch.zeros(batch, 1, 1, keys, dtype=torch.bool)
    for sentence, key in itertools.product(range(batch), range(keys)):
        mask[sentence, 0, 0, key] = tokens[sentence, key] != pad
    return mask


def padding_mask_solution(tokens, pad):
    return (tokens != pad)[:, None, None, :]


def padded_sentences():
    """Two short sentences; then some where the pad is 9 and 0 is a word like any other."""
    return [
        (torch.tensor([[5, 8, 0], [7, 0, 0]]), 0),
        (torch.tensor([[3, 0, 6, 2, 9], [4, 1, 0, 9, 9], [7, 9, 9, 9, 9]]), 9),
    ]


PADDING_MASK = Exercise(
    padding_mask,
    padding_mask_solution,
    padding_mask_statement,
    stars=2,
    minutes=4,
    cases=padded_sentences,
    hints=(
        "A comparison of the whole tensor with one number gives the True and False at once.",
        "True means: may attend. Which tokens may be attended to, the pads or the others?",
        "(batch, key) becomes (batch, 1, 1, key) with `[:, None, None, :]`.",
    ),
    mistakes=(
        Mistake(
            "inverted",
            lambda tokens, pad: (tokens == pad)[:, None, None, :],
            "True means: may attend. You show the pads and hide the words.",
        ),
        Mistake(
            "axes missing",
            lambda tokens, pad: tokens != pad,
            "The values are right; heads and query have no axis yet: `[:, None, None, :]`.",
        ),
        Mistake(
            "one axis missing",
            lambda tokens, pad: (tokens != pad)[:, None, :],
            "One axis for heads and one for query: two times `None` between batch and key.",
        ),
        Mistake(
            "queries instead of keys",
            lambda tokens, pad: (tokens != pad)[:, None, :, None],
            "You silence the pads as queries. Hide them as keys: their axis is the last one.",
        ),
        Mistake(
            "numbers instead of truth values",
            lambda tokens, pad: (tokens != pad)[:, None, None, :].float(),
            "A mask is a bool tensor; the comparison gives one, leave it so.",
        ),
        Mistake(
            "pad always 0",
            lambda tokens, pad: (tokens != 0)[:, None, None, :],
            "Right as long as the pad is 0. Compare with the argument `pad`.",
        ),
    ),
)


convert_for_torch_statement = """
`nn.MultiheadAttention` wants a `key_padding_mask` (batch, key) in which True = blocked. Make it
from our padding mask (batch, 1, 1, key): `[[[[True, True, False]]]]` becomes
`[[False, False, True]]`.
"""


def convert_for_torch(mask):
    """The same mask as nn.MultiheadAttention wants it: True = hidden, axes (batch, key)."""
    batch, _, _, keys = mask.shape
    hidden = torch.zeros(batch, keys, dtype=torch.bool)
    for sentence, key in itertools.product(range(batch), range(keys)):
        hidden[sentence, key] = not mask[sentence, 0, 0, key]
    return hidden


def convert_for_torch_solution(mask):
    return ~mask[:, 0, 0]  # the other meaning, without the axes of heads and queries


def finished_masks():
    """Padding masks for one sentence, two and five."""
    lengths = [([1], 2), ([2, 3], 3), ([4, 7, 1, 6, 2], 7)]
    return [
        ((torch.arange(keys) < torch.tensor(words)[:, None])[:, None, None, :],)
        for words, keys in lengths
    ]


CONVERT_FOR_TORCH = Exercise(
    convert_for_torch,
    convert_for_torch_solution,
    convert_for_torch_statement,
    stars=2,
    minutes=4,
    cases=finished_masks,
    hints=(
        "Two things differ: what True means, and how many axes there are.",
        "`~mask` turns True and False round.",
        "Take the two axes of length 1 away with `mask[:, 0, 0, :]`.",
    ),
    mistakes=(
        Mistake(
            "meaning kept",
            lambda mask: mask[:, 0, 0],
            "The axes are right; for nn.MultiheadAttention True means: hidden. Turn it round.",
        ),
        Mistake(
            "axes kept",
            lambda mask: ~mask,
            "The meaning is right; key_padding_mask has two axes, (batch, key).",
        ),
        Mistake(
            "one axis too many",
            lambda mask: ~mask[:, 0],
            "Heads are gone, the query axis is still there: `[:, 0, 0]`.",
        ),
        Mistake(
            "squeezed too far",
            lambda mask: ~mask.squeeze(),
            "`squeeze()` takes every axis of length 1, a batch of one sentence too: `[:, 0, 0]`.",
        ),
        Mistake(
            "the first sentence only",
            lambda mask: ~mask[0, 0],
            "`[0, 0]` takes the first sentence and leaves the others out: `[:, 0, 0]`.",
        ),
        Mistake(
            "numbers instead of truth values",
            lambda mask: torch.zeros(mask.shape).masked_fill(~mask, -torch.inf)[:, 0, 0],
            "These are numbers to add to the scores. Here True and False are asked for: `~mask`.",
        ),
    ),
)

EXERCISES = (N_PADS, PADDING_MASK, CONVERT_FOR_TORCH)
