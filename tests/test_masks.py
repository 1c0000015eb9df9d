"""Masks, cell by cell: True = may attend."""

import torch

from transformer_lib.masks import PAD, causal_mask, padding_mask


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
