"""Sessions: given the words so far, what are the scores of the next one?

`UncachedSession` reads all words again at each step and serves any model. `CachedSession` keeps
the keys and values of the words already read and gives the same answers; it wraps the layers of a
`Transformer` and changes none.
"""

import copy
import inspect
from collections.abc import Callable
from typing import Any, Protocol

from torch import Tensor, nn

from transformer_lib.attention import Attention, FusedAttention, MultiHeadAttention
from transformer_lib.efficient import Masked
from transformer_lib.model import DecoderLayer, Stack, Transformer


class Session(Protocol):
    """What decoding asks. Made of a model and source (batch, source) ids."""

    def logits(self, tokens: Tensor) -> Tensor:
        """tokens: (batch, so far) ids, one longer at each call
        returns (batch, target_vocab_size) scores for the next word
        """
        ...

    def select(self, rows: Tensor) -> None:
        """Go on with these rows of the batch, in this order; a row may come more than once."""
        ...

    def reorder(self, rows: Tensor) -> None:
        """As `select`, where each row takes the place of one with the same source, so that what
        was made of the source can stay.
        """
        ...


FIRST_ROOM = 16  # words for which a cache has room at first
MakeSession = Callable[[nn.Module, Tensor], Session]


def open_session(model: nn.Module, source: Tensor, session: MakeSession | None = None) -> Session:
    """The session asked for; else a `CachedSession` where the model is a `Transformer` with the
    library's own decoder layers, and an `UncachedSession` for any other.
    """
    if session is None:
        session = CachedSession if has_cacheable_decoder(model) else UncachedSession
    return session(model, source)


class UncachedSession:
    """Scores for the next word by reading all words again: slow, and right for any model that is
    called like `Transformer`. One that has `encode` and `decode` reads the source only once.
    """

    def __init__(self, model: Any, source: Tensor):
        """source: (batch, source) ids"""
        in_halves = hasattr(model, "encode") and hasattr(model, "decode")
        self.read = model.decode if in_halves else lambda tokens, source: model(source, tokens)
        self.context = model.encode(source) if in_halves else (source,)

    def logits(self, tokens: Tensor) -> Tensor:
        """tokens: (batch, so far) ids → (batch, target_vocab_size) scores for the next word"""
        return self.read(tokens, *self.context)[:, -1]

    def select(self, rows: Tensor) -> None:
        """Go on with these rows of the batch, in this order; a row may come more than once."""
        self.context = tuple(tensor[rows] for tensor in self.context)

    def reorder(self, rows: Tensor) -> None:
        """As `select`, where each row takes the place of one with the same source."""


class CachedSession:
    """The same scores from the newest word alone: older words left their keys and values."""

    def __init__(self, model: Any, source: Tensor):
        """model: a `Transformer`; source: (batch, source) ids, encoded once"""
        self.model = model
        memory, mask = model.encode(source)
        self.memory_mask = None if mask.all() else mask  # what hides nothing only costs time
        self.takes_start = takes_start(model.target_embedding.positions)
        layers = model.decoder.layers
        self.own = [KVCache(layer.self_attention.sublayer) for layer in layers]
        self.cross = [KVMemory(layer.cross_attention.sublayer, memory) for layer in layers]
        self.layers = list(map(with_caches, layers, self.own, self.cross))

    def logits(self, tokens: Tensor) -> Tensor:
        """tokens: (batch, so far) ids, one longer at each call
        returns (batch, target_vocab_size) scores for the next word
        """
        x = self.embed_newest(tokens)
        for layer in self.layers:
            x = layer(x, memory=None, memory_mask=self.memory_mask)
        return self.model.head(self.model.decoder.final_norm(x))[:, 0]

    def embed_newest(self, tokens: Tensor) -> Tensor:
        """tokens: (batch, so far) ids → (batch, 1, d_model)"""
        embedding = self.model.target_embedding
        if self.takes_start:
            return embedding(tokens[:, -1:], start=tokens.size(1) - 1)
        return embedding(tokens)[:, -1:]

    def select(self, rows: Tensor) -> None:
        """Go on with these rows of the batch, in this order; a row may come more than once."""
        if self.memory_mask is not None:
            self.memory_mask = self.memory_mask[rows]
        for cache in self.cross:
            cache.select(rows)
        self.reorder(rows)

    def reorder(self, rows: Tensor) -> None:
        """As `select`, where each row takes the place of one with the same source, so that what
        was made of the source can stay.
        """
        for cache in self.own:
            cache.select(rows)


def has_cacheable_decoder(model: Any) -> bool:
    """Whether a model decodes as `Transformer` does, through layers that can keep keys and values.

    One whose `decode` is its own, or whose decoder holds another kind of layer, is left to say
    its scores by itself.
    """
    own_way = getattr(type(model), "decode", None) is not Transformer.decode
    if own_way or type(model.decoder) is not Stack:
        return False
    return all(is_cacheable(layer) for layer in model.decoder.layers)


def is_cacheable(layer: Any) -> bool:
    """Whether a decoder layer asks keys and values that can be made before it asks."""
    if type(layer) is not DecoderLayer:
        return False
    heads = [
        getattr(each, "sublayer", None) for each in (layer.self_attention, layer.cross_attention)
    ]
    return all(type(each) is MultiHeadAttention and keeps_keys(each.attention) for each in heads)


def keeps_keys(attention: Any) -> bool:
    """Whether each key is asked as it is: Linformer, say, mixes all of them, later ones too."""
    if type(attention) is Masked:
        return keeps_keys(attention.inner)
    return type(attention) in (Attention, FusedAttention)


def takes_start(positions: nn.Module) -> bool:
    """Whether a positions module can be asked for places further on without those before."""
    return "start" in inspect.signature(positions.forward).parameters


class KVCache(nn.Module):
    """A self-attention that is asked by one new word at a time and keeps the keys and values of
    all words so far, in a buffer that is made twice as long when it is full.
    """

    def __init__(self, attention: MultiHeadAttention):
        super().__init__()
        self.attention = attention
        self.length = 0
        self.kept: tuple[Tensor, ...] = ()  # k and v, (batch, heads, room, d_head)

    def forward(self, x: Tensor, mask: None = None) -> Tensor:
        """x: (batch, 1, d_model) the newest word → the same shape"""
        new = self.attention.keys_values(x)
        if not self.kept:
            self.kept = tuple(each.repeat(1, 1, FIRST_ROOM, 1) for each in new)
        if self.length == self.kept[0].size(2):
            self.kept = tuple(each.repeat(1, 1, 2, 1) for each in self.kept)
        for buffer, each in zip(self.kept, new):
            buffer[:, :, self.length] = each[:, :, 0]
        self.length += 1
        k, v = (buffer[:, :, : self.length] for buffer in self.kept)
        return self.attention.attend(x, k, v)

    def select(self, rows: Tensor) -> None:
        """Keep these rows of the batch."""
        self.kept = tuple(buffer[rows] for buffer in self.kept)


class KVMemory(nn.Module):
    """A cross-attention whose keys and values are made of the memory once.

    memory: (batch, key, d_model)
    """

    def __init__(self, attention: MultiHeadAttention, memory: Tensor):
        super().__init__()
        self.attention = attention
        self.k, self.v = (each.contiguous() for each in attention.keys_values(memory))

    def forward(self, x: Tensor, memory: None = None, mask: Tensor | None = None) -> Tensor:
        """x: (batch, 1, d_model) the newest word → the same shape"""
        return self.attention.attend(x, self.k, self.v, mask)

    def select(self, rows: Tensor) -> None:
        """Keep these rows of the batch."""
        self.k, self.v = self.k[rows], self.v[rows]


def with_caches(layer: Any, own: KVCache, cross: KVMemory) -> nn.Module:
    """A decoder layer that shares everything with `layer` but asks these caches."""
    return with_children(
        layer,
        self_attention=with_children(layer.self_attention, sublayer=own),
        cross_attention=with_children(layer.cross_attention, sublayer=cross),
    )


def with_children(module: nn.Module, **children: nn.Module) -> nn.Module:
    """A shallow copy of a module with some of its children exchanged."""
    twin = copy.copy(module)
    twin._modules = {**module._modules, **children}
    return twin
