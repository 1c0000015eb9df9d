"""Models: shapes, fresh layers, and parts from outside that plug in."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn

from transformer_lib.attention import Attended, Attention, MultiHeadAttention
from transformer_lib.knockout import attentions
from transformer_lib.layers import Residual
from transformer_lib.model import (
    Classifier,
    Config,
    EncoderLayer,
    LanguageModel,
    Stack,
    Transformer,
)

BATCH, SOURCE, TARGET = 2, 7, 5
CONFIG = Config(vocab_size=17, target_vocab_size=19, d_model=12, n_heads=3, d_ff=23)


def ids(length, device="cpu"):
    return torch.randint(0, 17, (BATCH, length), device=device)


def test_shapes(device):
    source, target_in = ids(SOURCE, device), ids(TARGET, device)
    transformer = Transformer(CONFIG).to(device)
    assert transformer(source, target_in).shape == (BATCH, TARGET, 19)
    assert Classifier(CONFIG, n_classes=3).to(device)(source).shape == (BATCH, 3)
    assert LanguageModel(CONFIG).to(device)(source).shape == (BATCH, SOURCE, 17)


def test_one_vocabulary_serves_both_sides_when_only_one_is_given():
    model = Transformer(replace(CONFIG, target_vocab_size=None))
    assert model(ids(SOURCE), ids(TARGET)).shape == (BATCH, TARGET, 17)


def test_no_two_layers_share_or_equal_parameters():
    model = Transformer(replace(CONFIG, n_layers=3))
    matrices = [p for p in model.parameters() if p.dim() == 2]
    assert len({p.data_ptr() for p in matrices}) == len(matrices)
    for index, first in enumerate(matrices):
        assert not any(torch.equal(first, other) for other in matrices[index + 1 :])


@pytest.mark.parametrize(("field", "layers"), [("attention", 2 + 2), ("cross_attention", 2)])
def test_an_attention_factory_is_called_once_for_each_layer(field, layers):
    made = []
    Transformer(replace(CONFIG, **{field: lambda: made.append(Attention()) or made[-1]}))
    assert len(made) == len(set(map(id, made))) == layers


def test_positions_written_in_a_notebook_plug_in():
    class Ramp(nn.Module):
        def __init__(self, max_len, d_model):
            super().__init__()
            self.max_len = max_len

        def forward(self, x):
            return x + torch.arange(x.size(1), device=x.device)[:, None] / self.max_len

    plain, ramped = Transformer(CONFIG), Transformer(replace(CONFIG, positions=Ramp))
    ramped.load_state_dict(plain.state_dict())
    source, target_in = ids(SOURCE), ids(TARGET)
    assert isinstance(ramped.source_embedding.positions, Ramp)
    assert not torch.allclose(plain(source, target_in), ramped(source, target_in))


def test_attention_written_in_a_notebook_plugs_in():
    class Average(nn.Module):
        def forward(self, q, k, v, mask=None):
            weights = torch.full((*q.shape[:-1], k.size(-2)), 1 / k.size(-2))
            return Attended(weights @ v, weights, torch.zeros_like(weights))

    model = Transformer(replace(CONFIG, attention=Average, cross_attention=Average))
    inner = [m.attention for m in model.modules() if isinstance(m, MultiHeadAttention)]
    assert all(isinstance(attention, Average) for attention in inner)
    assert model(ids(SOURCE), ids(TARGET)).shape == (BATCH, TARGET, 19)


def test_embeddings_start_at_unit_size_before_positions():
    embedding = Transformer(
        replace(CONFIG, vocab_size=5000, d_model=64, n_heads=4)
    ).source_embedding
    assert embedding.table.weight.std().item() == pytest.approx(64**-0.5, rel=0.02)


def test_classifier_reads_the_first_token():
    model = Classifier(CONFIG, n_classes=3).eval()
    hidden = model.encoder(model.embedding(ids(SOURCE).clamp(min=1)))
    assert model.head(hidden[:, 0]).shape == (BATCH, 3)
    tokens = ids(SOURCE).clamp(min=1)
    torch.testing.assert_close(
        model(tokens), model.head(model.encoder(model.embedding(tokens))[:, 0])
    )


class Mine(Residual):
    """A residual path as a notebook cell writes it: no word about a final norm."""

    def forward(self, x, **inputs):
        return self.norm(x) + self.sublayer(x, **inputs)


def test_a_residual_of_ones_own_needs_no_final_norm(device):
    stack = Stack(EncoderLayer, replace(CONFIG, residual=Mine)).to(device)
    assert isinstance(stack.final_norm, torch.nn.Identity)
    assert stack(torch.randn(2, 5, CONFIG.d_model, device=device)).shape == (2, 5, CONFIG.d_model)


def dropouts(model):
    """The rate of each dropout in a model, by where it acts."""
    rates = {}
    for path, module in model.named_modules():
        if isinstance(module, torch.nn.Dropout):
            rates.setdefault(path.split(".")[-2], set()).add(module.p)
    return rates


def test_dropout_acts_on_embeddings_weights_and_sublayers():
    model = Transformer(replace(CONFIG, dropout=0.25))
    rates = dropouts(model)
    assert rates.pop("explicit") == {0.25}  # in the attention of every layer
    assert rates.pop("source_embedding") == rates.pop("target_embedding") == {0.25}
    assert rates == {"self_attention": {0.25}, "cross_attention": {0.25}, "feed_forward": {0.25}}


def test_an_attention_of_ones_own_sets_its_own_dropout():
    own = partial(Attention, dropout=0.5)
    model = Transformer(replace(CONFIG, dropout=0.25, attention=own, cross_attention=Attention))
    modes = {layer.attention.dropout.p for layer in attentions(model).values()}
    assert modes == {0.5, 0.0}


def test_attention_weights_are_dropped_in_training():
    torch.manual_seed(0)
    layer = EncoderLayer(replace(CONFIG, dropout=0.5))
    heard = layer.self_attention.sublayer.attention
    x = torch.randn(1, 3, 7, 4)
    once, again = (heard.train()(x, x, x).output for _ in range(2))
    assert not torch.equal(once, again)
    assert torch.equal(heard.eval()(x, x, x).output, heard.eval()(x, x, x).output)
