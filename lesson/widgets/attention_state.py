"""What was recorded, as lists that the page of an attention view reads."""

import torch

from lesson.widgets.view import MOST_CARRIED, as_lists
from transformer_lib.attention import dot_product_scores
from transformer_lib.parts import Part
from transformer_lib.trace import Recorded


def packed(parts: dict[str, Part]) -> dict[str, dict]:
    """The words of each part, and lists over its layers and heads.

    scores: None in hidden cells; plain: whether they are q kᵀ / √d_head; q, k: unless too many
    """
    layers = [seen for part in parts.values() for seen in part.layers]
    carry = sum(seen.q.numel() + seen.k.numel() for seen in layers) <= MOST_CARRIED
    return {
        name: words_and_scores(part) | (vectors(part) if carry else {})
        for name, part in parts.items()
    }


def words_and_scores(part: Part) -> dict[str, list]:
    """What every page needs."""
    hidden = [seen.scores[0].masked_fill(~seen.visible[0], torch.nan) for seen in part.layers]
    return {
        "queries": part.queries,
        "keys": part.keys,
        "scores": [as_lists(scores) for scores in hidden],
        "plain": [is_plain(seen) for seen in part.layers],
    }


def vectors(part: Part) -> dict[str, list]:
    """What the sums behind the cells need."""
    return {name: [as_lists(getattr(seen, name)[0]) for seen in part.layers] for name in "qk"}


def is_plain(seen: Recorded) -> bool:
    """Whether the scores are q kᵀ / √d_head and nothing else."""
    return torch.allclose(dot_product_scores(seen.q, seen.k), seen.scores, atol=1e-4)
