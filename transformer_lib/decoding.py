"""From scores for the next word to a sentence: greedy, sampling and beam search.

Everything here asks a session of cache.py for the scores of the next word: one that keeps keys and
values where the model is a `Transformer`, one that reads everything again for any other model.
Sources: Holtzman et al. 2020 (top-p), Wu et al. 2016 (length penalty of beam search).
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from transformer_lib.cache import MakeSession, open_session
from transformer_lib.masks import PAD
from transformer_lib.vocabulary import END, START


class Step(NamedTuple):
    """The words so far and what the model thinks comes next."""

    tokens: Tensor  # (batch, so far) ids, START first
    logits: Tensor  # (batch, target_vocab_size)


def steps(
    model: nn.Module,
    source: Tensor,
    choose: Callable[[Tensor], Tensor],
    max_len: int | None = None,
    session: MakeSession | None = None,
) -> Iterator[Step]:
    """Write word by word, with a look at each `Step` before its word is chosen.

    source: (batch, source) ids
    choose: logits (batch, target_vocab_size) → ids (batch)
    max_len: most words to write, END included; the model's own limit when left out

    The last step holds the finished sentences; ended ones are filled up with PAD.
    Raises ValueError when the model has no room for max_len words.
    """
    max_len = checked_length(model, max_len)
    scores = open_session(model, source, session)
    tokens = torch.full((len(source), 1), START, device=source.device)
    ended = torch.zeros(len(source), dtype=torch.bool, device=source.device)
    for _ in range(max_len):
        logits = scores.logits(tokens)
        yield Step(tokens, logits)
        word = choose(logits).masked_fill(ended, PAD)
        tokens = torch.cat([tokens, word[:, None]], dim=1)
        ended |= word == END
        if ended.all():
            break
    yield Step(tokens, logits)


def checked_length(model: nn.Module, max_len: int | None) -> int:
    """How many words may be written.

    Raises ValueError when the model has no room for max_len words, or neither names a number.
    """
    room = getattr(getattr(model, "config", None), "max_len", max_len)
    if room is None:
        raise ValueError(
            f"{type(model).__name__} has no config.max_len that says how long its sentences may "
            f"get; needed is a limit: max_len=20, say."
        )
    if max_len is not None and not 1 <= max_len <= room:
        raise ValueError(
            f"max_len={max_len} words were asked for, but this model has places for 1 to {room}; "
            f"ask for fewer or build it with a larger Config.max_len."
        )
    return max_len or room


@torch.inference_mode()
def greedy(
    model: nn.Module,
    source: Tensor,
    max_len: int | None = None,
    session: MakeSession | None = None,
) -> Tensor:
    """Always the likeliest word.

    source: (batch, source) ids → (batch, written) ids, END and then PAD at the end
    """
    *_, last = steps(model, source, lambda logits: logits.argmax(-1), max_len, session)
    return last.tokens[:, 1:]


class FilteredLogits(NamedTuple):
    """The way from logits to the probabilities that a word is drawn from, stage by stage."""

    logits: Tensor  # (batch, target_vocab_size) as the model gave them
    scaled: Tensor  # divided by the temperature
    kept: Tensor  # bool: survived top-k and top-p
    probabilities: Tensor  # sum to 1 over what was kept, 0 elsewhere


def filter_logits(
    logits: Tensor, temperature: float = 1.0, top_k: int | None = None, top_p: float = 1.0
) -> FilteredLogits:
    """Temperature, then the top_k likeliest words, then the fewest that together reach top_p.

    logits: (batch, target_vocab_size)

    Raises ValueError for a temperature of 0 or below, a top_k below 1, a top_p outside 0 … 1.
    """
    if temperature <= 0 or not 0 < top_p <= 1 or (top_k is not None and top_k < 1):
        raise ValueError(
            f"got temperature={temperature}, top_k={top_k}, top_p={top_p}; needed are a "
            f"temperature above 0, a top_k of at least 1 and a top_p above 0 up to 1. "
            f"For the likeliest word alone use greedy or top_k=1."
        )
    scaled = logits / temperature
    ordered, order = scaled.sort(-1, descending=True)
    likely = ordered.softmax(-1)
    before = likely.cumsum(-1) - likely  # what the likelier words reach together
    kept = (before < top_p) | (top_p == 1)  # rounding must not cut anything off the whole
    if top_k is not None:
        kept[..., top_k:] = False
    kept = torch.zeros_like(kept).scatter(-1, order, kept)
    return FilteredLogits(logits, scaled, kept, scaled.masked_fill(~kept, -math.inf).softmax(-1))


@torch.inference_mode()
def sample(
    model: nn.Module,
    source: Tensor,
    max_len: int | None = None,
    generator: torch.Generator | None = None,
    session: MakeSession | None = None,
    **how: Any,
) -> Tensor:
    """Words drawn by chance; `how` goes to `filter_logits`: temperature, top_k, top_p.

    source: (batch, source) ids → (batch, written) ids, END and then PAD at the end
    """

    def draw(logits):
        chances = filter_logits(logits, **how).probabilities
        return torch.multinomial(chances, 1, generator=generator)[:, 0]

    *_, last = steps(model, source, draw, max_len, session)
    return last.tokens[:, 1:]


@torch.inference_mode()
def beam(
    model: nn.Module,
    source: Tensor,
    width: int = 4,
    length_penalty: float = 0.6,
    max_len: int | None = None,
    session: MakeSession | None = None,
) -> Tensor:
    """The best of `width` sentences that grow side by side.

    Sentences are compared by log-probability / ((5 + words) / 6) ** length_penalty.
    source: (batch, source) ids → (batch, written) ids, END and then PAD at the end

    Raises ValueError for a width below 1.
    """
    if width < 1:
        raise ValueError(f"width={width}; a beam holds at least 1 sentence. For one use greedy.")
    max_len = checked_length(model, max_len)
    batch, device = len(source), source.device
    scores = open_session(model, source, session)
    scores.select(torch.arange(batch, device=device).repeat_interleave(width))
    tokens = torch.full((batch * width, 1), START, device=device)
    total = torch.full((batch, width), -math.inf, device=device)
    total[:, 0] = 0.0  # all beams are equal at first: only one may branch out
    while tokens.size(1) <= max_len:
        parents, words, total = expand_beams(scores.logits(tokens), tokens[:, -1], total)
        tokens = torch.cat([tokens[parents], words[:, None]], dim=1)
        scores.reorder(parents)  # parent and child have the same source
        if ((words == END) | (words == PAD)).all():
            break
    written = tokens[:, 1:].unflatten(0, (batch, width))
    lengths = (written != PAD).sum(-1)
    best = (total / ((5 + lengths) / 6) ** length_penalty).argmax(-1)
    return written[torch.arange(batch, device=device), best]


def expand_beams(logits: Tensor, last: Tensor, total: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The `width` best continuations of each sentence's beams.

    logits: (batch · width, target_vocab_size); last: (batch · width) ids
    total: (batch, width) log-probabilities so far
    returns the rows to go on with, their new words, both (batch · width), and the new totals
    """
    batch, width = total.shape
    chances = logits.log_softmax(-1)
    ended = (last == END) | (last == PAD)
    chances.masked_fill_(ended[:, None], -math.inf)
    chances[:, PAD].masked_fill_(ended, 0.0)  # an ended sentence goes on with PAD, at no cost
    grown = (total.flatten()[:, None] + chances).unflatten(0, (batch, width)).flatten(1)
    total, choice = grown.topk(width, dim=-1)
    parent, word = choice // logits.size(-1), choice % logits.size(-1)
    offset = torch.arange(batch, device=logits.device)[:, None] * width
    return (parent + offset).flatten(), word.flatten(), total
