"""The same Transformer as others build it, called like ours.

Each is made from one of our `Config`s and answers to forward(source, target_in); the wrapped
`nn.Transformer` also to encode and decode, so that our own searches can drive it.
"""

import warnings

from torch import Tensor, nn
from transformers import MarianConfig, MarianMTModel
from transformers.utils import logging

from transformer_lib.masks import PAD, causal_mask, padding_mask
from transformer_lib.model import Config, Embedding, Transformer
from transformer_lib.vocabulary import END, START

logging.set_verbosity_error()


class TorchTransformer(nn.Module):
    """`nn.Transformer` between our embeddings and our head."""

    def __init__(self, config: Config, norm_first: bool = True):
        super().__init__()
        self.config = config
        vocab_size = config.target_vocab_size or config.vocab_size
        self.source_embedding = Embedding(config.vocab_size, config)
        self.target_embedding = Embedding(vocab_size, config)
        sizes = config.d_model, config.n_heads, config.d_ff, config.dropout
        self.inner = torch_stacks(*sizes, n_layers=config.n_layers, norm_first=norm_first)
        self.head = nn.Linear(config.d_model, vocab_size)

    def forward(self, source: Tensor, target_in: Tensor) -> Tensor:
        """source: (batch, source) ids; target_in: (batch, target) ids → logits"""
        return self.decode(target_in, *self.encode(source))

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """source: (batch, source) ids → memory (batch, source, d_model) and its padding mask"""
        mask = padding_mask(source)
        hidden = ~mask[:, 0, 0]  # here True means hidden: the opposite of ours
        return self.inner.encoder(self.source_embedding(source), src_key_padding_mask=hidden), mask

    def decode(self, target_in: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        """target_in: (batch, target) ids → logits (batch, target, target_vocab_size)"""
        x = self.inner.decoder(
            self.target_embedding(target_in),
            memory,
            tgt_mask=~causal_mask(target_in.size(1), target_in.device),
            tgt_key_padding_mask=target_in == PAD,
            memory_key_padding_mask=~memory_mask[:, 0, 0],
        )
        return self.head(x)


def torch_stacks(
    d_model: int, n_heads: int, d_ff: int, dropout: float, n_layers: int, norm_first: bool
) -> nn.Transformer:
    """`nn.Transformer` with as many layers on each side."""
    sizes = d_model, n_heads, n_layers, n_layers, d_ff, dropout
    with warnings.catch_warnings():  # it says that pre-norm switches a shortcut off
        warnings.simplefilter("ignore", UserWarning)
        return nn.Transformer(*sizes, batch_first=True, norm_first=norm_first)


MARIAN = dict(  # what never varies; Marian's own defaults are for trained weights
    activation_function="relu",
    scale_embedding=True,
    pad_token_id=PAD,
    eos_token_id=END,
    decoder_start_token_id=START,
    forced_eos_token_id=None,
)


class Marian(nn.Module):
    """Hugging Face's translation model with random weights.

    Differences that stay: post-norm, the target's embedding is also its output matrix.
    """

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        self.inner = MarianMTModel(marian_config(config))
        self.inner.generation_config.bad_words_ids = None

    def forward(self, source: Tensor, target_in: Tensor) -> Tensor:
        """source: (batch, source) ids; target_in: (batch, target) ids → logits"""
        answer = self.inner(
            input_ids=source,
            attention_mask=source != PAD,
            decoder_input_ids=target_in,
            decoder_attention_mask=target_in != PAD,
            use_cache=False,
        )
        return answer.logits


def marian_config(config: Config) -> MarianConfig:
    """The sizes of one of our configs in the words of Hugging Face."""
    sides = {}
    for side in ("encoder", "decoder"):
        sides[f"{side}_layers"] = config.n_layers
        sides[f"{side}_attention_heads"] = config.n_heads
        sides[f"{side}_ffn_dim"] = config.d_ff
    return MarianConfig(
        vocab_size=config.vocab_size,
        decoder_vocab_size=config.target_vocab_size or config.vocab_size,
        share_encoder_decoder_embeddings=False,
        max_position_embeddings=config.max_len,
        d_model=config.d_model,
        dropout=config.dropout,
        init_std=config.d_model**-0.5,
        **MARIAN,
        **sides,
    )


PEERS = {"ours": Transformer, "nn.Transformer": TorchTransformer, "Marian": Marian}
