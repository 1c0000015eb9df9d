"""Experiments that the course shows, small enough to be repeated here: each claim comes true."""

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from helpers.errors import refused
from transformer_lib.attention import Attention
from transformer_lib.layers import PostNorm, PreNorm
from transformer_lib.masks import padding_mask
from transformer_lib.model import Classifier, Config, LanguageModel
from transformer_lib.positions import LearnedPositions, NoPositions
from transformer_lib.relative import AlibiScores, DisentangledScores, ShawScores
from transformer_lib.tasks import DITTO, FIRST, ditto_task, recall_task
from transformer_lib.training import Recipe, fit, one_cycle


def seeded(number):
    """With the same number comes the same batch."""
    return torch.Generator().manual_seed(number)


# --- a decoder that sees the future --------------------------------------------------------------

FLOOR = math.log(4) / 8  # nats a digit: one of four steps to guess, the other seven digits follow


class Cheater(LanguageModel):
    """The same layers, without the look-ahead mask."""

    def forward(self, tokens):
        return self.head(self.decoder(self.embedding(tokens), mask=padding_mask(tokens)))


def count(start, step):
    """start, step: (n, 1) → (n, 9) ids 1 … 10, which stand for the digits 0 … 9"""
    return (start + step * torch.arange(9)) % 10 + 1


EVERY_COUNT = count(torch.arange(40)[:, None] // 4, torch.arange(40)[:, None] % 4 + 1)


def counting(epoch):
    """One batch of counts whose start and step are drawn."""
    chosen = torch.randint(len(EVERY_COUNT), (64,), generator=seeded(epoch))
    return [(EVERY_COUNT[chosen, :-1], EVERY_COUNT[chosen, 1:])]


@torch.no_grad()
def loss_and_sequels(model):
    """Over all forty counts, so without chance: the loss, and the share continued rightly."""
    loss = F.cross_entropy(model(EVERY_COUNT[:, :-1]).flatten(0, 1), EVERY_COUNT[:, 1:].flatten())
    written = EVERY_COUNT[:, :3]
    while written.size(1) < 9:
        written = torch.cat([written, model(written)[:, -1:].argmax(-1)], dim=1)
    return loss.item(), (written == EVERY_COUNT).all(1).float().mean().item()


def test_every_count_is_there_once():
    assert len({tuple(digits) for digits in EVERY_COUNT.tolist()}) == 40
    assert (EVERY_COUNT[3] - 1).tolist() == [0, 4, 8, 2, 6, 0, 4, 8, 2]


def test_the_lower_loss_writes_the_worse_sequel():
    results = {}
    for kind in (LanguageModel, Cheater):
        torch.manual_seed(0)
        model = kind(Config(vocab_size=11, d_model=32, n_heads=2, d_ff=64))
        fit(model, counting, Recipe(steps=300))
        results[kind] = loss_and_sequels(model)
    honest, cheater = results[LanguageModel], results[Cheater]
    assert FLOOR < honest[0] < 1.2 * FLOOR and honest[1] > 0.95
    assert cheater[0] < FLOOR / 10 and cheater[1] < 0.5


# --- the norm before or after, with and without warm-up ------------------------------------------

DEEP = Config(vocab_size=12, n_layers=12)
SCHEDULES = {
    "warm-up": one_cycle(5e-3, warm=0.5),
    "no warm-up": lambda step, progress: 5e-3 * (1 - progress),
}
GUESSING = math.log(8)  # nats: there are eight numbers to recall


def recalling(epoch):
    """One batch: which number comes last? Turned round, since the classifier reads the first."""
    source, label = recall_task(32, distance=5, vocab_size=12, generator=seeded(epoch))
    return [(source.flip(1), label)]


def reader(residual, n_layers=12, seed=0):
    """The same classifier but for its residual, its depth and its seed."""
    torch.manual_seed(seed)
    return Classifier(replace(DEEP, residual=residual, n_layers=n_layers), n_classes=12)


def gradient(model, layer):
    """How long the loss's gradient is in one layer, measured at its last matrix."""
    ((tokens, label),) = recalling(epoch=1_000)
    model.zero_grad()
    F.cross_entropy(model(tokens), label).backward()
    return model.encoder.layers[layer].feed_forward.sublayer.narrow.weight.grad.norm().item()


def test_only_post_norm_without_warm_up_learns_nothing():
    ends = {}
    for residual in (PreNorm, PostNorm):
        for name, schedule in SCHEDULES.items():
            history = fit(reader(residual), recalling, Recipe(steps=100, schedule=schedule))
            ends[residual, name] = sum(history.losses[-10:]) / 10
    assert ends.pop((PostNorm, "no warm-up")) > 0.8 * GUESSING
    assert max(ends.values()) < 0.05 * GUESSING, ends


def test_without_warm_up_no_gradient_reaches_the_first_post_norm_layer():
    left = {}
    for residual in (PreNorm, PostNorm):
        model = reader(residual)
        before = gradient(model, layer=0)
        fit(model, recalling, Recipe(steps=20, schedule=lambda step, progress: 5e-3))
        left[residual] = gradient(model, layer=0) / before
    assert left[PreNorm] > 1e-2 and left[PostNorm] < 1e-3


def first_gradient(residual, n_layers, seeds=5):
    """The last layer's gradient before any training, from Xavier's weights as in the theorem."""
    total = 0.0
    for seed in range(seeds):
        model = reader(residual, n_layers, seed)
        for module in model.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_normal_(module.weight)
        total += gradient(model, layer=-1)
    return total / seeds


def test_depth_shrinks_the_last_gradient_of_pre_norm_only():
    """Xiong et al. 2020, theorem 1: as 1 / √depth in pre-norm, not at all in post-norm."""
    two, eight, thirty_two = (first_gradient(PreNorm, n_layers) for n_layers in (2, 8, 32))
    assert two > 1.3 * eight > 1.3**2 * thirty_two
    expected = math.sqrt((1 + 2) / (1 + 32))  # the embedding counts like one more layer
    assert thirty_two / two == pytest.approx(expected, rel=0.3)
    two, eight, thirty_two = (first_gradient(PostNorm, n_layers) for n_layers in (2, 8, 32))
    assert min(eight, thirty_two) > 0.75 * two


# --- positions, beyond the length they were trained at -------------------------------------------

LENGTH = 16
ADDED = Config(vocab_size=12, max_len=4 * LENGTH, d_model=32, d_ff=64)  # d_head = 32 / 4


def scored(score):
    """No positions in the embeddings, distances in the scores."""
    return replace(ADDED, positions=NoPositions, attention=lambda: Attention(score()))


HOLD = {"sinusoidal": False, "learned": False, "Shaw": True, "DeBERTa": True, "ALiBi": True}
CONFIGS = {
    "sinusoidal": ADDED,
    "learned": replace(ADDED, positions=LearnedPositions),
    "Shaw": scored(lambda: ShawScores(d_head=8, max_distance=LENGTH // 2)),
    "DeBERTa": scored(lambda: DisentangledScores(d_head=8, max_distance=LENGTH // 2)),
    "ALiBi": scored(lambda: AlibiScores(n_heads=4)),
}


def dittos(epoch, n=32, length=LENGTH):
    """One batch of rows with ditto marks."""
    return [ditto_task(n, length, ADDED.vocab_size, seeded(epoch))]


@torch.no_grad()
def share_right(model, length):
    """Of the marks in new rows of this length, the share that is read rightly."""
    ((source, target),) = dittos(epoch=1_000, n=256, length=length)
    return (model(source).argmax(-1) == target)[source == DITTO].float().mean().item()


@pytest.mark.parametrize("name", CONFIGS)
def test_only_distances_hold_beyond_the_trained_length(name):
    torch.manual_seed(0)
    model = LanguageModel(CONFIGS[name])
    fit(model, dittos, Recipe(steps=300, schedule=one_cycle(1e-2)))
    once, twice, four_times = (share_right(model, n * LENGTH) for n in (1, 2, 4))
    assert once > 0.95
    assert (twice > 0.9 and four_times > 0.9) if HOLD[name] else (twice < 0.8 and four_times < 0.6)


# --- the ditto task ------------------------------------------------------------------------------


def test_ditto_task_is_its_definition():
    source, target = ditto_task(11, 7, 13)
    assert source.shape == target.shape == (11, 7) and DITTO == FIRST
    for row, answers in zip(source.tolist(), target.tolist(), strict=True):
        assert row[0] != DITTO
        last = None
        for token, answer in zip(row, answers, strict=True):
            last = last if token == DITTO else token
            assert answer == last


def test_half_of_the_places_hold_the_mark():
    source, _ = ditto_task(997, 11, 13)
    assert (source[:, 1:] == DITTO).float().mean().item() == pytest.approx(0.5, abs=0.02)
    assert source[source != DITTO].unique().tolist() == [5, 6, 7, 8, 9, 10, 11, 12]


def test_ditto_task_repeats_with_its_generator():
    one, same, other = (ditto_task(5, 7, 13, seeded(number))[0] for number in (3, 3, 4))
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_ditto_task_too_small():
    with refused("n=5, length=7, vocab_size=6", "1, 1 and 7", "ids 0 to 4 are special"):
        ditto_task(5, 7, 6)
    with refused("n=5, length=0, vocab_size=13", "1, 1 and 7"):
        ditto_task(5, 0, 13)
