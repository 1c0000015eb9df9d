"""Pieces of words: rare words fall apart, nothing else changes."""

from transformer_lib.data import translation_pairs
from transformer_lib.masks import PAD
from transformer_lib.subwords import Subwords
from transformer_lib.vocabulary import END, SPECIAL, START, UNKNOWN

CORPUS = translation_pairs("random")


def test_subwords_cut_what_words_would_not_know():
    subwords = Subwords.build(["low lower lowest new newer newest"] * 5, 40)
    assert subwords.pieces("low") == ["▁low"]
    assert len(subwords.pieces("slow")) > 1
    assert subwords.decode(subwords.encode("newest lower")) == "newest lower"
    assert UNKNOWN in subwords.encode("가")
    assert subwords.decode([START, *subwords.encode("low"), PAD, END, 9]) == "low"


def test_subwords_have_the_same_special_ids_and_size():
    subwords = Subwords.build([english for english, _ in CORPUS], 200)
    assert len(subwords) == 200
    assert [subwords.tokenizer.token_to_id(word) for word in SPECIAL] == [0, 1, 2, 3]
    again = Subwords.build([english for english, _ in CORPUS], 200)
    assert again.encode("the cat is black") == subwords.encode("the cat is black")
