"""What came before: models that read word by word, or through a window.

`RecurrentSeq2Seq` is called like `Transformer`, so the same training and decoding serve both.
Its cell is the class nn.RNN, nn.GRU or nn.LSTM, or any class that is built and called alike.
Pads stand at the end of a sentence, and a recurrent cell reads them last: what it said before
them cannot change, and what it says after them is never asked for.
Sources: Sutskever et al. 2014 (one vector between two networks), Bahdanau et al. 2015 (additive
scores, section 3.1), Luong et al. 2015 (where the decoder looks back, section 3).
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib.attention import Attention
from transformer_lib.masks import check_width, padding_mask
from transformer_lib.model import Config, Embedding
from transformer_lib.positions import NoPositions


class AdditiveScores(nn.Module):
    """match · tanh(W q + U k): a small network compares each query with each key (Bahdanau)."""

    def __init__(self, d_head: int):
        super().__init__()
        self.q_proj = nn.Linear(d_head, d_head, bias=False)  # W
        self.k_proj = nn.Linear(d_head, d_head)  # U
        self.match = nn.Linear(d_head, 1, bias=False)

    def forward(self, q: Tensor, k: Tensor) -> Tensor:
        """q: (batch, heads, query, d_head); k: (batch, heads, key, d_head)
        returns (batch, heads, query, key)
        """
        pairs = self.q_proj(q)[:, :, :, None] + self.k_proj(k)[:, :, None]
        return self.match(pairs.tanh())[..., 0]  # from (batch, heads, query, key, d_head)


class RecurrentSeq2Seq(nn.Module):
    """Read the source word by word, then write the target word by word.

    cell: the class nn.RNN, nn.GRU or nn.LSTM
    score: None squeezes the source into one vector; `AdditiveScores(d_model)` or
        `dot_product_scores` lets the decoder look back at every word of it
    """

    def __init__(
        self,
        vocab_size: int,
        target_vocab_size: int,
        d_model: int,
        cell: type[nn.Module] = nn.GRU,
        score: Callable[[Tensor, Tensor], Tensor] | None = None,
    ):
        super().__init__()
        self.config = Config(vocab_size, target_vocab_size, d_model=d_model, positions=NoPositions)
        self.source_embedding = Embedding(vocab_size, self.config)
        self.target_embedding = Embedding(target_vocab_size, self.config)
        self.encoder = cell(d_model, d_model, batch_first=True)
        self.decoder = RecurrentDecoder(d_model, cell, score)
        self.head = nn.Linear(d_model, target_vocab_size)

    def forward(self, source: Tensor, target_in: Tensor) -> Tensor:
        """source: (batch, source) ids; target_in: (batch, target) ids, starting with the start id
        returns logits (batch, target, target_vocab_size): at each place, for the word after it
        """
        return self.decode(target_in, *self.encode(source))

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """source: (batch, source) ids → memory (batch, source, d_model) and its padding mask"""
        memory, _ = self.encoder(self.source_embedding(source))
        return memory, padding_mask(source)

    def decode(self, target_in: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        """The words so far and the encoder's states → logits (batch, target, target_vocab_size)"""
        return self.head(self.decoder(self.target_embedding(target_in), memory, memory_mask))


class RecurrentDecoder(nn.Module):
    """Starts from the encoder's last state; looks back at the others when it has attention."""

    def __init__(
        self,
        d_model: int,
        cell: type[nn.Module],
        score: Callable[[Tensor, Tensor], Tensor] | None = None,
    ):
        super().__init__()
        self.rnn = cell(d_model, d_model, batch_first=True)
        self.cross_attention = LookBack(d_model, score) if score else None

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        """x: (batch, target, d_model); memory: (batch, source, d_model) → the shape of x"""
        start = last_state(memory, memory_mask)[None]  # (1, batch, d_model), as cells want it
        states, _ = self.rnn(x, (start, start) if isinstance(self.rnn, nn.LSTM) else start)
        if self.cross_attention is None:
            return states
        return self.cross_attention(states, memory, memory_mask)


class LookBack(nn.Module):
    """tanh(mix [state; context]), the context being what attention finds in memory (Luong)."""

    def __init__(self, d_model: int, score: Callable[[Tensor, Tensor], Tensor]):
        super().__init__()
        self.attention = Attention(score)
        self.mix = nn.Linear(2 * d_model, d_model)

    def forward(self, states: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        """states: (batch, target, d_model); memory: (batch, source, d_model) → as states"""
        q, k = states[:, None], memory[:, None]  # one head
        context = self.attention(q, k, k, memory_mask).output[:, 0]
        return self.mix(torch.cat([states, context], dim=-1)).tanh()


class RecurrentReader(nn.Module):
    """A sentence → a score for each class, read off the state after its last word."""

    def __init__(
        self, vocab_size: int, d_model: int, n_classes: int, cell: type[nn.Module] = nn.GRU
    ):
        super().__init__()
        config = Config(vocab_size, d_model=d_model, positions=NoPositions)
        self.embedding = Embedding(vocab_size, config)
        self.rnn = cell(d_model, d_model, batch_first=True)
        self.head = nn.Linear(d_model, n_classes)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens: (batch, length) ids → logits (batch, n_classes)"""
        states, _ = self.rnn(self.embedding(tokens))
        return self.head(last_state(states, padding_mask(tokens)))


class WindowModel(nn.Module):
    """A sentence → a score for each class, read off its last word through stacked windows.

    width: words that a window holds, the word itself in the middle

    Raises ValueError for a width that has no middle.
    """

    def __init__(
        self, vocab_size: int, d_model: int, n_classes: int, n_layers: int = 2, width: int = 5
    ):
        super().__init__()
        check_width(width)
        config = Config(vocab_size, d_model=d_model, positions=NoPositions, n_layers=n_layers)
        self.embedding = Embedding(vocab_size, config)
        self.layers = nn.ModuleList(
            nn.Conv1d(d_model, d_model, width, padding=width // 2) for _ in range(n_layers)
        )
        self.head = nn.Linear(d_model, n_classes)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens: (batch, length) ids → logits (batch, n_classes)"""
        mask = padding_mask(tokens)
        visible = mask[:, 0]  # (batch, 1, length)
        x = self.embedding(tokens).mT * visible  # (batch, d_model, length): pads weigh nothing
        for layer in self.layers:
            x = F.relu(layer(x)) * visible
        return self.head(last_state(x.mT, mask))


def receptive_field(n_layers: int, width: int) -> int:
    """How many words, itself in the middle, one word hears of through stacked windows.

    1 + n_layers · (width − 1): two distant words need a depth that grows with their distance
    """
    return 1 + n_layers * (width - 1)


def last_state(states: Tensor, mask: Tensor) -> Tensor:
    """The state at the last word that is no pad.

    states: (batch, length, d_model); mask: (batch, 1, 1, length), a padding mask
    returns (batch, d_model)
    """
    place = torch.arange(1, states.size(1) + 1, device=states.device)
    last = (mask[:, 0, 0] * place).argmax(-1)
    return states[torch.arange(len(states), device=states.device), last]
