"""What surrounds attention: the feed-forward network, residual paths and normalisation.

Source: Vaswani et al. 2017, sections 3.1 and 3.3 (post-norm); Xiong et al. 2020,
"On Layer Normalization in the Transformer Architecture" (pre-norm).
"""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn


class FeedForward(nn.Module):
    """narrow(relu(widen(x))): what each token thinks over by itself after it has listened.

    activation: what bends the widened vector, feature by feature; BERT and GPT use `F.gelu`
    """

    def __init__(self, d_model: int, d_ff: int, activation: Callable[[Tensor], Tensor] = F.relu):
        super().__init__()
        self.activation = activation
        self.widen = nn.Linear(d_model, d_ff)
        self.narrow = nn.Linear(d_ff, d_model)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, length, d_model) → the same shape, each token by itself"""
        return self.narrow(self.activation(self.widen(x)))


class Residual(nn.Module):
    """A sublayer with a way round it. `PreNorm` and `PostNorm` say where the norm stands.

    A class of your own says in `forward` how the two ways meet; `final_norm`, which a stack puts
    after its last layer, does nothing unless the class names a norm.
    """

    final_norm: type[nn.Module] = nn.Identity

    def __init__(self, sublayer: nn.Module, d_model: int, dropout: float = 0.0):
        super().__init__()
        self.sublayer = sublayer
        self.norm = nn.LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)


class PostNorm(Residual):
    """norm(x + f(x)): the 2017 original; needs warm-up."""

    def forward(self, x: Tensor, **inputs) -> Tensor:
        """x: (batch, length, d_model) → the same shape; `inputs` go to the sublayer"""
        return self.norm(x + self.dropout(self.sublayer(x, **inputs)))


class PreNorm(Residual):
    """x + f(norm(x)): a clear path from top to bottom; the stack ends with one norm."""

    final_norm = nn.LayerNorm

    def forward(self, x: Tensor, **inputs) -> Tensor:
        """x: (batch, length, d_model) → the same shape; `inputs` go to the sublayer"""
        return x + self.dropout(self.sublayer(self.norm(x), **inputs))
