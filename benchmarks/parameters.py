"""Does our Transformer have as many parameters as the paper says? Its Table 3, row by row.

Convention: one embedding matrix for both languages and the output counts once; feed-forward
biases and layer norms count; attention has no biases, the head has none. Nothing is allocated:
the models are built on PyTorch's meta device, which keeps shapes alone.
Source: Vaswani et al. 2017, Table 3 and section 5.1.
"""

from dataclasses import dataclass

import torch
from torch import nn

from benchmarks import compare
from lesson import plots
from transformer_lib.attention import MultiHeadAttention
from transformer_lib.layers import PostNorm
from transformer_lib.model import Config, Transformer
from transformer_lib.positions import LearnedPositions

STATED, FITTING = 37_000, 41_100  # vocabulary: as the paper says; as its numbers fit best
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "out_proj")
NOT_COUNTED = ("target_embedding.table", "head", *(f"{name}.bias" for name in PROJECTIONS))


@dataclass(frozen=True)
class Row:
    """A row of the table; what is left out is as in the base model."""

    name: str
    published: int | None = None  # millions; None where the table leaves the cell empty
    n_layers: int = 6
    d_model: int = 512
    d_ff: int = 2048
    n_heads: int = 8
    d_k: int | None = None  # width of a head's queries and keys, d_model / n_heads if left out
    learned: bool = False  # positions


ROWS = [
    Row("base", 65),
    *(Row("A", n_heads=heads) for heads in (1, 4, 16, 32)),
    Row("B", 58, d_k=16),
    Row("B", 60, d_k=32),
    *(Row("C", published, n_layers=n) for n, published in ((2, 36), (4, 50), (8, 80))),
    Row("C", 28, d_model=256),
    Row("C", 168, d_model=1024),
    Row("C", 53, d_ff=1024),
    Row("C", 90, d_ff=4096),
    Row("D (dropout, smoothing)"),
    Row("E (learned positions)", learned=True),
    Row("big", 213, d_model=1024, d_ff=4096, n_heads=16),
]


def build(row: Row, vocab_size: int) -> Transformer:
    """Our Transformer with the sizes of a row, all shapes and no numbers."""
    sizes = dict(n_layers=row.n_layers, d_model=row.d_model, d_ff=row.d_ff, n_heads=row.n_heads)
    extra = dict(positions=LearnedPositions) if row.learned else {}
    with torch.device("meta"):
        model = Transformer(Config(vocab_size, max_len=256, residual=PostNorm, **sizes, **extra))
        if row.d_k:
            narrow(model, row.d_model, row.n_heads * row.d_k)
    return model


def narrow(model: nn.Module, d_model: int, width: int) -> None:
    """Give queries and keys fewer features than values, which no Config of ours can say."""
    for module in model.modules():
        if isinstance(module, MultiHeadAttention):
            module.q_proj = nn.Linear(d_model, width)
            module.k_proj = nn.Linear(d_model, width)


def millions(row: Row, vocab_size: int) -> float:
    """Parameters by the convention above, in millions."""
    named = build(row, vocab_size).named_parameters()
    counts = (p.numel() for name, p in named if not any(part in name for part in NOT_COUNTED))
    return sum(counts) / 1e6


def main(quick: bool = False) -> str:
    """Count every row for both vocabularies, print the table, save the bars."""
    cells, bars = [], {"published": [], "ours, 37 000": [], "ours, 41 100": []}
    for row in ROWS:
        counts = [millions(row, vocab_size) for vocab_size in (STATED, FITTING)]
        sizes = [row.n_layers, row.d_model, row.d_ff, row.n_heads]
        d_k = row.d_k or row.d_model // row.n_heads
        cells.append([row.name, *sizes, d_k, row.published, *(f"{c:.1f}" for c in counts)])
        if row.published:
            for column, value in zip(bars.values(), [row.published, *counts], strict=True):
                column.append(value)
    names = [row.name for row in ROWS if row.published]
    ax = plots.curves(range(len(names)), bars, xlabel="row", ylabel="millions of parameters")
    ax.set_xticks(range(len(names)), names)
    compare.keep(ax, "parameters")
    heads = ["row", "N", "d_model", "d_ff", "h", "d_k", "published, M", "37 000, M", "41 100, M"]
    return compare.table("Parameters of Table 3", heads, cells)
