"""Text → the pieces of words that a BERT was trained on.

A frequent word is one piece; a rare one is spelled from several, ## marking those that continue.
Source: Devlin et al. 2019, "BERT", section 3; the pieces: Wu et al. 2016, section 4.1.
"""

import json
from pathlib import Path

from tokenizers import Encoding, Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import BertProcessing

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
NEEDED = ["[UNK]", "[CLS]", "[SEP]"]


class WordPieces:
    """Text → pieces between [CLS] and [SEP]; a word that cannot be spelled becomes [UNK]."""

    def __init__(self, tokenizer: Tokenizer, max_len: int):
        self.tokenizer = tokenizer
        self.max_len = max_len

    def encode(self, text: str) -> list[int]:
        """The id of each piece.

        Raises ValueError for a text without words and for one of more than max_len pieces.
        """
        return self.pieces(text).ids

    def tokens(self, text: str) -> list[str]:
        """The pieces themselves, to read and to label a picture; raises as `encode` does."""
        return self.pieces(text).tokens

    def pieces(self, text: str) -> Encoding:
        """Ids and pieces together, as the `tokenizers` library returns them."""
        pieces = self.tokenizer.encode(text)
        if len(pieces) == 2:  # [CLS] and [SEP]
            raise ValueError(
                f"the text {text!r} has no words; at least one is needed: write a sentence."
            )
        if len(pieces) > self.max_len:
            raise ValueError(
                f"the text has {len(pieces)} tokens with [CLS] and [SEP], but this model knows "
                f"only {self.max_len} positions; shorten or split the text."
            )
        return pieces


def load_wordpieces(directory: Path, vocab_size: int, max_len: int) -> WordPieces:
    """The tokenizer of a checkpoint, from its tokenizer.json or else its vocab.txt.

    Raises ValueError when neither is there or readable, and when its pieces are not the model's.
    """
    path = directory / "tokenizer.json"
    if not path.is_file():
        path = directory / "vocab.txt"
    tokenizer = read_tokenizer(path)
    check_pieces(tokenizer, path, vocab_size)
    tokenizer.no_padding()  # files like to fix a length; ours is that of the sentence
    tokenizer.no_truncation()
    ids = tokenizer.get_vocab()
    ends = (("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"]))
    tokenizer.post_processor = BertProcessing(*ends)
    return WordPieces(tokenizer, max_len)


def read_tokenizer(path: Path) -> Tokenizer:
    """A tokenizer.json as it is, or BERT's rules around a vocab.txt.

    Raises ValueError when the file is missing or broken.
    """
    if not path.is_file():
        raise ValueError(
            f"{path.parent} has neither tokenizer.json nor vocab.txt; the words need one of them: "
            f"copy it from where the weights came from."
        )
    try:
        if path.suffix == ".json":
            return Tokenizer.from_file(str(path))
        return bert_rules(WordPiece.read_file(str(path)), path.with_name("tokenizer_config.json"))
    except Exception as problem:  # the library raises bare Exceptions
        raise ValueError(
            f"{path} cannot be read as a tokenizer ({problem}); fetch the file again."
        ) from problem


def bert_rules(vocabulary: dict[str, int], rules: Path) -> Tokenizer:
    """Cut at spaces and punctuation, lower the case unless the rules say otherwise."""
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.add_special_tokens([piece for piece in SPECIAL if piece in vocabulary])
    chosen = read_settings(rules) if rules.is_file() else {}
    tokenizer.normalizer = BertNormalizer(
        lowercase=chosen.get("do_lower_case", True),
        strip_accents=chosen.get("strip_accents"),
        handle_chinese_chars=chosen.get("tokenize_chinese_chars", True),
    )
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return tokenizer


def check_pieces(tokenizer: Tokenizer, path: Path, vocab_size: int) -> None:
    """Refuse a tokenizer that was made for another model."""
    lacking = [piece for piece in NEEDED if tokenizer.token_to_id(piece) is None]
    if lacking or not isinstance(tokenizer.model, WordPiece):
        raise ValueError(
            f"{path} is a {type(tokenizer.model).__name__} tokenizer without "
            f"{', '.join(lacking) or 'word pieces'}; BERT needs WordPiece with "
            f"{', '.join(NEEDED)}: take the file that came with the weights."
        )
    highest = max(tokenizer.get_vocab().values())
    if highest >= vocab_size:
        raise ValueError(
            f"{path} has ids up to {highest}, but config.json says vocab_size={vocab_size}; "
            f"take both files from the same checkpoint."
        )


def read_settings(path: Path) -> dict:
    """A JSON file of names and values.

    Raises ValueError when it is broken or holds something else.
    """
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise ValueError(f"{path} is not JSON ({problem}); fetch the file again.") from problem
    if not isinstance(settings, dict):
        raise ValueError(
            f"{path} holds a {type(settings).__name__}; settings are needed, names with values: "
            f"fetch the file again."
        )
    return settings
