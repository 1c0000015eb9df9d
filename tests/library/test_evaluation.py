"""A model that only answers: nothing is dropped, nothing learnt, and then it goes on as it was."""

import pytest
import torch
from torch import nn

from transformer_lib.evaluation import evaluating, exact_match
from transformer_lib.masks import PAD
from transformer_lib.model import Config, Transformer
from transformer_lib.training import Recipe, fit
from transformer_lib.translator import Translator

PAIRS = [("the cat is black", "le chat est noir"), ("I am a student", "je suis étudiant")] * 4


def modes(model):
    """Which modules are in training."""
    return [module.training for module in model.modules()]


def frozen_in_part():
    """A model in training, of which one module is not."""
    model = nn.Sequential(nn.Dropout(), nn.Linear(3, 3), nn.Dropout())
    model[2].eval()
    return model


def test_every_module_goes_on_as_it_was():
    model = frozen_in_part()
    before = modes(model)
    with evaluating(model) as same:
        assert same is model and not any(modes(model)) and not torch.is_grad_enabled()
    assert modes(model) == before and torch.is_grad_enabled()


def test_also_after_an_error():
    model = frozen_in_part()
    before = modes(model)
    with pytest.raises(RuntimeError), evaluating(model):
        raise RuntimeError
    assert modes(model) == before


class Answers(nn.Module):
    """Always answers 1, 2, 3; fails when asked twice."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.asked = 0

    def forward(self, tokens):
        self.asked += 1
        if self.asked == 2:
            raise RuntimeError("asked twice")
        assert not self.training
        return nn.functional.one_hot(torch.tensor([[1, 2, 3]] * len(tokens)), 5).float()


def test_a_sentence_is_right_in_every_place_or_wrong():
    expected = torch.tensor([[1, 2, 3], [1, 2, PAD], [1, 3, 3], [2, 2, 3]])
    model = Answers().train()
    assert exact_match(model, [(expected, expected)]) == 0.5
    assert model.training


def test_scoring_leaves_the_mode_after_an_error():
    batch = (torch.ones(1, 3), torch.tensor([[1, 2, 3]]))
    model = Answers().train()
    with pytest.raises(RuntimeError, match="asked twice"):
        exact_match(model, [batch, batch])
    assert model.training


def test_translating_leaves_the_mode():
    translator = Translator.untrained(PAIRS, d_model=8, n_heads=2, dropout=0.5)
    translator.model.train()
    translator.bleu(PAIRS[:2])
    assert all(modes(translator.model))
    with pytest.raises(TypeError):
        translator.translate(["the cat"], search=lambda model, source: model(None))
    assert all(modes(translator.model))


@pytest.mark.parametrize("kind", ["bleu", "left in eval"])
def test_a_training_goes_on_with_dropout_after_an_evaluation(kind):
    """The steps after it are those that a training without an evaluation makes."""

    def losses(evaluate):
        torch.manual_seed(0)
        translator = Translator.untrained(PAIRS, d_model=8, n_heads=2, dropout=0.5)
        judge = {"bleu": lambda model: translator.bleu(PAIRS[:1]), "left in eval": left_in_eval}[
            kind
        ]
        recipe = Recipe(steps=6, evaluate_every=2)
        data = translator.epochs(PAIRS, 4)
        return fit(translator.model, data, recipe, judge if evaluate else None).losses

    def left_in_eval(model):
        model.eval()
        return 0.0

    assert losses(evaluate=True) == losses(evaluate=False)


def test_an_evaluation_needs_a_batch():
    with pytest.raises(ValueError, match="no batch to evaluate; needed is at least 1"):
        exact_match(Transformer(Config(vocab_size=5)), [])
