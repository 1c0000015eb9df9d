"""Scores → weights → output: one attention, then many heads side by side.

Source: Vaswani et al. 2017, "Attention Is All You Need", sections 3.2.1 and 3.2.2; the kernel that
takes the short way: Dao et al. 2022, "FlashAttention".
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib.masks import check_mask


class Attended(NamedTuple):
    """Everything one attention step computed; None for what it never had in one piece."""

    output: Tensor  # (batch, heads, query, d_head)
    weights: Tensor | None  # (batch, heads, query, key)  rows sum to 1; taken before dropout
    scores: Tensor | None  # (batch, heads, query, key)  taken before the mask


def dot_product_scores(q: Tensor, k: Tensor) -> Tensor:
    """q kᵀ / √d_head: how well each query matches each key.

    q: (batch, heads, query, d_head)
    k: (batch, heads, key, d_head)
    returns (batch, heads, query, key)
    """
    return q @ k.mT / math.sqrt(q.size(-1))


def masked_softmax(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    """Softmax over the keys a query may see; a query that sees none gets zeros, not NaN.

    scores: (batch, heads, query, key)
    mask: bool, broadcasts to the scores; True = may attend
    returns (batch, heads, query, key)

    Raises ValueError when the mask is not bool or does not fit.
    """
    if mask is None:
        return scores.softmax(-1)
    check_mask(mask, scores.shape)
    return scores.masked_fill(~mask, -math.inf).softmax(-1).masked_fill(~mask, 0.0)


class Attention(nn.Module):
    """softmax(score(q, k)) v. `score` is a function, or a module when it has weights to learn."""

    def __init__(
        self, score: Callable[[Tensor, Tensor], Tensor] = dot_product_scores, dropout: float = 0.0
    ):
        super().__init__()
        self.score = score
        self.dropout = nn.Dropout(dropout)

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Attended:
        """q: (batch, heads, query, d_head); k, v: (batch, heads, key, d_head)."""
        scores = self.score(q, k)
        weights = masked_softmax(scores, mask)
        return Attended(self.dropout(weights) @ v, weights, scores)


class FusedAttention(nn.Module):
    """What `Attention()` gives, in one go: PyTorch's kernel never puts the weights together.

    Whoever wants to look (`record` does) sets `need_weights`, and it is computed the long way, with
    equal numbers; so it is in training with dropout on a CPU, whose kernel has none.
    """

    score = staticmethod(dot_product_scores)

    def __init__(self, dropout: float = 0.0):
        super().__init__()
        self.explicit = Attention(dropout=dropout)
        self.need_weights = False

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Attended:
        """q: (batch, heads, query, d_head); k, v: (batch, heads, key, d_head).

        Raises ValueError when the mask is not bool or does not fit.
        """
        dropout = self.explicit.dropout.p if self.training else 0.0
        if self.need_weights or (dropout and q.device.type == "cpu"):
            return self.explicit(q, k, v, mask)
        if mask is not None:
            check_mask(mask, (*q.shape[:-1], k.size(-2)))
            mask = torch.atleast_2d(mask)  # the kernel insists on (query, key)
        output = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=dropout)
        return Attended(output, None, None)


class MultiHeadAttention(nn.Module):
    """Several attentions side by side, each on its own slice of the features.

    d_model: width of a token; n_heads: how many slices, each d_head = d_model / n_heads wide
    attention: what runs inside each head, `FusedAttention()` when left out

    Raises ValueError when d_model does not split into n_heads.
    """

    def __init__(self, d_model: int, n_heads: int, attention: nn.Module | None = None):
        super().__init__()
        if n_heads < 1 or d_model % n_heads:
            raise ValueError(
                f"d_model={d_model} does not split into n_heads={n_heads} equal parts; "
                f"choose n_heads among the divisors of {d_model}."
            )
        self.n_heads = n_heads
        self.q_proj = nn.Linear(d_model, d_model)
        self.k_proj = nn.Linear(d_model, d_model)
        self.v_proj = nn.Linear(d_model, d_model)
        self.out_proj = nn.Linear(d_model, d_model)
        self.attention = FusedAttention() if attention is None else attention

    def forward(
        self, x: Tensor, memory: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Each token of x asks, each token of memory (x itself when left out) answers.

        x: (batch, query, d_model); memory: (batch, key, d_model)
        mask: bool, broadcasts to (batch, heads, query, key); True = may attend
        returns (batch, query, d_model)
        """
        return self.attend(x, *self.keys_values(x if memory is None else memory), mask)

    def keys_values(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        """What memory (batch, key, d_model) offers: k and v, each (batch, heads, key, d_head)."""
        k = split_heads(self.k_proj(memory), self.n_heads)
        v = split_heads(self.v_proj(memory), self.n_heads)
        return k, v

    def attend(self, x: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
        """Ask keys and values that are already there (a cache, for instance)."""
        q = split_heads(self.q_proj(x), self.n_heads)
        return self.out_proj(merge_heads(self.attention(q, k, v, mask).output))


def split_heads(x: Tensor, n_heads: int) -> Tensor:
    """(batch, length, d_model) → (batch, heads, length, d_head)"""
    return x.unflatten(-1, (n_heads, -1)).transpose(1, 2)


def merge_heads(x: Tensor) -> Tensor:
    """(batch, heads, length, d_head) → (batch, length, d_model)"""
    return x.transpose(1, 2).flatten(2)
