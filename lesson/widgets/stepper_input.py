"""What AttentionStepper can show: matrices that fit together, and the masks to choose from."""

import torch
from torch import Tensor

from transformer_lib.data import WorkedExample
from transformer_lib.masks import PAD, causal_mask, check_mask, padding_mask

MOST = 8  # words, and numbers of a word: more cells than that nobody reads one by one
MATRICES = ("x", "w_q", "w_k", "w_v")


def patterns(length: int, own: Tensor | None) -> dict[str, list[list[bool]]]:
    """The masks to choose from, each (query, key); the last one is the learner's own."""
    if own is None:
        own = torch.ones(length, length, dtype=torch.bool)
    check_mask(own, (1, 1, length, length))
    last_is_padding = torch.tensor([[PAD + 1] * (length - 1) + [PAD]])
    masks = {
        "causal": causal_mask(length),
        "padding": padding_mask(last_is_padding),
        "past only": causal_mask(length).tril(-1),
        "own": own,
    }
    return {name: mask.expand(1, 1, length, length)[0, 0].tolist() for name, mask in masks.items()}


def check_example(example: WorkedExample) -> None:
    """Refuse matrices that cannot be shown or multiplied."""
    for name in MATRICES:
        check_matrix(name, getattr(example, name))
    tokens, x, w_q, w_k, w_v = example
    if len(tokens) != len(x):
        raise ValueError(
            f"there are {len(tokens)} tokens, but x has {len(x)} rows; give x one row for "
            f"each token."
        )
    for name, matrix in zip(MATRICES[1:], (w_q, w_k, w_v)):
        if len(matrix) != x.size(1):
            raise ValueError(
                f"{name} has {len(matrix)} rows, but x has {x.size(1)} numbers a word; make "
                f"{name} of shape ({x.size(1)}, d_k)."
            )
    if w_q.size(1) != w_k.size(1):
        raise ValueError(
            f"w_q makes queries of {w_q.size(1)} numbers and w_k keys of {w_k.size(1)}; a dot "
            f"product needs as many of both: give w_q and w_k equal shapes."
        )


def check_matrix(name: str, matrix: Tensor) -> None:
    """Refuse what has not two axes of 1 to 8 places, and numbers that are none."""
    shape = tuple(matrix.shape)
    if len(shape) != 2 or not all(1 <= size <= MOST for size in shape):
        raise ValueError(
            f"{name} has shape {shape}; the stepper shows matrices from (1, 1) to "
            f"({MOST}, {MOST}): take one sentence of a few words and narrow vectors."
        )
    if not matrix.isfinite().all():
        raise ValueError(
            f"{name} holds {int((~matrix.isfinite()).sum())} numbers that are not finite; the "
            f"stepper adds and multiplies: replace nan and inf."
        )
