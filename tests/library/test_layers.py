"""What surrounds attention, against its one-line definition."""

import torch
from torch import nn

from transformer_lib.layers import FeedForward, PostNorm, PreNorm

BATCH, LENGTH, D_MODEL, D_FF = 2, 5, 7, 11
x = torch.randn(BATCH, LENGTH, D_MODEL)


def test_feed_forward_widens_cuts_and_narrows():
    layer = FeedForward(D_MODEL, D_FF)
    assert layer.widen.weight.shape == (D_FF, D_MODEL)
    inner = x @ layer.widen.weight.T + layer.widen.bias
    expected = inner.clamp(min=0) @ layer.narrow.weight.T + layer.narrow.bias
    torch.testing.assert_close(layer(x), expected)


def test_feed_forward_treats_each_token_by_itself():
    layer, order = FeedForward(D_MODEL, D_FF), torch.randperm(LENGTH)
    torch.testing.assert_close(layer(x)[:, order], layer(x[:, order]))


def test_post_norm_comes_after_the_sum_and_pre_norm_before_the_sublayer():
    double = nn.Linear(D_MODEL, D_MODEL, bias=False)
    double.weight.data = 2 * torch.eye(D_MODEL)
    norm = nn.LayerNorm(D_MODEL)
    torch.testing.assert_close(PostNorm(double, D_MODEL)(x), norm(x + 2 * x))
    torch.testing.assert_close(PreNorm(double, D_MODEL)(x), x + 2 * norm(x))


def test_only_pre_norm_asks_for_a_final_norm():
    assert isinstance(PreNorm.final_norm(D_MODEL), nn.LayerNorm)
    assert isinstance(PostNorm.final_norm(D_MODEL), nn.Identity)
