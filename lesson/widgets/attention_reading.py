"""How a text becomes words and a trace: what an attention view needs of a model.

    read_pair(translator, "I am a student")             # the model writes the translation
    read_pair(translator, "I am a student", "je suis")  # … or is made to say yours
    read_text(model, vocabulary, "the cat is black")    # a model of one text

Any function (source, target) → Reading can stand in for these two.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from transformer_lib.attention import masked_softmax
from transformer_lib.decoding import greedy
from transformer_lib.evaluation import evaluating
from transformer_lib.parts import Part, find_parts
from transformer_lib.subwords import Subwords
from transformer_lib.trace import record
from transformer_lib.translator import Translator
from transformer_lib.vocabulary import START, Vocabulary, strip_special, tokenize
from transformer_lib.wordpieces import WordPieces

Words = Vocabulary | Subwords | WordPieces
LONGEST = 24  # tokens, of a sentence that still fits on a page


class Reading(NamedTuple):
    """One sentence, and what a model's attention did with it."""

    source: str
    target: str  # as typed, or as the model wrote it; empty where there is no target
    parts: dict[str, Part]  # words and recorded layers of encoder, decoder and cross attention
    unknown: Sequence[str]  # words of the source that its vocabulary does not hold
    next_words: list[str]  # the likeliest word after each token of a decoder
    unknown_target: Sequence[str] = ()  # words of the target that its vocabulary does not hold


Read = Callable[[str, str], Reading]


class Tokens(NamedTuple):
    """A text as the model reads it."""

    ids: list[int]
    words: list[str]  # one for each id
    unknown: Sequence[str] = ()  # those that the vocabulary does not hold, each once


def read_pair(translator: Translator, source: str, target: str = "") -> Reading:
    """Let a translator read both texts; where the target is empty it writes one itself.

    Raises ValueError for a source without words, and for texts that are too long.
    """
    model, target = translator.model, target.strip()
    heard = fitting("source", typed(translator.source, source), model)
    with evaluating(model), record(model) as trace:
        said = typed(translator.target, target) if target else written(translator, heard)
        asked = fitting("target", opened(said), model)
        logits = model(batch(heard, model), batch(asked, model))
    parts = find_parts(trace, heard.words, asked.words)
    target = target or translator.target.decode(said.ids)
    next_words = likeliest(logits, translator.target)
    return Reading(source, target, checked(parts), heard.unknown, next_words, said.unknown)


def read_text(model: nn.Module, vocabulary: Words, source: str, target: str = "") -> Reading:
    """Let a model of one text read it, <start> first as in training; a BERT begins with [CLS].

    target: not looked at

    Raises ValueError for a text without words, and for one that is too long.
    """
    heard = typed(vocabulary, source)
    if not isinstance(vocabulary, WordPieces):  # which bring a [CLS] of their own
        heard = opened(heard)
    with evaluating(model), record(model) as trace:
        logits = model(batch(fitting("text", heard, model), model))
    parts = find_parts(trace, heard.words, None)
    next_words = likeliest(logits, vocabulary) if "decoder" in parts else []
    return Reading(source, "", checked(parts), heard.unknown, next_words)


def typed(vocabulary: Words, text: str) -> Tokens:
    """What a person has written."""
    ids = vocabulary.encode(text)
    if not isinstance(vocabulary, Vocabulary):
        return spelled(vocabulary, ids)
    return Tokens(ids, tokenize(text), list(dict.fromkeys(vocabulary.unknown(text))))


def written(translator: Translator, source: Tokens) -> Tokens:
    """What the model writes for this source, likeliest word after likeliest word."""
    model, vocabulary = translator.model, translator.target
    ids = greedy(model, batch(source, model), room_in(model) - 1)[0].tolist()
    return spelled(vocabulary, strip_special(ids, len(vocabulary)))


def spelled(vocabulary: Words, ids: list[int]) -> Tokens:
    """Ids with the words or pieces they stand for."""
    if isinstance(vocabulary, Vocabulary):
        return Tokens(ids, [vocabulary.words[i] for i in ids])
    return Tokens(ids, [vocabulary.tokenizer.id_to_token(i) for i in ids])


def opened(tokens: Tokens) -> Tokens:
    """The same with START in front."""
    return Tokens([START, *tokens.ids], ["<start>", *tokens.words], tokens.unknown)


def likeliest(logits: Tensor, vocabulary: Words) -> list[str]:
    """The likeliest next word at each place; logits: (1, length, vocab_size)"""
    return spelled(vocabulary, logits[0, :, : len(vocabulary)].argmax(-1).tolist()).words


def room_in(model: nn.Module) -> int:
    """How many tokens the model and the page have places for."""
    return min(LONGEST, model.config.max_len)


def fitting(name: str, tokens: Tokens, model: nn.Module) -> Tokens:
    """The tokens, unless they are too many."""
    came, room = len(tokens.ids), room_in(model)
    if came > room:
        raise ValueError(
            f"the {name} has {came} tokens, but this view of this model has room for {room}; "
            f"shorten it by {came - room}."
        )
    return tokens


def batch(tokens: Tokens, model: nn.Module) -> Tensor:
    """(1, length) ids where the model is."""
    return torch.tensor([tokens.ids], device=next(model.parameters()).device)


def checked(parts: dict[str, Part]) -> dict[str, Part]:
    """The parts, unless their weights are something else than the softmax of their scores."""
    for name, part in parts.items():
        for index, layer in enumerate(part.layers):
            if layer.scores is None or not torch.allclose(
                masked_softmax(layer.scores, layer.visible), layer.weights, atol=1e-4
            ):
                raise ValueError(
                    f"the weights of {name} layer {index} are not the softmax of recorded scores, "
                    f"which this view computes anew; draw them with plots.heatmap."
                )
    return parts
