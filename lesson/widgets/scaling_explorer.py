"""Why the scores are divided by √d_k: what their spread does to softmax and to its gradient."""

import math

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.axes import Axes
from torch import Tensor

from lesson.plots import WIDTH, bars, curves
from lesson.widgets.view import View, as_lists, script, style
from transformer_lib.attention import dot_product_scores

SIZES = [2**power for power in range(11)]  # of d_k, 1 to 1024
QUERIES, KEYS = 512, 8
SHOWN = 8  # queries whose rows can be looked at
EDGE = 32  # scores beyond ± this share the outermost bars of the histogram


class ScalingExplorer(View):
    """Random queries and keys: their scores, one row of weights, its entropy and its gradient.

    seed: of the random queries and keys, whose features have deviation 1

    Its state, which you may set: d_k (a power of two), scaled (are the scores divided by √d_k?),
    query (whose row is shown).

    Raises ValueError for a d_k or a query that its slider does not have.
    """

    _esm = script(__file__, "chart.js")
    _css = style("chart.css")
    d_k = traitlets.Int(64).tag(sync=True)
    scaled = traitlets.Bool(False).tag(sync=True)
    query = traitlets.Int(0).tag(sync=True)
    sizes = traitlets.List(SIZES).tag(sync=True)
    # All of these have two entries, without and with the division, and in each one for every d_k.
    scores = traitlets.List().tag(sync=True)  # (2, d_k, query, key) of the queries shown
    histograms = traitlets.List().tag(sync=True)  # (2, d_k, bar) how many of all scores
    deviations = traitlets.List().tag(sync=True)  # (2, d_k) of all scores
    entropies = traitlets.List().tag(sync=True)  # (2, d_k) median over all queries, in bits
    gradients = traitlets.List().tag(sync=True)  # (2, d_k) median over all queries

    def __init__(self, seed: int = 0):
        super().__init__()
        scores = all_scores(*random_vectors(seed))
        weights = scores.softmax(-1)
        self.scores = as_lists(scores[:, :, :SHOWN])
        self.histograms = [[histogram(part) for part in side] for side in scores]
        self.deviations = significant(scores.flatten(-2).std(-1))
        self.entropies = significant(entropy(weights).median(-1).values)
        self.gradients = significant(jacobian_norm(weights).median(-1).values)

    @traitlets.validate("d_k")
    def power_of_two(self, proposal: dict) -> int:
        """A d_k on the slider."""
        if proposal["value"] not in SIZES:
            raise ValueError(
                f"d_k={proposal['value']} is not on its slider; "
                f"choose a power of two from {SIZES[0]} to {SIZES[-1]}."
            )
        return proposal["value"]

    @traitlets.validate("query")
    def shown(self, proposal: dict) -> int:
        """A query on the slider."""
        if not 0 <= proposal["value"] < SHOWN:
            raise ValueError(
                f"query={proposal['value']} is not on its slider; choose 0 to {SHOWN - 1}."
            )
        return proposal["value"]

    def weights(self, scaled: bool) -> Tensor:
        """(key) the weights of the chosen query at the chosen d_k, with or without the division."""
        row = self.scores[scaled][SIZES.index(self.d_k)][self.query]
        return torch.tensor(row, dtype=torch.float64).softmax(-1)

    def draw(self) -> Axes:
        """The row of weights without and with the division, above the gradient over d_k."""
        _, (row, gradient) = plt.subplots(2, 1, figsize=(WIDTH, 5.4))
        names = [f"key {key}" for key in range(KEYS)]
        values = {"q·k / √d_k": self.weights(True), "q·k": self.weights(False)}
        bars(values, names, title=f"d_k = {self.d_k}: weights of query {self.query}", ax=row)
        lines = dict(zip(values, reversed(self.gradients), strict=True))
        axes = {"xlabel": "d_k", "ylabel": "gradient at the scores", "log": "xy"}
        curves(SIZES, lines, **axes, title=f"median of {QUERIES} queries", ax=gradient)
        gradient.axvline(self.d_k, color="#e69f00", linestyle="--")
        return row

    def __repr__(self) -> str:
        divided = "divided by √d_k" if self.scaled else "not divided by √d_k"
        return f"ScalingExplorer(d_k = {self.d_k}, scores {divided}, query {self.query})"


def random_vectors(seed: int) -> tuple[Tensor, Tensor]:
    """Queries (query, 1, feature) and for each of them its own keys (query, key, feature)."""
    generator = torch.Generator().manual_seed(seed)
    shapes = (QUERIES, 1, SIZES[-1]), (QUERIES, KEYS, SIZES[-1])
    q, k = (torch.randn(*shape, dtype=torch.float64, generator=generator) for shape in shapes)
    return q, k


def all_scores(q: Tensor, k: Tensor) -> Tensor:
    """q·k and q·k / √d_k of queries and keys that are cut off after d_k features.

    returns (2, d_k, query, key)
    """
    cut = [(q[..., :d_k], k[..., :d_k]) for d_k in SIZES]
    plain = torch.stack([q @ k.mT for q, k in cut])
    scaled = torch.stack([dot_product_scores(q, k) for q, k in cut])
    return torch.stack([plain, scaled]).squeeze(-2)


def entropy(weights: Tensor) -> Tensor:
    """−Σ w log2 w of weights (…, key), in bits: 0 for one key alone, log2 of the keys for all."""
    return torch.special.entr(weights).sum(-1) / math.log(2)


def jacobian_norm(weights: Tensor) -> Tensor:
    """√Σ (∂ weight / ∂ score)² of a softmax whose weights (…, key) are these.

    The derivatives are w_i (1 − w_i) and −w_i w_j. 1 − w_i is taken as the sum of the others,
    or it would be lost in rounding just where the gradient dies.
    """
    apart = weights[..., :, None] * weights[..., None, :]
    apart = apart - torch.diag_embed(apart.diagonal(dim1=-2, dim2=-1))  # (…, key, key), i ≠ j
    alone = apart.sum(-1)  # (…, key), i = j
    return (apart.square().sum((-2, -1)) + alone.square().sum(-1)).sqrt()


def histogram(scores: Tensor) -> list[int]:
    """How many scores lie in each step of 1 from -EDGE to EDGE, and beyond at both ends."""
    inside = scores.clamp(-EDGE - 0.5, EDGE + 0.5)
    return torch.histc(inside, 2 * EDGE + 2, -EDGE - 1, EDGE + 1).int().tolist()


def significant(values: Tensor) -> list[list[float]]:
    """(2, d_k) as lists of four digits each: the gradients become too small for four decimals."""
    return [[float(f"{value:.4g}") for value in side] for side in values.tolist()]
