"""The numbers a learner checks with a pencil."""

import torch

from transformer_lib.attention import Attention, dot_product_scores
from transformer_lib.data import wide_example, worked_example


def test_vectors_of_i_are_all_ones():
    example = worked_example()
    assert example.tokens == ["I", "am", "a", "student"]
    assert example.x[0].tolist() == example.q[0].tolist() == [1, 1, 1, 1]


def test_every_number_is_a_small_whole_one():
    example = worked_example()
    for tensor in (*example[1:], example.q, example.k, example.v):
        assert torch.equal(tensor, tensor.round()) and tensor.abs().max() <= 2


def test_queries_keys_and_values():
    example = worked_example()
    assert example.q.tolist() == [[1, 1, 1, 1], [2, 0, 1, 0], [0, 1, -1, 1], [1, 0, 2, 1]]
    assert example.k.tolist() == [[1, 1, 0, 1], [2, 0, -1, 0], [0, 1, -1, 1], [1, 0, 1, 0]]
    assert example.v.tolist() == [[1, 1, 1, 2], [1, 0, 2, 0], [2, 1, 0, 2], [0, 1, 1, 1]]


def test_scores_are_those_of_the_lecture():
    example = worked_example()
    scores = dot_product_scores(example.q, example.k)
    assert scores.diagonal().tolist() == [1.5] * 4
    assert scores[0].tolist() == [1.5, 0.5, 0.5, 1.0]
    assert scores[0, 1:].max() == scores[0, 3]
    assert (scores.amax(-1) == scores.diagonal()).all()
    assert not torch.equal(scores, scores.T)


def test_attention_of_i():
    example = worked_example()
    output, weights, _ = Attention()(example.q, example.k, example.v)
    assert weights[0].mul(1000).round().tolist() == [427, 157, 157, 259]
    assert output[0].mul(1000).round().tolist() == [898, 843, 1000, 1427]


def test_learners_cannot_spoil_the_example():
    worked_example().x.zero_()
    assert worked_example().x.any()


def test_wide_example():
    q, k = wide_example()
    assert (q @ k.T).tolist() == [[128, 64, 64, 96]]
    assert dot_product_scores(q, k).tolist() == [[16, 8, 8, 12]]
