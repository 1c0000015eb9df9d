"""Text → ids → text, with nothing lost on the way."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from helpers.errors import refused
from transformer_lib.data import STUDENT, everyday_pairs, translation_pairs
from transformer_lib.masks import PAD
from transformer_lib.subwords import Subwords
from transformer_lib.vocabulary import (
    END,
    SPECIAL,
    START,
    UNKNOWN,
    Vocabulary,
    detokenize,
    tokenize,
)

SENTENCES = ["the cat is black", "the dog is white", "I see the cat"]
CORPUS = translation_pairs("random")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("I am a student", "I am a student"),
        ("The cat is black.", "the cat is black ."),
        ("L'étudiant n'aime pas l'eau", "l' étudiant n' aime pas l' eau"),
        ("Est-ce qu'il y a un chat ?", "est-ce qu' il y a un chat ?"),
        ("l’été, aujourd’hui", "l' été , aujourd'hui"),
        ("I don't think I'm late!", "I don't think I'm late !"),
        ("사자가 소리를 듣고", "사자가 소리를 듣고"),
        ("tu m'as dit « oui »", "tu m' as dit « oui »"),
        ("e\u0301te\u0301", "\u00e9t\u00e9"),  # two ways to write été
    ],
)
def test_tokenize(text, tokens):
    assert tokenize(text) == tokens.split()


def test_special_ids_are_what_they_are_called():
    assert (PAD, START, END, UNKNOWN) == (0, 1, 2, 3)
    assert Vocabulary.build(SENTENCES).words[:4] == list(SPECIAL)


def test_frequent_words_come_first_and_ties_are_in_order():
    words = Vocabulary.build(SENTENCES).words[4:]
    assert words == ["the", "cat", "is", "I", "black", "dog", "see", "white"]


def test_rare_words_are_left_out():
    vocabulary = Vocabulary.build(SENTENCES, min_count=2)
    assert len(vocabulary) == 7
    assert vocabulary.encode("the dog") == [4, UNKNOWN]
    assert vocabulary.unknown("the dog is white") == ["dog", "white"]


def test_encode_and_decode():
    vocabulary = Vocabulary.build([STUDENT[0]])
    assert vocabulary.encode("I am a student") == [4, 6, 5, 7]
    assert vocabulary.decode([START, 4, 6, PAD, 5, END, 7]) == "I am a"
    assert vocabulary.decode(torch.tensor([4, UNKNOWN])) == "I <unknown>"
    assert vocabulary.decode([]) == ""


@pytest.mark.parametrize("side", [0, 1])
def test_every_sentence_comes_back(side):
    texts = [pair[side] for pair in CORPUS]
    for coder in (Vocabulary.build(texts), Subwords.build(texts, 300)):
        for text in texts:
            ids = coder.encode(text)
            assert coder.decode(ids) == text and UNKNOWN not in ids


@pytest.mark.parametrize("side", [0, 1])
def test_everyday_sentences_come_back_as_tokens(side):
    texts = [pair[side] for pair in everyday_pairs()]
    vocabulary = Vocabulary.build(texts)
    for text in texts:
        assert tokenize(vocabulary.decode(vocabulary.encode(text))) == tokenize(text)


def test_save_and_load(tmp_path):
    vocabulary = Vocabulary.build([french for _, french in CORPUS])
    vocabulary.save(tmp_path / "words.json")
    assert Vocabulary.load(tmp_path / "words.json").words == vocabulary.words
    assert "été" not in vocabulary.words or "été" in (tmp_path / "words.json").read_text("utf-8")


def test_join_leaves_no_space_after_an_elision():
    assert detokenize(["l'", "eau", "n'", "est", "pas", "l'", "air"]) == "l'eau n'est pas l'air"


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_an_empty_text(text):
    vocabulary = Vocabulary.build(SENTENCES)
    for encode in (tokenize, vocabulary.encode, vocabulary.unknown, Subwords.build(["a"]).encode):
        with refused(repr(text), "0 tokens", "at least 1"):
            encode(text)


@pytest.mark.parametrize("kind", [Vocabulary, Subwords])
def test_nothing_to_learn_from(kind):
    with refused("0 sentences", "at least 1"):
        kind.build([])
    with refused("one text of 16 letters", "a list of texts", "[text]"):
        kind.build("the cat is black")


@pytest.mark.parametrize("kind", [Vocabulary, Subwords])
def test_an_id_outside_the_vocabulary(kind):
    coder = kind.build(SENTENCES)
    for wrong in (len(coder), -1):
        with refused(f"id {wrong} ", f"ids 0 to {len(coder) - 1}", "that encoded"):
            coder.decode([4, wrong])


def test_a_word_listed_twice():
    with refused("'cat'", "2 times", "once", "Vocabulary.build"):
        Vocabulary(["cat", "dog", "cat"])
    with refused("'<pad>'", "2 times"):
        Vocabulary(["<pad>"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[1, 2", ["is not a vocabulary", "line 1 column 6", "save it again"]),
        (b"\xff\xfe", ["is not a vocabulary", "save it again"]),
        (b'{"cat": 4}', ["holds a dict", "list of words", "save it again"]),
        (b"[4, 5]", ["holds a list", "list of words"]),
    ],
)
def test_a_file_that_is_no_vocabulary(content, words, tmp_path):
    path = tmp_path / "words.json"
    path.write_bytes(content)
    with refused("words.json", *words):
        Vocabulary.load(path)


def has_tokens(text):
    """Whether there is anything to encode."""
    try:
        return bool(tokenize(text))
    except ValueError:
        return False


TEXTS = st.text(st.characters(codec="utf-8"), max_size=40).filter(has_tokens)


@given(TEXTS)
def test_what_was_encoded_is_decoded_to_the_same_tokens(text):
    vocabulary = Vocabulary.build([text])
    ids = vocabulary.encode(text)
    assert UNKNOWN not in ids and len(ids) == len(tokenize(text))
    assert tokenize(vocabulary.decode(ids)) == tokenize(text)


@given(st.lists(TEXTS, min_size=1, max_size=5), TEXTS)
def test_another_text_loses_only_the_words_it_is_told(texts, text):
    vocabulary = Vocabulary.build(texts)
    words = [vocabulary.words[i] for i in vocabulary.encode(text)]
    lost = set(vocabulary.unknown(text))
    assert words == [SPECIAL[UNKNOWN] if word in lost else word for word in tokenize(text)]
