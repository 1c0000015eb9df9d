"""BERT's encoder: our layers with post-norm, learned positions and gelu, and a norm at the door.

Nothing else sets it apart from the encoder of 2017; what it knows lies in its weights, which
pretrained.py loads.
Source: Devlin et al. 2019, "BERT", section 3; Hendrycks and Gimpel 2016 (gelu).
"""

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib.layers import FeedForward, PostNorm
from transformer_lib.masks import padding_mask
from transformer_lib.model import Config, EncoderLayer, Stack, look_up
from transformer_lib.positions import LearnedPositions


def gelu_feed_forward(d_model: int, d_ff: int) -> FeedForward:
    """narrow(gelu(widen(x))): a softer bend than relu's."""
    return FeedForward(d_model, d_ff, activation=F.gelu)


BERT: dict[str, Any] = {  # its parts among the fields of Config, for Config(**sizes, **BERT)
    "feed_forward": gelu_feed_forward,
    "positions": LearnedPositions,
    "residual": PostNorm,
}


class BertEmbedding(nn.Module):
    """norm(table[id] + type 0 + position): BERT evens the sizes out where 2017 scaled by √d_model.

    Raises ValueError for ids outside the vocabulary and for a batch without tokens.
    """

    def __init__(self, config: Config, n_token_types: int = 2):
        super().__init__()
        self.table = nn.Embedding(config.vocab_size, config.d_model)
        self.token_types = nn.Embedding(n_token_types, config.d_model)
        self.positions = config.positions(config.max_len, config.d_model)
        self.norm = nn.LayerNorm(config.d_model)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens: (batch, length) ids, all of one sentence → (batch, length, d_model)"""
        vectors = look_up(self.table, tokens) + self.token_types.weight[0]
        return self.norm(self.positions(vectors))


class BertEncoder(nn.Module):
    """A sentence → one vector for each token, which knows the whole sentence.

    n_token_types: rows of the table that tells two sentences apart; ours are all of type 0
    eps: what every norm adds to the variance before it divides
    """

    def __init__(self, config: Config, n_token_types: int = 2, eps: float = 1e-12):
        super().__init__()
        self.config = config
        self.embedding = BertEmbedding(config, n_token_types)
        self.encoder = Stack(EncoderLayer, config)
        for norm in self.modules():
            if isinstance(norm, nn.LayerNorm):
                norm.eps = eps

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens: (batch, length) ids → hidden states (batch, length, d_model)"""
        return self.encoder(self.embedding(tokens), mask=padding_mask(tokens))
