"""Four sentences, learnt by heart in about a second, for tests that need a trained translator."""

from functools import cache

import torch

from transformer_lib.training import Recipe, fit
from transformer_lib.translator import Translator

PAIRS = [
    ("I am a student", "je suis étudiant"),
    ("the cat is black", "le chat est noir"),
    ("the black cat", "le chat noir"),
    ("how was your day", "comment se passe ta journée"),
]


@cache
def tiny_translator() -> Translator:
    """A translator of two layers with two heads each, trained on PAIRS."""
    torch.manual_seed(0)
    translator = Translator.untrained(PAIRS, d_model=32, n_heads=2, n_layers=2, max_len=12)
    recipe = Recipe(steps=120, betas=(0.9, 0.95))  # the pages of the tests show what this learns
    fit(translator.model, translator.epochs(PAIRS, size=2), recipe)
    return translator
