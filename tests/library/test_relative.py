"""Scores that know the distance, each against its definition written as loops."""

import copy
import math
from dataclasses import replace
from fractions import Fraction

import pytest
import torch

from transformer_lib.attention import Attention, MultiHeadAttention, dot_product_scores
from transformer_lib.masks import causal_mask
from transformer_lib.model import Classifier, Config, LanguageModel
from transformer_lib.positions import NoPositions
from transformer_lib.relative import (
    AlibiScores,
    DisentangledScores,
    RotaryScores,
    ShawScores,
    T5Scores,
    alibi_slopes,
    distances,
    t5_buckets,
)

BATCH, HEADS, QUERY, KEY, D_HEAD = 2, 3, 5, 7, 12  # rotation wants an even d_head
SCORES = {
    "Shaw": lambda: ShawScores(D_HEAD, max_distance=3),
    "T5": lambda: T5Scores(HEADS, n_buckets=8, max_distance=6),
    "ALiBi": lambda: AlibiScores(HEADS),
    "DeBERTa": lambda: DisentangledScores(D_HEAD, max_distance=3),
    "RoPE": lambda: RotaryScores(D_HEAD),
}


def shaw_by_hand(score, q, k, b, h, i, j):
    distance = min(max(j - i, -3), 3)
    return q[b, h, i] @ (k[b, h, j] + score.table[distance + 3]) / math.sqrt(D_HEAD)


def t5_by_hand(score, q, k, b, h, i, j):
    bucket = bucket_by_hand(j - i, 8, 6)
    return q[b, h, i] @ k[b, h, j] / math.sqrt(D_HEAD) + score.bias[h, bucket]


def bucket_by_hand(distance, n_buckets, max_distance):
    """The rule in whole numbers: a far bucket begins where size reaches near · ratio^(b / far)."""
    side, near = n_buckets // 2, n_buckets // 4
    size, far = abs(distance), side - near
    bucket = min(size, near)
    ratio = Fraction(max_distance, near)
    bucket += sum(Fraction(size, near) ** far >= ratio**b for b in range(1, far))
    return bucket + (side if distance > 0 else 0)


def alibi_by_hand(score, q, k, b, h, i, j):
    slope = [1 / 16, 1 / 256, 1 / 4][h]
    return q[b, h, i] @ k[b, h, j] / math.sqrt(D_HEAD) - slope * abs(i - j)


def deberta_by_hand(score, q, k, b, h, i, j):
    def delta(i, j):
        return 0 if i - j <= -3 else 5 if i - j >= 3 else i - j + 3

    content_content = q[b, h, i] @ k[b, h, j]
    content_position = q[b, h, i] @ score.k_table[delta(i, j)]
    position_content = k[b, h, j] @ score.q_table[delta(j, i)]
    return (content_content + content_position + position_content) / math.sqrt(3 * D_HEAD)


def rope_by_hand(score, q, k, b, h, i, j):
    """Pairs of numbers as complex ones: turning is multiplying by e^(i · angle)."""
    total = 0.0
    for pair in range(D_HEAD // 2):
        angle = (i - j) * 10_000 ** (-2 * pair / D_HEAD)
        asks = complex(*q[b, h, i, 2 * pair : 2 * pair + 2].tolist())
        answers = complex(*k[b, h, j, 2 * pair : 2 * pair + 2].tolist())
        turn = complex(math.cos(angle), math.sin(angle))
        total += (asks * turn * answers.conjugate()).real
    return total / math.sqrt(D_HEAD)


BY_HAND = {
    "Shaw": shaw_by_hand,
    "T5": t5_by_hand,
    "ALiBi": alibi_by_hand,
    "DeBERTa": deberta_by_hand,
    "RoPE": rope_by_hand,
}


def queries_and_keys(n_queries=QUERY, n_keys=KEY, device="cpu"):
    q = torch.randn(BATCH, HEADS, n_queries, D_HEAD, device=device)
    return q, torch.randn(BATCH, HEADS, n_keys, D_HEAD, device=device)


@pytest.mark.parametrize("n_queries", [QUERY, KEY])
@pytest.mark.parametrize("name", SCORES)
@torch.no_grad()
def test_scores_are_their_definition(name, n_queries, device):
    score = SCORES[name]().to(device)
    q, k = queries_and_keys(n_queries, device=device)
    expected = torch.zeros(BATCH, HEADS, n_queries, KEY, device=device)
    cells = torch.cartesian_prod(*(torch.arange(n) for n in expected.shape)).tolist()
    for b, h, row, j in cells:
        i = KEY - n_queries + row  # the queries are the last words
        whole = torch.zeros(BATCH, HEADS, KEY, D_HEAD, device=device)
        whole[:, :, KEY - n_queries :] = q
        expected[b, h, row, j] = BY_HAND[name](score, whole, k, b, h, i, j)
    torch.testing.assert_close(score(q, k), expected, atol=1e-5, rtol=1e-5)


def test_distances_are_seen_from_the_query():
    q, k = queries_and_keys(2, 3)
    assert distances(q, k).tolist() == [[-1, 0, 1], [-2, -1, 0]]


@pytest.mark.parametrize("name", SCORES)
@torch.no_grad()
def test_only_the_distance_counts(name):
    score = SCORES[name]()
    q, k = torch.randn(2, 1, HEADS, 1, D_HEAD).expand(2, 1, HEADS, KEY, D_HEAD)
    scores = score(q, k)  # the same word everywhere: each diagonal holds one value
    for distance in range(1 - KEY, KEY):
        diagonal = scores.diagonal(distance, -2, -1)
        torch.testing.assert_close(diagonal, diagonal[..., :1].expand_as(diagonal))
    assert not torch.allclose(scores, dot_product_scores(q, k))


@pytest.mark.parametrize("name", SCORES)
@torch.no_grad()
def test_a_cache_changes_nothing(name):
    layer = MultiHeadAttention(HEADS * D_HEAD, HEADS, Attention(SCORES[name]()))
    x = torch.randn(BATCH, KEY, HEADS * D_HEAD)
    k, v = layer.keys_values(x)
    whole = layer.attend(x, k, v, causal_mask(KEY))
    for i in range(KEY):
        step = layer.attend(x[:, i : i + 1], k[:, :, : i + 1], v[:, :, : i + 1])
        torch.testing.assert_close(step, whole[:, i : i + 1])


@pytest.mark.parametrize("name", SCORES)
@torch.no_grad()
def test_any_length_is_read(name):
    q, k = queries_and_keys(211, 211)
    assert SCORES[name]()(q, k).isfinite().all()


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("build", [LanguageModel, lambda config: Classifier(config, n_classes=2)])
def test_a_model_learns_with_them(name, build):
    config = Config(vocab_size=17, d_model=HEADS * D_HEAD, n_heads=HEADS, d_ff=23)
    parts = {"attention": lambda: Attention(SCORES[name]()), "positions": NoPositions}
    model = build(replace(config, **parts))
    before = copy.deepcopy(model.state_dict())
    model(torch.randint(1, 17, (BATCH, KEY))).square().sum().backward()
    torch.optim.AdamW(model.parameters()).step()
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert all((after != before[key]).any() for key, after in model.state_dict().items())


def test_order_matters_without_positions():
    config = Config(vocab_size=17, d_model=HEADS * D_HEAD, n_heads=HEADS, positions=NoPositions)
    tokens = torch.tensor([[3, 5, 7, 11, 13]])
    swapped = torch.tensor([[3, 7, 5, 11, 13]])
    for make in SCORES.values():
        bag = Classifier(config, n_classes=2)
        torch.testing.assert_close(bag(tokens), bag(swapped))
        model = Classifier(replace(config, attention=lambda m=make: Attention(m())), n_classes=2)
        assert not torch.allclose(model(tokens), model(swapped), atol=1e-4)


def test_t5_buckets_of_the_paper():
    back = -torch.tensor([0, 1, 7, 8, 11, 12, 15, 16, 22, 23, 31, 32, 46, 64, 91, 128, 1000])
    buckets = [0, 1, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 13, 14, 15, 15, 15]
    assert t5_buckets(back, 32, 128).tolist() == buckets
    ahead = t5_buckets(-back[1:], 32, 128)
    assert ahead.tolist() == [bucket + 16 for bucket in buckets[1:]]


@pytest.mark.parametrize(("n_buckets", "max_distance"), [(32, 128), (8, 3), (4, 2), (12, 101)])
def test_t5_buckets_at_every_distance(n_buckets, max_distance):
    distance = torch.arange(-211, 212)
    expected = [bucket_by_hand(int(d), n_buckets, max_distance) for d in distance]
    assert t5_buckets(distance, n_buckets, max_distance).tolist() == expected


@pytest.mark.parametrize(
    ("n_heads", "exponents"),
    [
        (1, [8]),
        (2, [4, 8]),
        (3, [4, 8, 2]),
        (8, [1, 2, 3, 4, 5, 6, 7, 8]),
        (12, [1, 2, 3, 4, 5, 6, 7, 8, 0.5, 1.5, 2.5, 3.5]),
    ],
)
def test_alibi_slopes(n_heads, exponents):
    expected = [2.0**-exponent for exponent in exponents]
    torch.testing.assert_close(alibi_slopes(n_heads), torch.tensor(expected))


def test_rotation_keeps_lengths():
    score = RotaryScores(D_HEAD)
    x, _ = queries_and_keys()
    turned = score.rotate(x, torch.arange(QUERY))
    torch.testing.assert_close(turned.norm(dim=-1), x.norm(dim=-1))
    torch.testing.assert_close(turned[:, :, 0], x[:, :, 0])  # place 0 stays as it is


@pytest.mark.parametrize("name", SCORES)
def test_more_queries_than_keys_are_refused(name):
    with pytest.raises(ValueError, match="7 queries ask 5 keys.*self-attention"):
        SCORES[name]()(*queries_and_keys(KEY, QUERY))


@pytest.mark.parametrize("name", ["Shaw", "DeBERTa", "RoPE"])
def test_another_width_is_refused(name):
    q, k = queries_and_keys()
    with pytest.raises(ValueError, match="d_head=6, .*for d_head=12; make them with d_head=6"):
        SCORES[name]()(q[..., :6], k[..., :6])


@pytest.mark.parametrize("name", ["T5", "ALiBi"])
def test_another_number_of_heads_is_refused(name):
    q, k = queries_and_keys()
    with pytest.raises(ValueError, match="n_heads=1, .*for n_heads=3; make them with n_heads=1"):
        SCORES[name]()(q[:, :1], k[:, :1])


@pytest.mark.parametrize("score", [ShawScores, DisentangledScores])
def test_a_reach_below_one_is_refused(score):
    with pytest.raises(ValueError, match="max_distance=0; it must be at least 1"):
        score(D_HEAD, max_distance=0)


@pytest.mark.parametrize(("n_buckets", "max_distance"), [(2, 9), (10, 9), (32, 8)])
def test_impossible_buckets_are_refused(n_buckets, max_distance):
    words = f"n_buckets={n_buckets} and max_distance={max_distance}; .*T5 has 32 and 128"
    with pytest.raises(ValueError, match=words):
        T5Scores(HEADS, n_buckets, max_distance)


def test_an_odd_width_is_refused():
    with pytest.raises(ValueError, match="d_head=11 is odd, .*d_model / n_heads is even"):
        RotaryScores(11)
