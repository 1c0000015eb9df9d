"""Scores that know the distance between two words: position where words are compared.

Each class plugs in where the plain dot product stands; embeddings then need no positions:

    replace(config, attention=lambda: Attention(ShawScores(d_head=16, max_distance=8)))

Distances have a meaning inside one sentence, so these scores are for self-attention. When there
are fewer queries than keys, as in decoding with a cache, the queries are the last words of the
sentence: query i stands at place key − query + i.
Sources: Shaw et al. 2018 (section 3), Raffel et al. 2020 (T5, section 2.1), Press et al. 2022
(ALiBi, section 3), He et al. 2021 (DeBERTa, section 3.1), Su et al. 2021 (RoFormer, section 3.2).
"""

import math

import torch
from torch import Tensor, nn

from transformer_lib.attention import dot_product_scores


def distances(q: Tensor, k: Tensor) -> Tensor:
    """Place of the key − place of the query: −1 is the word before, 0 the word itself.

    q: (batch, heads, query, d_head); k: (batch, heads, key, d_head)
    returns (query, key), whole numbers
    Raises ValueError when there are more queries than keys.
    """
    n_queries, n_keys = q.size(-2), k.size(-2)
    if n_queries > n_keys:
        raise ValueError(
            f"{n_queries} queries ask {n_keys} keys, but distances need every query among the "
            f"keys; use relative scores for self-attention and plain ones between two sentences."
        )
    place = torch.arange(n_keys, device=q.device)
    return place - place[n_keys - n_queries :, None]


def check_size(name: str, got: int, made_for: int) -> None:
    """Refuse queries of another width or number of heads than a score was made for."""
    if got != made_for:
        raise ValueError(
            f"the queries have {name}={got}, but these scores were made for {name}={made_for}; "
            f"make them with {name}={got}."
        )


def check_reach(max_distance: int) -> None:
    """Refuse a score that could not tell neighbours apart."""
    if max_distance < 1:
        raise ValueError(f"max_distance={max_distance}; it must be at least 1, 8 or 16 say.")


def gather_scores(scores: Tensor, column: Tensor) -> Tensor:
    """From a score for every kind of distance, the one that each pair of words needs.

    scores: (batch, heads, query, kinds); column: (query, key) which kind a pair is of
    returns (batch, heads, query, key)
    """
    return scores.gather(-1, column.expand(*scores.shape[:2], *column.shape))


class ShawScores(nn.Module):
    """q (k + r)ᵀ / √d_head, where r is a learned vector for the distance (Shaw).

    All distances beyond max_distance share one vector, so a sentence may have any length.
    Raises ValueError for a max_distance below 1 and for queries of another d_head.
    """

    def __init__(self, d_head: int, max_distance: int):
        super().__init__()
        check_reach(max_distance)
        self.max_distance = max_distance
        self.table = nn.Parameter(torch.randn(2 * max_distance + 1, d_head) * d_head**-0.5)

    def forward(self, q: Tensor, k: Tensor) -> Tensor:
        """q: (batch, heads, query, d_head); k: (batch, heads, key, d_head)"""
        check_size("d_head", q.size(-1), self.table.size(-1))
        far = self.max_distance
        column = distances(q, k).clamp(-far, far) + far
        return dot_product_scores(q, k) + gather_scores(dot_product_scores(q, self.table), column)


class T5Scores(nn.Module):
    """q kᵀ / √d_head + one learned number per head and bucket of distances (T5).

    T5 itself leaves √d_head out and starts with smaller weights instead.
    Raises ValueError for an impossible number of buckets and for another number of heads.
    """

    def __init__(self, n_heads: int, n_buckets: int = 32, max_distance: int = 128):
        super().__init__()
        if n_buckets < 4 or n_buckets % 4 or max_distance <= n_buckets // 4:
            raise ValueError(
                f"n_buckets={n_buckets} and max_distance={max_distance}; needed are 4, 8, 12, … "
                f"buckets and a max_distance above a quarter of them. T5 has 32 and 128."
            )
        self.n_buckets, self.max_distance = n_buckets, max_distance
        self.bias = nn.Parameter(torch.randn(n_heads, n_buckets) * 0.1)

    def forward(self, q: Tensor, k: Tensor) -> Tensor:
        """q: (batch, heads, query, d_head); k: (batch, heads, key, d_head)"""
        check_size("n_heads", q.size(1), len(self.bias))
        buckets = t5_buckets(distances(q, k), self.n_buckets, self.max_distance)
        return dot_product_scores(q, k) + self.bias[:, buckets]


def t5_buckets(distance: Tensor, n_buckets: int, max_distance: int) -> Tensor:
    """Half of the buckets for each direction; in each, near distances have one of their own
    and the far ones share buckets whose width grows until max_distance.

    distance: whole numbers of any shape → bucket numbers of the same shape
    """
    n_side, n_near = n_buckets // 2, n_buckets // 4
    size = distance.abs()
    growth = torch.log(size.clamp(min=n_near) / n_near) / math.log(max_distance / n_near)
    far = n_near + (growth * (n_side - n_near) + 1e-5).long()  # 1e-5: 2 must not become 1.9999
    bucket = torch.where(size < n_near, size, far.clamp(max=n_side - 1))
    return bucket + n_side * (distance > 0)


class AlibiScores(nn.Module):
    """q kᵀ / √d_head − slope · |distance|, the slope fixed for each head (ALiBi).

    The paper's model looks back only; here the same slope holds in both directions.
    Raises ValueError when the queries have another number of heads.
    """

    slopes: Tensor

    def __init__(self, n_heads: int):
        super().__init__()
        self.register_buffer("slopes", alibi_slopes(n_heads), persistent=False)

    def forward(self, q: Tensor, k: Tensor) -> Tensor:
        """q: (batch, heads, query, d_head); k: (batch, heads, key, d_head)"""
        check_size("n_heads", q.size(1), len(self.slopes))
        return dot_product_scores(q, k) - self.slopes[:, None, None] * distances(q, k).abs()


def alibi_slopes(n_heads: int) -> Tensor:
    """2^(−8/n), 2^(−16/n), … 2^(−8) for n = 1, 2, 4, 8, … heads; other counts take the slopes of
    the power of two below, then every other one of the power above. Returns (heads).
    """
    power = 1 << (n_heads.bit_length() - 1)  # the largest power of two up to n_heads
    steps = [i / power for i in range(1, power + 1)]
    steps += [i / (2 * power) for i in range(1, 2 * power, 2)]
    return 2.0 ** (-8 * torch.tensor(steps[:n_heads]))


class DisentangledScores(nn.Module):
    """Content asks content, content asks position, position asks content (DeBERTa).

    The sum of three terms is divided by √(3 d_head). DeBERTa projects one table of positions in
    every layer; here each layer learns the two projected tables, which its heads share.
    Raises ValueError for a max_distance below 1 and for queries of another d_head.
    """

    def __init__(self, d_head: int, max_distance: int):
        super().__init__()
        check_reach(max_distance)
        self.max_distance = max_distance
        self.q_table = nn.Parameter(torch.randn(2 * max_distance, d_head) * d_head**-0.5)
        self.k_table = nn.Parameter(torch.randn(2 * max_distance, d_head) * d_head**-0.5)

    def forward(self, q: Tensor, k: Tensor) -> Tensor:
        """q: (batch, heads, query, d_head); k: (batch, heads, key, d_head)"""
        check_size("d_head", q.size(-1), self.q_table.size(-1))
        distance, far = distances(q, k), self.max_distance
        back, ahead = ((far + d).clamp(0, 2 * far - 1) for d in (-distance, distance.mT))
        content_position = gather_scores(q @ self.k_table.mT, back)
        position_content = gather_scores(k @ self.q_table.mT, ahead).mT
        return (q @ k.mT + content_position + position_content) / math.sqrt(3 * q.size(-1))


class RotaryScores(nn.Module):
    """(R_i q) (R_j k)ᵀ / √d_head: turn q and k by their place; only the distance survives (RoPE).
    Raises ValueError for a d_head that is odd or not the queries' own.
    """

    frequency: Tensor

    def __init__(self, d_head: int, base: float = 10_000.0):
        super().__init__()
        if d_head % 2:
            raise ValueError(
                f"d_head={d_head} is odd, but rotation turns pairs of numbers; choose d_model and "
                f"n_heads so that d_model / n_heads is even."
            )
        frequency = base ** (-torch.arange(0, d_head, 2) / d_head)
        self.register_buffer("frequency", frequency, persistent=False)

    def forward(self, q: Tensor, k: Tensor) -> Tensor:
        """q: (batch, heads, query, d_head); k: (batch, heads, key, d_head)"""
        check_size("d_head", q.size(-1), 2 * len(self.frequency))
        place = distances(q, k)[-1]  # seen from the last word: … −2, −1, 0
        return dot_product_scores(self.rotate(q, place[-q.size(-2) :]), self.rotate(k, place))

    def rotate(self, x: Tensor, place: Tensor) -> Tensor:
        """x: (…, length, d_head), each pair (x₀, x₁) turned by the angle place · frequency"""
        angle = place[:, None] * self.frequency  # (length, d_head / 2)
        cos, sin = angle.cos(), angle.sin()
        x0, x1 = x[..., 0::2], x[..., 1::2]
        return torch.stack([x0 * cos - x1 * sin, x0 * sin + x1 * cos], -1).flatten(-2)
