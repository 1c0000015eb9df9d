"""Who may look at whom.

A mask is a boolean tensor that broadcasts to (batch, heads, query, key);
True means this query may attend to this key. Masks combine with `&`.

`F.scaled_dot_product_attention` means the same; `nn.MultiheadAttention` and
`nn.Transformer` mean the opposite and want `~mask`.
Source: Vaswani et al. 2017, section 3.2.3.
"""

import torch
from torch import Tensor

PAD = 0  # the token id that fills a short sentence up to the length of the longest


def padding_mask(tokens: Tensor, pad: int = PAD) -> Tensor:
    """Hide the padding keys from every query.

    tokens: (batch, key) token ids
    returns (batch, 1, 1, key): always four axes, so that it can never pass for (query, key)

    Raises ValueError when `tokens` is not (batch, key).
    """
    if tokens.dim() != 2:
        raise ValueError(
            f"tokens have shape {tuple(tokens.shape)}; padding_mask needs (batch, key). "
            f"For one sentence add the batch axis: tokens[None]."
        )
    return (tokens != pad)[:, None, None, :]


def causal_mask(length: int, device: torch.device | str | None = None) -> Tensor:
    """Hide the future: query i sees the keys 0 … i, itself included.

    returns (query, key), both `length` long
    """
    return torch.ones(length, length, dtype=torch.bool, device=device).tril()


def check_mask(mask: Tensor, scores_shape: tuple[int, ...]) -> None:
    """Refuse a mask that would hide something else than was meant.

    scores_shape: (batch, heads, query, key), or any shape that ends in (query, key)

    Raises ValueError for another dtype than bool and for a shape that does not broadcast.
    """
    if mask.dtype != torch.bool:
        raise ValueError(
            f"mask is {mask.dtype}; masks here are torch.bool with True = may attend. "
            f"Write mask.bool() for zeros and ones, ~mask if it came from nn.MultiheadAttention."
        )
    got, want = tuple(mask.shape), tuple(scores_shape)
    same_ends = zip(reversed(got), reversed(want), strict=False)
    fits = len(got) <= len(want) and all(ours in (1, theirs) for ours, theirs in same_ends)
    if not fits:
        raise ValueError(
            f"mask {got} does not broadcast to the scores {want}, which end in (query, key). "
            f"For padding use padding_mask(tokens), for the future causal_mask(length)."
        )
