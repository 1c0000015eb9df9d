"""Attention against its definition, written as loops over single numbers."""

import math

import torch
from torch import nn

from transformer_lib.attention import Attention, MultiHeadAttention, merge_heads, split_heads

BATCH, HEADS, QUERY, KEY, D_HEAD = 2, 3, 5, 7, 11
D_MODEL = HEADS * D_HEAD


def attention_by_loops(q, k, v, mask):
    """The formula for one query at a time, as it would be done on paper."""
    output = torch.zeros(*q.shape[:-1], v.size(-1))
    for b, h, i in torch.cartesian_prod(*(torch.arange(n) for n in q.shape[:3])).tolist():
        seen = [j for j in range(k.size(2)) if mask[b, h, i, j]]
        scores = {j: float(q[b, h, i] @ k[b, h, j]) / math.sqrt(q.size(-1)) for j in seen}
        total = sum(math.exp(score) for score in scores.values())
        for j in seen:
            output[b, h, i] += math.exp(scores[j]) / total * v[b, h, j]
    return output


def test_attention_is_the_formula():
    q = torch.randn(BATCH, HEADS, QUERY, D_HEAD)
    k, v = torch.randn(2, BATCH, HEADS, KEY, D_HEAD)
    mask = torch.rand(BATCH, HEADS, QUERY, KEY) < 0.6
    torch.testing.assert_close(Attention()(q, k, v, mask).output, attention_by_loops(q, k, v, mask))


def test_attended_hangs_together():
    q, k, v = torch.randn(3, BATCH, HEADS, QUERY, D_HEAD)
    attended = Attention()(q, k, v)
    assert attended.scores.shape == attended.weights.shape == (BATCH, HEADS, QUERY, QUERY)
    torch.testing.assert_close(attended.scores.softmax(-1), attended.weights)
    torch.testing.assert_close(attended.weights @ v, attended.output)


def test_another_score_plugs_in_as_a_function_and_as_a_module():
    class LearntFactor(nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = nn.Parameter(torch.tensor(0.5))

        def forward(self, q, k):
            return self.factor * (q @ k.mT)

    q, k, v = torch.randn(3, BATCH, HEADS, QUERY, D_HEAD)
    attention = Attention(score=LearntFactor())
    attention(q, k, v).output.sum().backward()
    assert attention.score.factor.grad is not None
    halved = Attention(score=lambda q, k: 0.5 * (q @ k.mT))
    torch.testing.assert_close(halved(q, k, v).output, attention(q, k, v).output)


def test_forward_is_keys_values_then_attend():
    layer = MultiHeadAttention(D_MODEL, HEADS)
    x, memory = torch.randn(BATCH, QUERY, D_MODEL), torch.randn(BATCH, KEY, D_MODEL)
    k, v = layer.keys_values(memory)
    assert k.shape == v.shape == (BATCH, HEADS, KEY, D_HEAD)
    torch.testing.assert_close(layer(x, memory), layer.attend(x, k, v))


def test_heads_are_slices_of_the_features():
    x = torch.randn(BATCH, QUERY, D_MODEL)
    heads = split_heads(x, HEADS)
    assert heads.shape == (BATCH, HEADS, QUERY, D_HEAD)
    assert torch.equal(heads[:, 1], x[..., D_HEAD : 2 * D_HEAD])
    assert torch.equal(merge_heads(heads), x)
