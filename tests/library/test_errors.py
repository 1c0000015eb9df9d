"""Every refusal says what came, what was needed and what to do."""

from dataclasses import replace

import pytest
import torch

from helpers.errors import refused
from transformer_lib.attention import Attention, MultiHeadAttention, masked_softmax
from transformer_lib.layers import PostNorm
from transformer_lib.masks import causal_mask, padding_mask
from transformer_lib.model import Classifier, Config, LanguageModel, Transformer
from transformer_lib.positions import LearnedPositions, SinusoidalPositions, sinusoids
from transformer_lib.trace import record

CONFIG = Config(vocab_size=17, target_vocab_size=19, d_model=12, n_heads=3, max_len=11)
SCORES = torch.randn(2, 3, 5, 7)


def test_mask_of_another_type():
    with refused("torch.float32", "torch.bool", "True = may attend", "mask.bool()", "~mask"):
        masked_softmax(SCORES, torch.ones(5, 7))


@pytest.mark.parametrize("shape", [(2, 7), (5, 5), (2, 1, 1, 5), (1, 2, 3, 5, 7)])
def test_mask_of_another_shape(shape):
    with refused(str(shape), "(2, 3, 5, 7)", "padding_mask(tokens)"):
        masked_softmax(SCORES, torch.ones(shape, dtype=torch.bool))


def test_mask_of_another_length_inside_a_layer():
    layer = MultiHeadAttention(12, 3)
    with refused("(4, 4)", "(2, 3, 5, 5)"):
        layer(torch.randn(2, 5, 12), mask=causal_mask(4))


def test_padding_mask_of_one_sentence():
    with refused("(7,)", "(batch, key)", "tokens[None]"):
        padding_mask(torch.ones(7, dtype=torch.long))


@pytest.mark.parametrize("n_heads", [5, 0, -3])
def test_heads_that_do_not_divide(n_heads):
    with refused("d_model=12", f"n_heads={n_heads}", "divisors of 12"):
        MultiHeadAttention(12, n_heads)


def test_heads_that_do_not_divide_in_a_model():
    with refused("d_model=12", "n_heads=5"):
        Transformer(Config(vocab_size=17, d_model=12, n_heads=5))


@pytest.mark.parametrize(
    "name", ["vocab_size", "max_len", "d_model", "n_heads", "n_layers", "d_ff"]
)
def test_sizes_below_one(name):
    with refused(f"Config.{name}=0", "at least 1"):
        Config(**{"vocab_size": 17, name: 0})


@pytest.mark.parametrize("dropout", [-0.1, 1.5])
def test_dropout_outside_its_range(dropout):
    with refused(f"Config.dropout={dropout}", "0 to below 1"):
        Config(vocab_size=17, dropout=dropout)


def test_target_vocabulary_below_one():
    with refused("Config.target_vocab_size=0", "at least 1"):
        Config(vocab_size=17, target_vocab_size=0)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("attention", Attention()),
        ("cross_attention", Attention()),
        ("positions", SinusoidalPositions(11, 12)),
    ],
)
def test_a_part_that_all_layers_would_share(name, part):
    kind = type(part).__name__
    with refused(f"Config.{name}", "a new module for each layer", kind, f"{name}=lambda: {kind}"):
        Config(vocab_size=17, **{name: part})


@pytest.mark.parametrize("positions", [SinusoidalPositions, LearnedPositions])
def test_a_sentence_past_max_len(positions):
    model = Transformer(replace(CONFIG, positions=positions))
    with refused("13 tokens", "max_len=11", "raise Config.max_len or shorten"):
        model(torch.ones(2, 13, dtype=torch.long), torch.ones(2, 5, dtype=torch.long))


def test_an_odd_width_for_sinusoids():
    with refused("d_model=7", "pairs", "such as 8"):
        sinusoids(11, 7)


def test_ids_outside_the_vocabulary(device):
    model = LanguageModel(CONFIG).to(device)
    with refused("from 3 to 17", "ids 0 to 16", "vocab_size to 18"):
        model(torch.tensor([[3, 17]], device=device))
    with refused("from -1 to 5", "ids 0 to 16"):
        model(torch.tensor([[5, -1]], device=device))


def test_target_ids_outside_the_target_vocabulary():
    with refused("from 1 to 19", "ids 0 to 18"):
        Transformer(CONFIG)(torch.tensor([[1, 16]]), torch.tensor([[1, 19]]))


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 5), (7,), (2, 3, 4)])
def test_tokens_of_another_shape(shape):
    with refused(str(shape), "(batch, length)"):
        Classifier(CONFIG, n_classes=3)(torch.ones(shape, dtype=torch.long))


def test_tokens_that_are_not_whole_numbers():
    with refused("torch.float32", "tokens.long()"):
        Classifier(CONFIG, n_classes=3)(torch.rand(2, 5))


def test_a_classifier_without_classes():
    with refused("n_classes=1", "at least 2"):
        Classifier(CONFIG, n_classes=1)


def test_a_trace_asked_for_what_it_does_not_hold():
    model = LanguageModel(CONFIG)
    with record(model) as trace:
        pass
    with refused("'decoder'", "nothing", "encoder, decoder, cross", "record(model)"):
        trace.weights("decoder")
    with refused("'heads'", "encoder, decoder, cross"):
        trace.weights("heads")


@pytest.mark.parametrize("dtype", [torch.bool, torch.int8, torch.float32])
def test_tokens_of_another_type(dtype):
    with refused(f"tokens are {dtype}", "whole numbers", "tokens.long()"):
        Classifier(CONFIG, n_classes=2)(torch.ones(2, 3).to(dtype))


def test_a_negative_id_is_no_reason_for_a_larger_vocabulary():
    with pytest.raises(ValueError, match="run from -1 to 3.*; look the words up") as refusal:
        Classifier(CONFIG, n_classes=2)(torch.tensor([[3, -1]]))
    assert "raise vocab_size" not in str(refusal.value)


def test_one_residual_for_all_layers():
    with refused("Config.residual", "a new module for each layer", "one PostNorm"):
        Config(vocab_size=17, residual=PostNorm(torch.nn.Identity(), 8))
