"""The model as one graph: nothing in a forward pass asks a tensor for its value."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from transformer_lib.attention import Attention
from transformer_lib.bert import BERT, BertEncoder
from transformer_lib.efficient import Linformer
from transformer_lib.layers import PostNorm, PreNorm
from transformer_lib.model import Classifier, Config, LanguageModel, Transformer
from transformer_lib.positions import LearnedPositions
from transformer_lib.relative import (
    AlibiScores,
    DisentangledScores,
    RotaryScores,
    ShawScores,
    T5Scores,
)
from transformer_lib.training import summed_cross_entropy

CONFIG = Config(vocab_size=17, d_model=12, n_heads=3, d_ff=23, max_len=11)
SCORES = {
    "Shaw": partial(ShawScores, d_head=4, max_distance=3),
    "T5": partial(T5Scores, n_heads=3, n_buckets=8, max_distance=6),
    "ALiBi": partial(AlibiScores, n_heads=3),
    "DeBERTa": partial(DisentangledScores, d_head=4, max_distance=3),
    "rotary": partial(RotaryScores, d_head=4),
}


def ids(length):
    """Two sentences, the second with a pad."""
    tokens = torch.randint(1, 17, (2, length))
    tokens[1, -1] = 0
    return tokens


def same_in_one_graph(model, *inputs):
    """Compiled without a break, a model gives what it gave."""
    torch.compiler.reset()
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(*inputs), model(*inputs))


@pytest.mark.parametrize(("residual", "training"), [(PreNorm, True), (PostNorm, False)])
def test_a_transformer_is_one_graph(residual, training):
    model = Transformer(replace(CONFIG, residual=residual)).train(training)
    same_in_one_graph(model, ids(7), ids(5))


def test_the_loss_and_its_gradients_are_one_graph():
    model = Transformer(CONFIG)

    def loss(source, target_in, target_out):
        total, count = summed_cross_entropy(model(source, target_in), target_out, smoothing=0.1)
        return total / count

    inputs = ids(7), ids(5), ids(5)
    same_in_one_graph(loss, *inputs)
    loss(*inputs).backward()
    expected = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    torch.compile(loss, backend="aot_eager", fullgraph=True)(*inputs).backward()
    for parameter, grad in zip(model.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, grad)


@pytest.mark.parametrize("name", SCORES)
def test_every_score_is_one_graph(name):
    config = replace(CONFIG, attention=lambda: Attention(SCORES[name]()))
    same_in_one_graph(LanguageModel(config), ids(7))


def test_other_models_are_one_graph():
    same_in_one_graph(Classifier(replace(CONFIG, positions=LearnedPositions), 3), ids(7))
    slots = replace(CONFIG, attention=lambda: Linformer(max_len=11, n_slots=4))
    same_in_one_graph(Classifier(slots, 3), ids(7))
    same_in_one_graph(BertEncoder(replace(CONFIG, **BERT)).eval(), ids(7))
