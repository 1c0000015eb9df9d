"""Sessions: given the words so far, what are the scores of the next one?

`Recompute` runs the whole decoder at each word. `Cached` keeps the keys and values of the words
already read and gives the same answers; it wraps the model's own layers and changes none.
"""

import copy
import inspect

import torch
from torch import Tensor, nn

from transformer_lib.layers import Residual


class Recompute:
    """Scores for the next word by reading all words again: slow, and right for any model."""

    def __init__(self, model: nn.Module, source: Tensor):
        """source: (batch, source) ids; they are encoded once"""
        self.model = model
        self.memory, self.memory_mask = model.encode(source)

    def logits(self, tokens: Tensor) -> Tensor:
        """tokens: (batch, so far) ids → (batch, target_vocab_size) scores for the next word"""
        return self.model.decode(tokens, self.memory, self.memory_mask)[:, -1]

    def select(self, rows: Tensor) -> None:
        """Go on with these rows of the batch, in this order; a row may come more than once."""
        self.memory, self.memory_mask = self.memory[rows], self.memory_mask[rows]

    def reorder(self, rows: Tensor) -> None:
        """As `select`, where each row takes the place of one with the same source."""


class Cached:
    """The same scores from the newest word alone: older words left their keys and values."""

    def __init__(self, model: nn.Module, source: Tensor):
        """source: (batch, source) ids; they are encoded once"""
        self.model = model
        memory, mask = model.encode(source)
        self.memory_mask = None if mask.all() else mask  # what hides nothing only costs time
        self.takes_start = takes_start(model.target_embedding.positions)
        self.layers = [cached_layer(layer, memory) for layer in model.decoder.layers]

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
        for layer in self.layers:
            layer.cross_attention.sublayer.select(rows)
        self.reorder(rows)

    def reorder(self, rows: Tensor) -> None:
        """As `select`, where each row takes the place of one with the same source, so that what
        was made of the source can stay.
        """
        for layer in self.layers:
            layer.self_attention.sublayer.select(rows)


def takes_start(positions: nn.Module) -> bool:
    """Whether a positions module can be asked for places further on without those before."""
    return "start" in inspect.signature(positions.forward).parameters


class Remembered(nn.Module):
    """A `MultiHeadAttention` whose keys and values (batch, heads, key, d_head) are kept.

    memory: (batch, key, d_model) to ask from the start; None: keep what x brings, call by call
    """

    def __init__(self, attention: nn.Module, memory: Tensor | None = None):
        super().__init__()
        self.attention = attention
        self.grows = memory is None
        kept = (None, None) if self.grows else attention.keys_values(memory)
        self.k, self.v = (part if part is None else part.contiguous() for part in kept)

    def forward(self, x: Tensor, memory: None = None, mask: Tensor | None = None) -> Tensor:
        """x: (batch, 1, d_model) the newest word → the same shape"""
        if self.grows:
            k, v = self.attention.keys_values(x)
            self.k = k if self.k is None else torch.cat([self.k, k], dim=2)
            self.v = v if self.v is None else torch.cat([self.v, v], dim=2)
        return self.attention.attend(x, self.k, self.v, mask)

    def select(self, rows: Tensor) -> None:
        """Keep these rows of the batch."""
        if self.k is not None:
            self.k, self.v = self.k[rows], self.v[rows]


def cached_layer(layer: nn.Module, memory: Tensor) -> nn.Module:
    """A decoder layer that shares everything with `layer` but remembers keys and values."""
    return with_parts(
        layer,
        self_attention=with_memory(layer.self_attention),
        cross_attention=with_memory(layer.cross_attention, memory),
    )


def with_memory(residual: Residual, memory: Tensor | None = None) -> Residual:
    """The residual path around an attention that remembers."""
    return with_parts(residual, sublayer=Remembered(residual.sublayer, memory))


def with_parts(module: nn.Module, **parts: nn.Module) -> nn.Module:
    """A shallow copy of a module with some of its children exchanged."""
    twin = copy.copy(module)
    twin._modules = module._modules | parts
    return twin
