"""Words become numbers, and numbers become words again.

text → tokens → ids: `tokenize` cuts a text into words, a `Vocabulary` numbers them.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from transformer_lib.masks import PAD

START = 1  # opens every target_in
END = 2  # closes every target_out
UNKNOWN = 3  # stands for each word that the vocabulary does not hold
SPECIAL = ("<pad>", "<start>", "<end>", "<unknown>")  # how ids 0 to 3 are written

SAVE_AGAIN = "Needed is the JSON list that save(path) writes; save it again."

ELISION = r"(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)'(?=\w)"  # l' in l'étudiant
WORD = r"\w+(?:['-]\w+)*"  # don't, est-ce
TOKEN = re.compile(rf"{ELISION}|{WORD}|[^\w\s]", re.IGNORECASE)


def tokenize(text: str) -> list[str]:
    """ "L'étudiant, is he sad?" → l' étudiant , is he sad ?

    Words are lower-cased, the English I excepted; a punctuation mark is a token of its own,
    and so is a French l', d' or qu'.

    Raises ValueError for a text without tokens.
    """
    tokens = TOKEN.findall(unicodedata.normalize("NFC", text).replace("’", "'"))
    if not tokens:
        raise ValueError(
            f"the text {text!r} holds 0 tokens; needed is at least 1: "
            f"write a word or leave the text out."
        )
    return [token if token.split("'")[0] == "I" else token.lower() for token in tokens]


def detokenize(tokens: Iterable[str]) -> str:
    """The tokens as one text, a space between them except after l', d', qu' …"""
    return re.sub(r"(?<=\w') ", "", " ".join(tokens))


class Vocabulary:
    """A numbered list of words: ids 0 to 3 are special, the others stand for one word each.

    Raises ValueError when a word is listed twice.
    """

    def __init__(self, words: Iterable[str]):
        self.words = [*SPECIAL, *words]  # id → word
        self.ids = {word: i for i, word in enumerate(self.words)}  # word → id
        if len(self.ids) < len(self.words):
            word, times = Counter(self.words).most_common(1)[0]
            raise ValueError(
                f"the word {word!r} is listed {times} times; a vocabulary needs each word once: "
                f"let Vocabulary.build(sentences) collect them."
            )

    @classmethod
    def build(cls, sentences: Iterable[str], min_count: int = 1) -> "Vocabulary":
        """The words that occur at least `min_count` times, the most frequent first.

        Raises ValueError for one text in place of a list, and for no sentences.
        """
        counts = Counter(word for text in check_sentences(sentences) for word in tokenize(text))
        frequent = [word for word in counts if counts[word] >= min_count]
        return cls(sorted(frequent, key=lambda word: (-counts[word], word)))

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, text: str) -> list[int]:
        """text → ids, one a token, without START and END"""
        return [self.ids.get(word, UNKNOWN) for word in tokenize(text)]

    def decode(self, ids: Iterable[int]) -> str:
        """ids → text, up to the first END, without PAD and START

        Raises ValueError for an id outside the vocabulary.
        """
        return detokenize(self.words[i] for i in strip_special(ids, len(self)))

    def unknown(self, text: str) -> list[str]:
        """The tokens of the text that become UNKNOWN."""
        return [word for word in tokenize(text) if word not in self.ids]

    def save(self, path: str | Path) -> None:
        """Write the words as JSON text."""
        text = json.dumps(self.words[len(SPECIAL) :], ensure_ascii=False, indent=0)
        Path(path).write_text(text + "\n", encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, path: str | Path) -> "Vocabulary":
        """Read what `save` wrote.

        Raises ValueError when the file is not a JSON list of words.
        """
        try:
            words = json.loads(Path(path).read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{path} is not a vocabulary: {error}. {SAVE_AGAIN}") from None
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            kind = type(words).__name__
            raise ValueError(f"{path} holds a {kind}, not a list of words. {SAVE_AGAIN}")
        return cls(words)


def check_sentences(sentences: Iterable[str]) -> list[str]:
    """The sentences as a list, refused when it is one text or empty."""
    if isinstance(sentences, str):
        raise ValueError(
            f"sentences is one text of {len(sentences)} letters; needed is a list of texts: "
            f"write [text] or text.splitlines()."
        )
    sentences = list(sentences)
    if not sentences:
        raise ValueError("there are 0 sentences; a vocabulary needs at least 1 to learn from.")
    return sentences


def strip_special(ids: Iterable[int], size: int) -> list[int]:
    """The ids before the first END, without PAD and START, each checked to be below `size`."""
    kept = []
    for i in map(int, ids):
        if not 0 <= i < size:
            raise ValueError(
                f"id {i} is not in the vocabulary, which has ids 0 to {size - 1}; "
                f"decode with the vocabulary that encoded the text."
            )
        if i == END:
            break
        if i not in (PAD, START):
            kept.append(i)
    return kept
