"""Cheaper attention behind the same door: (q, k, v, mask) → Attended.

    replace(config, attention=lambda: Linformer(max_len=64, n_slots=8))
    replace(config, attention=lambda: BigBirdAttention(block=8))

The explicit `Attention` costs query · key numbers of time and memory. `FusedAttention` saves the
memory, Linformer and BigBird the time too, for a sentence that looks at itself in both directions.
Sources: Wang et al. 2020 (Linformer, section 4), Zaheer et al. 2020 (BigBird, section 2 and
appendix D).
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib.attention import Attended, Attention, FusedAttention
from transformer_lib.masks import bigbird_blocks, check_block, check_mask


class Masked(nn.Module):
    """Any attention, with a pattern added to its mask.

    pattern: length → bool (query, key), for instance `lambda length: window_mask(length, 5)`.
    When there are fewer queries than keys (a cache), the queries are the last ones.

    Raises ValueError when the mask is not bool or does not fit.
    """

    def __init__(self, attention: nn.Module, pattern: Callable[[int], Tensor]):
        super().__init__()
        self.inner = attention
        self.pattern = pattern

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Attended:
        """q: (batch, heads, query, d_head); k, v: (batch, heads, key, d_head)."""
        pattern = self.pattern(k.size(-2))[-q.size(-2) :].to(q.device)
        if mask is not None:
            check_mask(mask, (*q.shape[:-1], k.size(-2)))
            pattern = pattern & mask
        return self.inner(q, k, v, pattern)


class Linformer(nn.Module):
    """softmax(q (E k)ᵀ / √d_head) (F v): n_slots learned mixtures stand for all the keys.

    max_len: longest sentence; n_slots: how many mixtures, the same for every head
    The mixtures hold past and future alike, so it cannot be causal. Weights are per slot.

    Raises ValueError without slots, past max_len and for a mask that differs between queries.
    """

    def __init__(self, max_len: int, n_slots: int, dropout: float = 0.0):
        super().__init__()
        if not 1 <= n_slots <= max_len:
            raise ValueError(
                f"n_slots={n_slots} and max_len={max_len}; Linformer squeezes max_len keys into "
                f"fewer slots: choose n_slots from 1 to {max_len}."
            )
        self.mix_k = nn.Parameter(torch.randn(n_slots, max_len) * max_len**-0.5)  # E
        self.mix_v = nn.Parameter(torch.randn(n_slots, max_len) * max_len**-0.5)  # F
        self.inner = Attention(dropout=dropout)

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Attended:
        """q: (batch, heads, query, d_head); k, v: (batch, heads, key, d_head)
        returns weights and scores as (batch, heads, query, slot)
        """
        hidden = ~visible_keys(q, k, mask)[..., None]  # (batch, heads, key, 1)
        k = mix(self.mix_k, k.masked_fill(hidden, 0.0))  # (batch, heads, slot, d_head)
        v = mix(self.mix_v, v.masked_fill(hidden, 0.0))
        return self.inner(q, k, v)


def mix(weights: Tensor, x: Tensor) -> Tensor:
    """weights: (slot, max_len); x: (batch, heads, key, d_head) → (batch, heads, slot, d_head)

    Raises ValueError when there are more keys than max_len.
    """
    length, max_len = x.size(-2), weights.size(-1)
    if length > max_len:
        raise ValueError(
            f"{length} keys came, but Linformer was made for max_len={max_len}; make it with a "
            f"larger max_len or shorten the input."
        )
    return weights[:, :length] @ x


class BigBirdAttention(nn.Module):
    """What full attention gives under `bigbird_mask`, at a cost in proportion to the length.

    Each block of queries fetches the blocks of keys that it sees; the first n_global blocks of
    queries see all. Weights are never put together: they would have query · key numbers again.

    Raises ValueError for blocks without tokens, a mask that differs between queries, and queries
    that are not as many as the keys.
    """

    def __init__(
        self,
        block: int,
        n_random: int = 1,
        n_global: int = 1,
        seed: int = 0,
        dropout: float = 0.0,
    ):
        super().__init__()
        check_block(block)
        self.block, self.n_random, self.n_global, self.seed = block, n_random, n_global, seed
        self.inner = FusedAttention(dropout)

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Attended:
        """q, k, v: (batch, heads, length, d_head); mask: one row of keys for all queries."""
        check_same_length(q, k)
        length, top = q.size(-2), self.n_global * self.block
        visible = visible_keys(q, k, mask)  # (batch, heads, key)
        everywhere = self.inner(q[:, :, :top], k, v, visible[:, :, None]).output
        in_blocks = self.attend_blocks(q, k, v, visible)[:, :, top:length]
        return Attended(torch.cat([everywhere, in_blocks], dim=2), None, None)

    def attend_blocks(self, q: Tensor, k: Tensor, v: Tensor, visible: Tensor) -> Tensor:
        """q, k, v: (batch, heads, length, d_head) → the same shape, filled up to whole blocks"""
        tensors = q, k, v, visible[..., None]
        q, k, v, visible = (cut_blocks(tensor, self.block) for tensor in tensors)
        seen = bigbird_blocks(q.size(2), self.n_random, self.n_global, self.seed).to(q.device)
        visible = visible[:, :, seen] & (seen >= 0)[..., None, None]
        k, v, visible = (x.flatten(3, 4) for x in (k[:, :, seen], v[:, :, seen], visible))
        inputs = q, k, v, visible.mT  # (batch, heads, block number, …): a block is one more head
        output = self.inner(*(x.flatten(1, 2) for x in inputs)).output
        return output.reshape_as(q).flatten(2, 3)


def cut_blocks(x: Tensor, block: int) -> Tensor:
    """(batch, heads, length, …) → (batch, heads, block number, place in the block, …), the last
    block filled up with zeros
    """
    extra = -x.size(2) % block
    return F.pad(x, (0, 0, 0, extra)).unflatten(2, (-1, block))


def check_same_length(q: Tensor, k: Tensor) -> None:
    """Refuse to cut a sentence into blocks that another sentence looks at."""
    if q.size(-2) != k.size(-2):
        raise ValueError(
            f"{q.size(-2)} queries ask {k.size(-2)} keys, but BigBirdAttention is for a sentence "
            f"that looks at itself; needed are as many queries as keys. Else use Attention()."
        )


def visible_keys(q: Tensor, k: Tensor, mask: Tensor | None) -> Tensor:
    """The mask as one row of keys for all queries.

    returns (batch, heads, key) bool

    Raises ValueError when the mask does not fit or differs between queries.
    """
    if mask is None:
        return torch.ones(k.shape[:-1], dtype=torch.bool, device=k.device)
    check_mask(mask, (*q.shape[:-1], k.size(-2)))
    mask = mask[(None,) * (4 - mask.dim())]  # always four axes
    if mask.size(-2) > 1 and not torch.equal(mask, mask[..., :1, :].expand_as(mask)):
        raise ValueError(
            f"mask {tuple(mask.shape)} shows different keys to different queries, but Linformer "
            f"and BigBirdAttention need one row of keys for all, as padding_mask(tokens) gives. "
            f"For a causal model use Attention() or FusedAttention()."
        )
    return mask[..., 0, :].expand(k.shape[:-1])
