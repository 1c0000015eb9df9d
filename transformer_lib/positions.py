"""Where am I: what tells attention the order of the words.

A positions module is built from (max_len, d_model) and maps (batch, length, d_model)
to the same shape. Any module that does so plugs into `Config(positions=…)`; one whose forward
also takes `start`, the number of words before x, spares a cache the words it has read already.
Source: Vaswani et al. 2017, section 3.5; learned positions: Gehring et al. 2017.
"""

import torch
from torch import Tensor, nn


def sinusoids(length: int, d_model: int, base: float = 10_000.0) -> Tensor:
    """Sine at the even features 2i, cosine at the odd ones, of pos / base^(2i / d_model).

    returns (length, d_model), every value within ±1; wavelengths from 2π towards base · 2π tokens

    Raises ValueError for an odd d_model.
    """
    if d_model % 2:
        raise ValueError(
            f"d_model={d_model} is odd, but sinusoids come in pairs of one sine and one cosine; "
            f"choose an even number such as {d_model + 1}."
        )
    position = torch.arange(length, dtype=torch.float64)[:, None]
    frequency = base ** (-torch.arange(0, d_model, 2, dtype=torch.float64) / d_model)
    angle = position * frequency  # (length, d_model / 2)
    return torch.stack([angle.sin(), angle.cos()], -1).flatten(-2).float()  # (length, d_model)


class SinusoidalPositions(nn.Module):
    """x + PE: fixed waves of growing length, nothing to learn."""

    table: Tensor

    def __init__(self, max_len: int, d_model: int):
        super().__init__()
        self.register_buffer("table", sinusoids(max_len, d_model), persistent=False)

    def forward(self, x: Tensor, start: int = 0) -> Tensor:
        """x: (batch, length, d_model) → the same shape"""
        return x + rows_from(start, x.size(-2), self.table)


class LearnedPositions(nn.Module):
    """x + one trained vector per place: free to take any shape, blind past max_len."""

    def __init__(self, max_len: int, d_model: int):
        super().__init__()
        self.table = nn.Parameter(torch.randn(max_len, d_model) * d_model**-0.5)

    def forward(self, x: Tensor, start: int = 0) -> Tensor:
        """x: (batch, length, d_model) → the same shape"""
        return x + rows_from(start, x.size(-2), self.table)


class NoPositions(nn.Module):
    """x, as it came: attention then sees a bag of words."""

    def __init__(self, max_len: int, d_model: int):
        super().__init__()

    def forward(self, x: Tensor, start: int = 0) -> Tensor:
        """x: (batch, length, d_model), returned unchanged"""
        return x


def rows_from(start: int, length: int, table: Tensor) -> Tensor:
    """`length` rows of table (max_len, d_model), from row `start` on.

    Raises ValueError when the table ends before.
    """
    if start + length > len(table):
        raise ValueError(
            f"the input has {start + length} tokens but positions end at max_len={len(table)}; "
            f"raise Config.max_len or shorten the input."
        )
    return table[start : start + length]
