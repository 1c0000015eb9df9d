"""Pieces of words become numbers: frequent words stay whole, rare ones fall apart.

Source: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units"
(byte-pair encoding).
"""

from collections.abc import Iterable

import tokenizers

from transformer_lib.vocabulary import (
    SPECIAL,
    UNKNOWN,
    check_sentences,
    detokenize,
    strip_special,
    tokenize,
)


class Subwords:
    """Byte-pair encoding: rare words fall into frequent pieces, "unhappiest" → un happi est.

    Encodes and decodes as `Vocabulary` does, with the same special ids.
    """

    def __init__(self, tokenizer: tokenizers.Tokenizer):
        self.tokenizer = tokenizer

    @classmethod
    def build(cls, sentences: Iterable[str], vocab_size: int = 500) -> "Subwords":
        """Merge the most frequent neighbours until there are `vocab_size` pieces, or fewer
        when nothing is left to merge.

        Raises ValueError for one text in place of a list, and for no sentences.
        """
        tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token=SPECIAL[UNKNOWN]))
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
        tokenizer.decoder = tokenizers.decoders.Metaspace()
        trainer = tokenizers.trainers.BpeTrainer(
            vocab_size=vocab_size, special_tokens=list(SPECIAL), show_progress=False
        )
        texts = [" ".join(tokenize(text)) for text in check_sentences(sentences)]
        tokenizer.train_from_iterator(texts, trainer)
        return cls(tokenizer)

    def __len__(self) -> int:
        return self.tokenizer.get_vocab_size()

    def pieces(self, text: str) -> list[str]:
        """What the text is cut into; the first piece of a word opens with ▁."""
        return self.tokenizer.encode(" ".join(tokenize(text))).tokens

    def encode(self, text: str) -> list[int]:
        """text → ids, one a piece, without START and END"""
        return self.tokenizer.encode(" ".join(tokenize(text))).ids

    def decode(self, ids: Iterable[int]) -> str:
        """ids → text, up to the first END, without PAD and START

        Raises ValueError for an id outside the vocabulary.
        """
        kept = strip_special(ids, len(self))
        return detokenize(self.tokenizer.decode(kept, skip_special_tokens=False).split())
