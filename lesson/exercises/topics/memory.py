"""What the decoder may see of the encoder's answer."""

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake
from transformer_lib.masks import causal_mask, padding_mask

repair_memory_mask_statement = """
Somebody used the decoder's own mask for cross-attention. The symptom: an error when the two
sentences differ in length, and half-deaf translations when they do not. From both sentences
make the right one, (batch, 1, 1, source).
"""


def repair_memory_mask(source, target_in, pad):
    """The mask of cross-attention (batch, 1, 1, source): True for source words that are no pads."""
    mask = torch.zeros(len(source), 1, 1, source.size(1), dtype=torch.bool)
    for sentence, words in enumerate(source):
        for key, word in enumerate(words):
            mask[sentence, 0, 0, key] = word != pad
    return mask


def repair_memory_mask_solution(source, target_in, pad):
    return padding_mask(source, pad)  # the keys are English, and all of them exist


def repair_memory_mask_given(source, target_in, pad):
    """What the French may see of the English."""
    return padding_mask(target_in, pad) & causal_mask(target_in.size(1))


REPAIR_MEMORY_MASK = Exercise(
    repair_memory_mask,
    repair_memory_mask_solution,
    repair_memory_mask_statement,
    stars=3,
    minutes=8,
    cases=lambda: [
        (torch.tensor([[5, 8, 0], [7, 0, 0]]), torch.tensor([[3, 0], [4, 6]]), 0),
        (torch.tensor([[3, 9, 9], [4, 1, 0]]), torch.tensor([[0, 6, 2, 9, 9], [7, 5, 9, 9, 9]]), 9),
    ],
    given=repair_memory_mask_given,
    hints=(
        "In cross-attention the target asks. Who answers?",
        "A mask hides keys, and the keys are source words. All of them exist already.",
        "A padding mask of the source; nothing of the target, no triangle.",
    ),
    mistakes=(
        Mistake(
            "the target's pads",
            lambda source, target_in, pad: (target_in != pad)[:, None, None, :],
            "The target asks; the source answers. Hide the pads of the source.",
        ),
        Mistake(
            "inverted",
            lambda source, target_in, pad: (source == pad)[:, None, None, :],
            "True means: may attend. You show the pads and hide the words.",
        ),
        Mistake(
            "queries that are pads hidden too",
            lambda source, target_in, pad: (
                (source != pad)[:, None, None, :] & (target_in != pad)[:, None, :, None]
            ),
            "What pads ask nobody reads, so they need no mask. Hide keys only.",
        ),
        Mistake(
            "look-ahead over the source",
            lambda source, target_in, pad: (
                (source != pad)[:, None, None, :]
                & torch.ones(target_in.size(1), source.size(1), dtype=torch.bool).tril()
            ),
            "The source is there from the start: its later words are no secret.",
        ),
        Mistake(
            "nothing hidden",
            lambda source, target_in, pad: torch.ones(len(source), 1, 1, source.size(1)).bool(),
            "The pads of the source answer too now. Hide them.",
        ),
        Mistake(
            "axes missing",
            lambda source, target_in, pad: source != pad,
            "The values are right; heads and query have no axis yet: `[:, None, None, :]`.",
        ),
    ),
)

EXERCISES = (REPAIR_MEMORY_MASK,)
