"""What a decoder thinks and looks at, at every step of one translation."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lesson.widgets.attention_reading import Tokens, batch
from transformer_lib.cache import UncachedSession
from transformer_lib.decoding import steps
from transformer_lib.evaluation import evaluating
from transformer_lib.trace import record


class Steps(NamedTuple):
    """One translation; a step is what leads to one word of it."""

    words: list[int]  # ids, END included, START not
    logits: Tensor  # (step, target_vocab_size)
    weights: dict[str, Tensor]  # layer name → cross-attention (heads, step, source)


def decoder_steps(model: nn.Module, heard: Tokens, taken: Sequence[int], most: int) -> Steps:
    """Write the words taken, then the likeliest to the end, at most `most` in all.

    heard: the source; taken: ids of the first words, whatever the model thinks of them

    Raises ValueError when the model has no room for the sentence or keeps no cross-attention
    weights.
    """
    with evaluating(model), record(model) as trace:
        inputs = batch(heard, model)
        tokens = written_out(model, inputs, taken, most)
        # All steps at once: the causal mask keeps each from seeing the words after it.
        logits = model(inputs, tokens[:, :-1])[0].double().cpu()
    weights = zip(trace.find("cross"), trace.weights("cross"), strict=True)
    return Steps(tokens[0, 1:].tolist(), logits, {name: w[0].cpu() for name, w in weights})


def written_out(model: nn.Module, source: Tensor, taken: Sequence[int], most: int) -> Tensor:
    """(1, 1 + words) ids: START, the words taken, then the likeliest until END."""
    left = iter(taken)

    def choose(logits):
        return torch.tensor([next(left, logits.argmax().item())], device=logits.device)

    *_, last = steps(model, source, choose, min(most, model.config.max_len), UncachedSession)
    return last.tokens
