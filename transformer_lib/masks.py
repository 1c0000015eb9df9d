"""Who may look at whom.

A mask is a boolean tensor that broadcasts to (batch, heads, query, key);
True means this query may attend to this key. Masks combine with `&`.

`F.scaled_dot_product_attention` means the same; `nn.MultiheadAttention` and
`nn.Transformer` mean the opposite and want `~mask`.
Sources: Vaswani et al. 2017, section 3.2.3; Zaheer et al. 2020, "Big Bird", section 2.
"""

import math

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


def window_mask(length: int, width: int, device: torch.device | str | None = None) -> Tensor:
    """Show each query the `width` keys around it, itself in the middle.

    returns (query, key), both `length` long

    Raises ValueError for a width that has no middle.
    """
    check_width(width)
    place = torch.arange(length, device=device)
    return (place[:, None] - place).abs() <= width // 2


def check_width(width: int) -> None:
    """Refuse a window that has no middle."""
    if width < 1 or width % 2 == 0:
        raise ValueError(
            f"width={width} has no middle; a window holds a word and as many on its left as on "
            f"its right: choose an odd number such as {max(width, 0) // 2 * 2 + 1}."
        )


def bigbird_mask(
    length: int, block: int, n_random: int = 1, n_global: int = 1, seed: int = 0
) -> Tensor:
    """Window + global + random, in blocks of `block` tokens (Zaheer et al. 2020, "Big Bird").

    Each block sees what `bigbird_blocks` names; the first n_global see and are seen by all.
    returns (query, key), both `length` long

    Raises ValueError for blocks of less than 1 token.
    """
    check_block(block)
    n_blocks = math.ceil(length / block)
    seen = bigbird_blocks(n_blocks, n_random, n_global, seed)
    pattern = (seen[:, :, None] == torch.arange(n_blocks)).any(1)  # (query block, key block)
    pattern[:n_global] = True
    return pattern.repeat_interleave(block, 0).repeat_interleave(block, 1)[:length, :length]


def bigbird_blocks(n_blocks: int, n_random: int, n_global: int, seed: int) -> Tensor:
    """Which blocks of keys each block of queries sees: the first n_global, its neighbours on both
    sides and itself, and n_random drawn ones (those it sees anyway add nothing).

    returns (n_blocks, n_global + 3 + n_random) block numbers without repeats; −1 fills the gaps
    """
    dice = torch.Generator().manual_seed(seed)
    drawn = torch.randint(n_blocks, (n_blocks, n_random), generator=dice)
    near = torch.arange(n_blocks)[:, None] + torch.tensor([-1, 0, 1])
    fixed = torch.arange(n_global).expand(n_blocks, n_global)
    seen = torch.cat([fixed, near, drawn], 1).sort(1).values
    seen[:, 1:][seen[:, 1:] == seen[:, :-1]] = -1
    return seen.masked_fill(seen >= n_blocks, -1)


def check_block(block: int) -> None:
    """Refuse blocks without tokens."""
    if block < 1:
        raise ValueError(f"block={block} tokens; choose blocks of at least 1, 8 or 64 say.")
