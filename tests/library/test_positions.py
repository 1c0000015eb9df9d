"""Positions against the paper's formula, number by number."""

import math

import torch

from transformer_lib.positions import LearnedPositions, NoPositions, SinusoidalPositions, sinusoids


def test_sinusoids_are_the_formula():
    table = sinusoids(11, 6)
    for pos in range(11):
        for i in range(3):
            angle = pos / 10_000 ** (2 * i / 6)
            assert math.isclose(table[pos, 2 * i], math.sin(angle), abs_tol=1e-6)
            assert math.isclose(table[pos, 2 * i + 1], math.cos(angle), abs_tol=1e-6)


def test_sinusoids_stay_exact_far_out():
    assert math.isclose(sinusoids(5001, 2)[5000, 0], math.sin(5000), abs_tol=1e-6)


def test_a_place_has_the_same_vector_whatever_the_length():
    assert torch.equal(sinusoids(5, 6), sinusoids(11, 6)[:5])


def test_positions_are_added_along_the_length():
    x = torch.zeros(2, 5, 6)
    assert torch.equal(SinusoidalPositions(7, 6)(x)[1], sinusoids(5, 6))
    learned = LearnedPositions(7, 6)
    assert torch.equal(learned(x)[1], learned.table[:5])
    assert torch.equal(NoPositions(7, 6)(x), x)


def test_sinusoids_have_nothing_to_learn_or_save():
    assert not list(SinusoidalPositions(7, 6).parameters())
    assert not SinusoidalPositions(7, 6).state_dict()
