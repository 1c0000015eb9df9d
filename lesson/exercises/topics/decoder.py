"""A decoder's masks: no padding and no future, together."""

import itertools

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw
from transformer_lib.attention import masked_softmax
from transformer_lib.masks import causal_mask, padding_mask

decoder_mask_statement = """
From `tokens` (batch, target) make a decoder's mask (batch, 1, target, target): True where the key
is no pad and does not come after the query. With `pad` 0, the tokens `[[5, 7, 0]]` give three rows,
T for True: T F F, T T F, T T F.
"""


def decoder_mask(tokens, pad):
    """True where the key is a real token and does not come after the query."""
    batch, target = tokens.shape
    mask = torch.zeros(batch, 1, target, target, dtype=torch.bool)
    for sentence, query, key in itertools.product(*map(range, (batch, target, target))):
        mask[sentence, 0, query, key] = tokens[sentence, key] != pad and key <= query
    return mask


def decoder_mask_solution(tokens, pad):
    length = tokens.size(1)
    no_future = torch.ones(length, length, dtype=torch.bool).tril()
    return (tokens != pad)[:, None, None, :] & no_future


def combined(combine):
    """A wrong answer: the two right masks, combined in another way."""
    return lambda tokens, pad: combine(padding_mask(tokens, pad), causal_mask(tokens.size(1)))


DECODER_MASK = Exercise(
    decoder_mask,
    decoder_mask_solution,
    decoder_mask_statement,
    stars=2,
    minutes=5,
    cases=lambda: [
        (torch.tensor([[5, 8, 0], [7, 0, 0]]), 0),
        (torch.tensor([[3, 0, 6, 2, 9], [4, 1, 0, 9, 9], [7, 9, 9, 9, 9]]), 9),
    ],
    hints=(
        "You have both halves: a padding mask (batch, 1, 1, key) and a causal mask (query, key).",
        "A key must pass both. Which operator says so?",
        "`&` broadcasts the two to (batch, 1, query, key).",
    ),
    mistakes=(
        Mistake(
            "or instead of and",
            combined(lambda real, past: real | past),
            "With `|` one of the two is enough. A key must be real and not in the future.",
        ),
        Mistake(
            "padding only",
            combined(lambda real, past: real),
            "The pads are hidden, the future is not: combine with the causal mask.",
        ),
        Mistake(
            "future only",
            combined(lambda real, past: past),
            "The future is hidden, the pads are not: combine with the padding mask.",
        ),
        Mistake(
            "queries instead of keys",
            combined(lambda real, past: real.mT & past),
            "You silence the pads as queries. Hide them as keys: their axis is the last one.",
        ),
        Mistake(
            "the triangle of the future",
            combined(lambda real, past: real & past.mT),
            "Each word sees itself and what comes after it. Turn the triangle round: `tril`.",
        ),
        Mistake(
            "a word does not see itself",
            combined(lambda real, past: real & past.tril(-1)),
            "`key < query` hides the diagonal. A word may look at itself: `key <= query`.",
        ),
        Mistake(
            "inverted",
            combined(lambda real, past: ~(real & past)),
            "You marked what must be hidden. Here True means: may attend.",
        ),
        Mistake(
            "pads shown, words hidden",
            combined(lambda real, past: ~real & past),
            "The triangle is right, the padding half is inverted: True for a real word.",
        ),
    ),
)


repair_mask_statement = """
A decoder's weights (batch, heads, target, target) from its scores and its tokens
(batch, target), and one `~` too many. The symptom: all weight of a sentence goes to its pads, and
a sentence without pads gives zeros. Find it.
"""


def repair_mask(scores, tokens, pad):
    """A decoder's weights: no query looks at a pad or at a later word."""
    return masked_softmax(scores, decoder_mask(tokens, pad))


def repair_mask_solution(scores, tokens, pad):
    mask = padding_mask(tokens, pad) & causal_mask(tokens.size(1))  # the ~ is gone
    return masked_softmax(scores, mask)


def repair_mask_given(scores, tokens, pad):
    mask = ~padding_mask(tokens, pad) & causal_mask(tokens.size(1))
    return masked_softmax(scores, mask)


def weighted_with(combine):
    """The weights under the two right masks, combined in another way."""
    mask = combined(combine)
    return lambda scores, tokens, pad: masked_softmax(scores, mask(tokens, pad))


REPAIR_MASK = Exercise(
    repair_mask,
    repair_mask_solution,
    repair_mask_statement,
    stars=3,
    minutes=8,
    cases=lambda: [
        (*draw(3, (1, 2, 3, 3)), torch.tensor([[5, 8, 0]]), 0),
        (*draw(4, (2, 3, 5, 5)), torch.tensor([[0, 7, 2, 9, 9], [4, 0, 3, 1, 6]]), 9),
    ],
    given=repair_mask_given,
    hints=(
        "Where does all the weight go, and who gets none? Print the weights of one head.",
        "Print both masks for one short sentence. True must stand where a query may look.",
        "One of the two says what to hide instead of what to show; `&` and the other are right.",
    ),
    mistakes=(
        Mistake(
            "the whole mask inverted",
            weighted_with(lambda real, past: ~(~real & past)),
            "Real words are back, but so is the future. Only one of the two masks was inverted.",
        ),
        Mistake(
            "the other mask inverted too",
            weighted_with(lambda real, past: ~real & ~past),
            "The causal mask was right. Now nobody sees the past.",
        ),
        Mistake(
            "the other mask inverted instead",
            weighted_with(lambda real, past: real & ~past),
            "The pads are hidden now, but every query looks ahead: the causal mask was right.",
        ),
        Mistake(
            "or instead of and",
            weighted_with(lambda real, past: real | past),
            "A key must be real and not in the future. With `|` one of the two is enough.",
        ),
        Mistake(
            "padding mask dropped",
            weighted_with(lambda real, past: past),
            "Nobody sees the future, but pads get weight. Repair the padding mask, keep it.",
        ),
        Mistake(
            "causal mask dropped",
            weighted_with(lambda real, past: real),
            "No pads any more, but queries see the future. The causal mask has to stay.",
        ),
    ),
)

EXERCISES = (DECODER_MASK, REPAIR_MASK)
