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
from transformer_lib.inline import inline, is_watched, side_by_side
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
        memory, mask = model.encode(source)
        layers = model.decoder.layers
        self.embedding = model.target_embedding
        self.takes_start = takes_start(self.embedding.positions)
        self.own = [KVCache(layer.self_attention.sublayer) for layer in layers]
        self.cross = [KVMemory(layer.cross_attention.sublayer, memory, mask) for layer in layers]
        self.sublayers = [
            inline(sublayer)
            for layer, own, cross in zip(layers, self.own, self.cross)
            for sublayer in with_caches(layer, own, cross)
        ]
        self.final_norm, self.head = inline(model.decoder.final_norm), inline(model.head)

    def logits(self, tokens: Tensor) -> Tensor:
        """tokens: (batch, so far) ids, one longer at each call
        returns (batch, target_vocab_size) scores for the next word
        """
        x = self.embed_newest(tokens)
        for sublayer in self.sublayers:
            x = sublayer(x)
        return self.head(self.final_norm(x))[:, 0]

    def embed_newest(self, tokens: Tensor) -> Tensor:
        """tokens: (batch, so far) ids → (batch, 1, d_model)"""
        if self.takes_start:
            return self.embedding(tokens[:, -1:], start=tokens.size(1) - 1)
        return self.embedding(tokens)[:, -1:]

    def select(self, rows: Tensor) -> None:
        """Go on with these rows of the batch, in this order; a row may come more than once."""
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
    """Whether a decoder layer asks keys and values that can be made before it asks, and nobody
    watches what a cache does in another way.
    """
    if type(layer) is not DecoderLayer or is_watched(layer):
        return False
    heads = [
        getattr(each, "sublayer", None) for each in (layer.self_attention, layer.cross_attention)
    ]
    return all(
        type(each) is MultiHeadAttention and keeps_keys(each.attention) and not is_watched(each)
        for each in heads
    )


def keeps_keys(attention: Any) -> bool:
    """Whether each key is asked as it is: Linformer, say, mixes all of them, later ones too."""
    if type(attention) is Masked:
        return keeps_keys(attention.inner)
    return type(attention) in (Attention, FusedAttention)


def takes_start(positions: nn.Module) -> bool:
    """Whether a positions module can be asked for places further on without those before."""
    return "start" in inspect.signature(positions.forward).parameters


class KVCache:
    """A self-attention that is asked by one new word at a time and keeps the keys and values of
    all words so far, in a buffer that is made twice as long when it is full.
    """

    def __init__(self, attention: MultiHeadAttention):
        self.n_heads, self.attention = attention.n_heads, attention.attention
        self.project = side_by_side([attention.q_proj, attention.k_proj, attention.v_proj])
        self.out_proj = inline(attention.out_proj)
        self.length = 0
        self.kept: Tensor | None = None  # (batch, 2, heads, room, d_head): keys, then values

    def __call__(self, x: Tensor) -> Tensor:
        """x: (batch, 1, d_model) the newest word → the same shape"""
        new = self.project(x).view(x.size(0), 3, self.n_heads, 1, -1)  # query, key, value
        k, v = self.keep(new.narrow(1, 1, 2)).unbind(1)
        return self.out_proj(self.attention(new.select(1, 0), k, v, None).output.reshape(x.shape))

    def keep(self, new: Tensor) -> Tensor:
        """Put one word's key and value behind the others.

        new: (batch, 2, heads, 1, d_head) → (batch, 2, heads, key, d_head)
        """
        if self.kept is None:
            self.kept = new.repeat(1, 1, 1, FIRST_ROOM, 1)
        elif self.length == self.kept.size(3):
            self.kept = self.kept.repeat(1, 1, 1, 2, 1)
        self.kept.narrow(3, self.length, 1).copy_(new)
        self.length += 1
        return self.kept.narrow(3, 0, self.length)

    def select(self, rows: Tensor) -> None:
        """Keep these rows of the batch."""
        if self.kept is not None:
            self.kept = self.kept[rows]


class KVMemory:
    """A cross-attention whose keys and values are made of the memory once.

    memory: (batch, key, d_model); mask: bool, (batch, 1, 1, key)
    """

    def __init__(self, attention: MultiHeadAttention, memory: Tensor, mask: Tensor):
        self.n_heads, self.attention = attention.n_heads, attention.attention
        self.q_proj, self.out_proj = inline(attention.q_proj), inline(attention.out_proj)
        self.k, self.v = (each.contiguous() for each in attention.keys_values(memory))
        self.mask = None if mask.all() else mask  # what hides nothing only costs time

    def __call__(self, x: Tensor) -> Tensor:
        """x: (batch, 1, d_model) the newest word → the same shape"""
        q = self.q_proj(x).view(x.size(0), self.n_heads, 1, -1)
        return self.out_proj(self.attention(q, self.k, self.v, self.mask).output.reshape(x.shape))

    def select(self, rows: Tensor) -> None:
        """Keep these rows of the batch."""
        self.k, self.v = self.k[rows], self.v[rows]
        if self.mask is not None:
            self.mask = self.mask[rows]


def with_caches(layer: Any, own: KVCache, cross: KVMemory) -> tuple[nn.Module, ...]:
    """The three sublayers of a decoder layer, those that attend asking these caches."""
    return (
        with_sublayer(layer.self_attention, own),
        with_sublayer(layer.cross_attention, cross),
        layer.feed_forward,
    )


def with_sublayer(residual: Any, sublayer: Callable[[Tensor], Tensor]) -> nn.Module:
    """A shallow copy of a residual path that goes round another sublayer."""
    twin = copy.copy(residual)
    own = residual._modules
    twin._modules = {name: own[name] for name in own if name != "sublayer"}
    twin.sublayer = sublayer
    return twin
