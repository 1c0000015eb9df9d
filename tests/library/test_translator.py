"""Text in, text out: a translator that learns, is saved, and comes back the same."""

import pytest
import torch

from transformer_lib import checkpoint
from transformer_lib.decoding import beam
from transformer_lib.evaluation import exact_match
from transformer_lib.layers import PostNorm
from transformer_lib.model import Config, Transformer
from transformer_lib.training import Recipe, fit
from transformer_lib.translator import Translator

PAIRS = [
    ("I am a student", "je suis étudiant"),
    ("the cat is black", "le chat est noir"),
    ("the black cat", "le chat noir"),
    ("how was your day", "comment se passe ta journée"),
]


@pytest.fixture(scope="module")
def translator():
    torch.manual_seed(0)
    translator = Translator.untrained(PAIRS, d_model=32, n_heads=2, n_layers=1, max_len=12)
    fit(translator.model, translator.epochs(PAIRS, size=2), Recipe(steps=120))
    return translator


def test_what_was_learnt_is_translated(translator):
    assert translator.translate([english for english, _ in PAIRS]) == [f for _, f in PAIRS]
    assert translator.translate(["The cat is black"], search=beam) == ["le chat est noir"]


def test_scores_of_a_perfect_translator(translator):
    assert translator.bleu(PAIRS) == pytest.approx(100)
    assert exact_match(translator.model, translator.epochs(PAIRS)(0)) == 1


def test_epochs_come_back_the_same_and_differ_from_each_other(translator):
    data = translator.epochs(PAIRS * 5, size=3)
    first, again, other = ([s.tolist() for s, _, _ in data(epoch)] for epoch in (0, 0, 1))
    assert first == again != other


def test_another_seed_is_another_order_of_the_same_sentences(translator):
    seeds = (translator.epochs(PAIRS * 5, size=3, seed=seed)(0) for seed in (0, 1))
    first, other = ([target.tolist() for _, _, target in batches] for batches in seeds)
    assert first != other
    assert sorted(sum(first, [])) == sorted(sum(other, []))


def test_a_saved_translator_comes_back_the_same(translator, tmp_path):
    file = tmp_path / "translator.safetensors"
    translator.save(file)
    back = Translator.load(file)
    assert back.translate(["I am a student"]) == ["je suis étudiant"]
    assert back.source.words == translator.source.words
    assert back.model.config == translator.model.config


def test_one_text_in_place_of_a_list_is_refused(translator):
    with pytest.raises(ValueError, match="one text 'I am'.*\\['I am'\\]"):
        translator.translate("I am")
    with pytest.raises(ValueError, match="holds 0 tokens"):
        translator.translate([""])


def test_a_file_without_vocabularies_is_refused(tmp_path):
    file = tmp_path / "model.safetensors"
    checkpoint.save_model(file, Transformer(Config(vocab_size=7, d_model=12)))
    with pytest.raises(ValueError, match="without its two vocabularies"):
        Translator.load(file)


def test_a_file_of_other_parts_is_refused(tmp_path):
    torch.manual_seed(0)
    other = Translator.untrained(PAIRS, d_model=12, residual=PostNorm)
    file = tmp_path / "translator.safetensors"
    other.save(file)
    with pytest.raises(ValueError, match="PostNorm, but this model has .*PreNorm"):
        Translator.load(file)
