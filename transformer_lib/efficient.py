"""Cheaper attention behind the same door: (q, k, v, mask) → Attended.

    replace(config, attention=FusedAttention)
    replace(config, attention=lambda: Linformer(max_len=64, n_slots=8))
    replace(config, attention=lambda: BigBirdAttention(block=8))

The explicit `Attention` costs query · key numbers of time and memory. The fused kernel saves the
memory, Linformer and BigBird the time too, for a sentence that looks at itself in both directions.
Sources: Dao et al. 2022 (FlashAttention, the idea of the fused kernel), Wang et al. 2020
(Linformer, section 4), Zaheer et al. 2020 (BigBird, section 2 and appendix D).
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib.attention import Attended, Attention, masked_softmax
from transformer_lib.masks import bigbird_blocks, check_mask


class FusedAttention(nn.Module):
    """`F.scaled_dot_product_attention`: the same output in one go; no weights are left to look at.

    Raises ValueError when the mask is not bool or does not fit.
    """

    def __init__(self, dropout: float = 0.0):
        super().__init__()
        self.dropout = dropout

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Attended:
        """q: (batch, heads, query, d_head); k, v: (batch, heads, key, d_head)."""
        if mask is not None:
            check_mask(mask, (*q.shape[:-1], k.size(-2)))
        dropout = self.dropout if self.training else 0.0
        output = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=dropout)
        return Attended(output, None, None)


class Masked(nn.Module):
    """Any attention, with a pattern added to its mask.

    pattern: length → bool (query, key), for instance `lambda length: window_mask(length, 5)`.
    When there are fewer queries than keys (a cache), the queries are the last ones.
    """

    def __init__(self, attention: nn.Module, pattern: Callable[[int], Tensor]):
        super().__init__()
        self.inner = attention
        self.pattern = pattern

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Attended:
        """q: (batch, heads, query, d_head); k, v: (batch, heads, key, d_head)."""
        pattern = self.pattern(k.size(-2))[-q.size(-2) :].to(q.device)
        return self.inner(q, k, v, pattern if mask is None else mask & pattern)


class Linformer(nn.Module):
    """softmax(q (E k)ᵀ / √d_head) (F v): n_slots learned mixtures stand for all the keys.

    max_len: longest sentence; n_slots: how many mixtures, the same for every head
    The mixtures hold past and future alike, so it cannot be causal. Weights are per slot.

    Raises ValueError past max_len and for a mask that differs between queries.
    """

    def __init__(self, max_len: int, n_slots: int, dropout: float = 0.0):
        super().__init__()
        self.mix_k = nn.Parameter(torch.randn(n_slots, max_len) * max_len**-0.5)  # E
        self.mix_v = nn.Parameter(torch.randn(n_slots, max_len) * max_len**-0.5)  # F
        self.dropout = nn.Dropout(dropout)

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Attended:
        """q: (batch, heads, query, d_head); k, v: (batch, heads, key, d_head)
        returns weights and scores as (batch, heads, query, slot)
        """
        hidden = ~visible_keys(q, k, mask)[..., None]
        slots_k = self.mix(self.mix_k, k.masked_fill(hidden, 0.0))
        slots_v = self.mix(self.mix_v, v.masked_fill(hidden, 0.0))
        ...

    def mix(self, weights: Tensor, x: Tensor) -> Tensor:
        """x: (batch, heads, key, d_head) → (batch, heads, slot, d_head)

        Raises ValueError when there are more keys than max_len.
        """
        length, max_len = x.size(-2), weights.size(-1)
        if length > max_len:
            raise ValueError(
                f"{length} keys came, but Linformer was made for max_len={max_len}; make it with "
                f"a larger max_len or shorten the input."
            )
        return weights[:, :length] @ x
