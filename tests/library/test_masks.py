"""Masks, cell by cell: True = may attend."""

import pytest
import torch

from transformer_lib.masks import (
    PAD,
    bigbird_blocks,
    bigbird_mask,
    causal_mask,
    padding_mask,
    window_mask,
)


def test_padding_mask_hides_the_pads_from_every_query():
    tokens = torch.tensor([[5, 6, 7, PAD], [8, PAD, PAD, PAD]])
    expected = torch.tensor([[[[True, True, True, False]]], [[[True, False, False, False]]]])
    assert torch.equal(padding_mask(tokens), expected)


def test_padding_mask_takes_another_pad():
    assert padding_mask(torch.tensor([[0, 9]]), pad=9).flatten().tolist() == [True, False]


def test_causal_mask_shows_a_query_itself_and_what_came_before(device):
    expected = [[key <= query for key in range(5)] for query in range(5)]
    mask = causal_mask(5, device)
    assert mask.tolist() == expected
    assert mask.device.type == torch.device(device).type


def test_masks_combine_with_and():
    tokens = torch.tensor([[5, 6, PAD]])
    combined = padding_mask(tokens) & causal_mask(3)
    expected = [[True, False, False], [True, True, False], [True, True, False]]
    assert combined.shape == (1, 1, 3, 3)
    assert combined[0, 0].tolist() == expected


@pytest.mark.parametrize("width", [1, 3, 5, 17])
def test_window_mask_shows_the_neighbours(width, device):
    expected = [[abs(query - key) <= (width - 1) / 2 for key in range(7)] for query in range(7)]
    mask = window_mask(7, width, device)
    assert mask.tolist() == expected
    assert mask.device.type == torch.device(device).type


@pytest.mark.parametrize(("width", "better"), [(4, 5), (0, 1), (-3, 1)])
def test_a_window_without_a_middle_is_refused(width, better):
    with pytest.raises(ValueError, match=f"width={width} has no middle; .* such as {better}"):
        window_mask(7, width)


@pytest.mark.parametrize("length", [1, 2, 11, 23, 24])
@pytest.mark.parametrize(("n_random", "n_global"), [(0, 0), (0, 1), (2, 0), (1, 2), (3, 13)])
def test_bigbird_mask_is_window_and_global_and_random(length, n_random, n_global):
    block = 2
    seen = bigbird_blocks(-(-length // block), n_random, n_global, seed=5)
    mask = bigbird_mask(length, block, n_random, n_global, seed=5)
    assert mask.shape == (length, length)
    for query in range(length):
        for key in range(length):
            asking, answering = query // block, key // block
            near = abs(asking - answering) <= 1
            everywhere = asking < n_global or answering < n_global
            drawn = answering in seen[asking]
            assert mask[query, key] == (near or everywhere or drawn)


@pytest.mark.parametrize("n_blocks", [1, 2, 13])
def test_bigbird_blocks_are_seen_once_and_drawn_alike(n_blocks):
    seen = bigbird_blocks(n_blocks, n_random=3, n_global=2, seed=5)
    assert seen.shape == (n_blocks, 2 + 3 + 3)
    for row in seen.tolist():
        blocks = [block for block in row if block >= 0]
        assert len(blocks) == len(set(blocks)) and max(blocks) < n_blocks
    assert torch.equal(seen, bigbird_blocks(n_blocks, 3, 2, seed=5))


def test_bigbird_draws_by_its_seed_and_leaves_the_common_one_alone():
    before = torch.get_rng_state()
    first, second = (bigbird_mask(101, 3, n_random=2, seed=seed) for seed in (0, 1))
    assert not torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), before)


def test_bigbird_sees_a_share_that_falls_with_the_length():
    shares = [bigbird_mask(length, 4).float().mean().item() for length in (16, 64, 256)]
    assert shares[0] > shares[1] > shares[2]
    assert shares[2] < 0.1


def test_blocks_without_tokens_are_refused():
    with pytest.raises(ValueError, match="block=0 tokens; choose blocks of at least 1"):
        bigbird_mask(7, 0)
