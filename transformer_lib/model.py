"""The whole Transformer from its parts, and two smaller models made of the same layers.

Parts take numbers, assemblies take a `Config`. The fields of a config that vary the
architecture hold classes or zero-argument factories, so that a class from a notebook
cell plugs in: `replace(config, positions=MyPositions)`.
Source: Vaswani et al. 2017, section 3; final norms as in `nn.Transformer` for pre-norm.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from transformer_lib.attention import FusedAttention, MultiHeadAttention
from transformer_lib.layers import FeedForward, PreNorm, Residual
from transformer_lib.masks import causal_mask, padding_mask
from transformer_lib.positions import SinusoidalPositions


@dataclass(frozen=True)
class Config:
    """The numbers and the parts of a model.

    The default attention is `FusedAttention` with this dropout; your own factory sets its own.
    Raises ValueError for a size below 1, a dropout outside 0 … 1, and a part that is one
    module for all layers instead of a way to make one for each.
    """

    vocab_size: int
    target_vocab_size: int | None = None  # the source's when left out
    max_len: int = 64  # longest sentence, in tokens
    d_model: int = 64
    n_heads: int = 4
    n_layers: int = 2
    d_ff: int = 128
    dropout: float = 0.0  # of embeddings, attention weights and what each sublayer adds
    attention: Callable[[], nn.Module] | None = None  # of a sentence to itself; None: the default
    cross_attention: Callable[[], nn.Module] | None = None  # of the target to the source
    feed_forward: Callable[[int, int], nn.Module] = FeedForward
    positions: Callable[[int, int], nn.Module] = SinusoidalPositions
    residual: type[Residual] = PreNorm

    def __post_init__(self) -> None:
        sizes = "vocab_size target_vocab_size max_len d_model n_heads n_layers d_ff"
        for name in sizes.split():
            size = getattr(self, name)
            if size is not None and size < 1:
                raise ValueError(f"Config.{name}={size}; it must be at least 1.")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"Config.dropout={self.dropout}; choose a share from 0 to below 1.")
        for name in ("attention", "cross_attention", "feed_forward", "positions", "residual"):
            factory = getattr(self, name)
            if isinstance(factory, nn.Module):
                kind = type(factory).__name__
                raise ValueError(
                    f"Config.{name} must make a new module for each layer, but got one {kind} "
                    f"for all of them; write {name}=lambda: {kind}(…), or name the class itself."
                )


class Embedding(nn.Module):
    """Token ids → vectors that know their place: √d_model · table[id], plus the position.

    Raises ValueError for ids outside the vocabulary and for a batch without tokens.
    """

    def __init__(self, vocab_size: int, config: Config):
        super().__init__()
        self.table = nn.Embedding(vocab_size, config.d_model)
        nn.init.normal_(self.table.weight, std=config.d_model**-0.5)
        self.positions = config.positions(config.max_len, config.d_model)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, tokens: Tensor, **place) -> Tensor:
        """tokens: (batch, length) ids → (batch, length, d_model); `place` goes to positions"""
        vectors = look_up(self.table, tokens) * self.table.embedding_dim**0.5
        return self.dropout(self.positions(vectors, **place))


def look_up(table: nn.Embedding, tokens: Tensor) -> Tensor:
    """tokens: (batch, length) ids → their rows, (batch, length, d_model)

    Raises ValueError for another shape or type, for a batch without tokens, and on a CPU for ids
    outside the table; a GPU, which nobody should wait for at each step, stops by itself.
    """
    check_tokens(tokens)
    try:
        return table(tokens)
    except IndexError:
        low, high = (bound.item() for bound in tokens.aminmax())
        remedy = f"raise vocab_size to {high + 1} or " if low >= 0 else ""
        raise ValueError(
            f"token ids run from {low} to {high}, but the vocabulary has ids 0 to "
            f"{table.num_embeddings - 1}; {remedy}look the words up in the right vocabulary."
        ) from None


def check_tokens(tokens: Tensor) -> None:
    """Refuse what no embedding can look up, with the numbers in the message."""
    if tokens.dim() != 2 or tokens.numel() == 0:
        raise ValueError(
            f"tokens have shape {tuple(tokens.shape)}; needed is (batch, length), both at least 1. "
            f"For one sentence add the batch axis: tokens[None]."
        )
    if tokens.dtype not in (torch.int64, torch.int32):
        raise ValueError(f"tokens are {tokens.dtype}; ids are whole numbers: tokens.long().")


def attention_sublayer(config: Config, attention: Callable[[], nn.Module] | None) -> Residual:
    """Multi-head attention with its residual path; `attention` makes what runs in each head."""
    in_each_head = attention() if attention else FusedAttention(dropout=config.dropout)
    inner = MultiHeadAttention(config.d_model, config.n_heads, in_each_head)
    return config.residual(inner, config.d_model, config.dropout)


def feed_forward_sublayer(config: Config) -> Residual:
    """The feed-forward network with its residual path."""
    inner = config.feed_forward(config.d_model, config.d_ff)
    return config.residual(inner, config.d_model, config.dropout)


class EncoderLayer(nn.Module):
    """Two sublayers: every token looks at the sentence, then thinks for itself."""

    def __init__(self, config: Config):
        super().__init__()
        self.self_attention = attention_sublayer(config, config.attention)
        self.feed_forward = feed_forward_sublayer(config)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """x: (batch, length, d_model) → the same shape"""
        return self.feed_forward(self.self_attention(x, mask=mask))


class DecoderLayer(nn.Module):
    """Three sublayers: look at the words so far, look at the source, think."""

    def __init__(self, config: Config):
        super().__init__()
        self.self_attention = attention_sublayer(config, config.attention)
        self.cross_attention = attention_sublayer(config, config.cross_attention)
        self.feed_forward = feed_forward_sublayer(config)

    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
    ) -> Tensor:
        """x: (batch, target, d_model); memory: (batch, source, d_model) → the shape of x"""
        x = self.self_attention(x, mask=mask)
        x = self.cross_attention(x, memory=memory, mask=memory_mask)
        return self.feed_forward(x)


class Stack(nn.Module):
    """n_layers layers, each built fresh, and the final norm that the residual asks for."""

    def __init__(self, layer: Callable[[Config], nn.Module], config: Config):
        super().__init__()
        self.layers = nn.ModuleList(layer(config) for _ in range(config.n_layers))
        self.final_norm = config.residual.final_norm(config.d_model)

    def forward(self, x: Tensor, **inputs) -> Tensor:
        """x: (batch, length, d_model) → the same shape; `inputs` go to every layer"""
        for layer in self.layers:
            x = layer(x, **inputs)
        return self.final_norm(x)


class Transformer(nn.Module):
    """Source sentence and target so far → a score for every possible next word."""

    def __init__(self, config: Config):
        super().__init__()
        target_vocab_size = config.target_vocab_size or config.vocab_size
        self.config = config
        self.source_embedding = Embedding(config.vocab_size, config)
        self.target_embedding = Embedding(target_vocab_size, config)
        self.encoder = Stack(EncoderLayer, config)
        self.decoder = Stack(DecoderLayer, config)
        self.head = nn.Linear(config.d_model, target_vocab_size)

    def forward(self, source: Tensor, target_in: Tensor) -> Tensor:
        """source: (batch, source) ids; target_in: (batch, target) ids, starting with the start id
        returns logits (batch, target, target_vocab_size): at each place, for the word after it
        """
        return self.decode(target_in, *self.encode(source))

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """source: (batch, source) ids → memory (batch, source, d_model) and its padding mask"""
        memory_mask = padding_mask(source)
        return self.encoder(self.source_embedding(source), mask=memory_mask), memory_mask

    def decode(self, target_in: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        """The words so far and the encoder's answer → logits (batch, target, target_vocab_size)"""
        mask = padding_mask(target_in) & causal_mask(target_in.size(1), target_in.device)
        x = self.target_embedding(target_in)
        return self.head(self.decoder(x, memory=memory, mask=mask, memory_mask=memory_mask))


class Classifier(nn.Module):
    """A sentence → a score for each class, read off the first token (BERT's choice).

    Raises ValueError for fewer than 2 classes.
    """

    def __init__(self, config: Config, n_classes: int):
        super().__init__()
        if n_classes < 2:
            raise ValueError(f"n_classes={n_classes}; a choice needs at least 2 classes.")
        self.config = config
        self.embedding = Embedding(config.vocab_size, config)
        self.encoder = Stack(EncoderLayer, config)
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(config.d_model, n_classes)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens: (batch, length) ids → logits (batch, n_classes)"""
        x = self.encoder(self.embedding(tokens), mask=padding_mask(tokens))
        return self.head(self.dropout(x[:, 0]))


class LanguageModel(nn.Module):
    """The words so far → a score for the next one.

    A decoder without a source to ask has no cross-attention, so its layers are the
    encoder's; the causal mask makes them a decoder.
    """

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        self.embedding = Embedding(config.vocab_size, config)
        self.decoder = Stack(EncoderLayer, config)
        self.head = nn.Linear(config.d_model, config.vocab_size)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens: (batch, length) ids → logits (batch, length, vocab_size)"""
        mask = padding_mask(tokens) & causal_mask(tokens.size(1), tokens.device)
        return self.head(self.decoder(self.embedding(tokens), mask=mask))
