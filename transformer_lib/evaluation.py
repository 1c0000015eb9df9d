"""How good is it, and how to look without disturbing: a model that only answers."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from transformer_lib.masks import PAD


@contextmanager
def evaluating(model: nn.Module) -> Iterator[nn.Module]:
    """The model without dropout and gradients; each of its modules then goes on as it was."""
    training = {module: module.training for module in model.modules()}
    try:
        with torch.no_grad():
            yield model.eval()
    finally:
        for module, mode in training.items():
            module.training = mode


def exact_match(model: nn.Module, batches: Iterable[tuple[Tensor, ...]]) -> float:
    """The share of answers that are right in every place that is not padding.

    With teacher forcing, a sentence whose every likeliest word is right is the sentence that
    greedy decoding writes, so one forward pass scores it.
    Raises ValueError when there is no batch.
    """
    right = total = 0
    with evaluating(model):
        for batch in batches:
            *inputs, expected = to_device(batch, model)
            hit = model(*inputs).argmax(-1) == expected
            if expected.dim() > 1:
                hit = (hit | (expected == PAD)).all(-1)
            right, total = right + int(hit.sum()), total + len(expected)
    if not total:
        raise ValueError("there is no batch to evaluate; needed is at least 1, check the split.")
    return right / total


def to_device(batch: tuple[Tensor, ...], model: nn.Module) -> tuple[Tensor, ...]:
    """The batch where the model is."""
    device = next(model.parameters()).device
    return tuple(tensor.to(device, non_blocking=True) for tensor in batch)
