"""Words come apart as BERT's own tokenizer takes them apart."""

import json

import pytest
from tokenizers import Tokenizer
from tokenizers.models import BPE, WordPiece
from transformers import BertTokenizerFast

from transformer_lib.wordpieces import load_wordpieces

PIECES = "[PAD] [UNK] [CLS] [SEP] [MASK] i am a student . cr ##eme ##s 漢 字 I".split()
VOCAB_SIZE, MAX_LEN = len(PIECES), 11


@pytest.fixture
def checkpoint(tmp_path):
    """A directory with a vocab.txt and nothing else."""
    (tmp_path / "vocab.txt").write_text("\n".join(PIECES) + "\n", encoding="utf-8")
    return tmp_path


def opened(checkpoint):
    return load_wordpieces(checkpoint, VOCAB_SIZE, MAX_LEN)


def write_json(checkpoint, model=None):
    """A tokenizer.json as published ones are: it pads and cuts to a length of its own."""
    model = model or WordPiece(dict(zip(PIECES, range(VOCAB_SIZE))), unk_token="[UNK]")
    tokenizer = Tokenizer(model)
    tokenizer.enable_padding(length=7)
    tokenizer.enable_truncation(3)
    tokenizer.save(str(checkpoint / "tokenizer.json"))


@pytest.mark.parametrize("text", ["I am a student.", "Crèmes, [MASK]!", "漢字 a\tstudents", "été"])
def test_ids_are_those_of_the_reference(checkpoint, text):
    theirs = BertTokenizerFast.from_pretrained(checkpoint, local_files_only=True)
    assert opened(checkpoint).encode(text) == theirs(text)["input_ids"]


def test_pieces_to_read(checkpoint):
    tokens = opened(checkpoint).tokens("I am a student. Crèmes zzz")
    assert tokens == "[CLS] i am a student . cr ##eme ##s [UNK] [SEP]".split()


def test_case_stays_where_the_checkpoint_keeps_it(checkpoint):
    (checkpoint / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": False}))
    assert opened(checkpoint).tokens("I i") == ["[CLS]", "I", "i", "[SEP]"]


def test_tokenizer_json_comes_first_and_keeps_the_sentence_whole(checkpoint):
    write_json(checkpoint)
    (checkpoint / "vocab.txt").unlink()
    assert opened(checkpoint).encode("cremes") == [2, 10, 11, 12, 3]
    write_json(
        checkpoint, WordPiece({"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3}, unk_token="[UNK]")
    )
    assert opened(checkpoint).encode("a") == [1, 3, 2]


@pytest.mark.parametrize("text", ["", " \n", "\x00"])
def test_a_text_without_words(checkpoint, text):
    with pytest.raises(ValueError, match="the text '.*' has no words; at least one .* write a"):
        opened(checkpoint).encode(text)


def test_a_text_past_max_len(checkpoint):
    wordpieces = opened(checkpoint)
    assert len(wordpieces.encode("a " * 9)) == MAX_LEN
    with pytest.raises(ValueError, match="12 tokens with .* knows only 11 positions; shorten or"):
        wordpieces.tokens("a " * 10)


def test_no_file_of_words(checkpoint):
    (checkpoint / "vocab.txt").unlink()
    with pytest.raises(ValueError, match="has neither tokenizer.json nor vocab.txt; .* copy it"):
        opened(checkpoint)


@pytest.mark.parametrize("name", ["tokenizer.json", "vocab.txt"])
def test_a_broken_file_of_words(checkpoint, name):
    (checkpoint / name).write_bytes(b"\xff{")
    with pytest.raises(ValueError, match=f"{name} cannot be read as a tokenizer .*; fetch"):
        opened(checkpoint)


def test_broken_rules(checkpoint):
    (checkpoint / "tokenizer_config.json").write_text("{")
    with pytest.raises(ValueError, match="tokenizer_config.json is not JSON .*; fetch the file"):
        opened(checkpoint)


def test_settings_that_have_no_names(checkpoint):
    (checkpoint / "tokenizer_config.json").write_text("[1]")
    with pytest.raises(ValueError, match="holds a list; settings are needed, .* fetch the file"):
        opened(checkpoint)


def test_a_vocabulary_without_sentence_ends(checkpoint):
    (checkpoint / "vocab.txt").write_text("[PAD]\n[UNK]\na\n")
    with pytest.raises(ValueError, match=r"WordPiece tokenizer without \[CLS\], \[SEP\]; BERT"):
        opened(checkpoint)


def test_a_tokenizer_of_another_kind(checkpoint):
    write_json(checkpoint, BPE(dict(zip(PIECES, range(VOCAB_SIZE))), []))
    with pytest.raises(ValueError, match="a BPE tokenizer without word pieces; .* take the file"):
        opened(checkpoint)


def test_more_pieces_than_the_model_has(checkpoint):
    with pytest.raises(ValueError, match="has ids up to 15, but .* vocab_size=13; take both"):
        load_wordpieces(checkpoint, 13, MAX_LEN)
