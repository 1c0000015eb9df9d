"""Positions told by waves, to be turned: base, length, pair of features, position, offset."""

import math

import traitlets
from matplotlib.axes import Axes
from torch import Tensor

from lesson.plots import curves, panels
from lesson.widgets.view import View, script, style
from transformer_lib.positions import sinusoids

BASES = tuple(10**power for power in range(1, 7))
SCHEMES = (
    "whole numbers",
    "position ÷ length",
    "sigmoid",
    "one sine",
    "binary digits",
    "random vectors",
)
WIDEST, SHORTEST, LONGEST, FARTHEST = 512, 8, 128, 64


class PositionExplorer(View):
    """The table of sinusoids, one pair of its features, and the schemes that were given up.

    length: positions in the table; d_model: features of each; base: sets the longest wave

    Its state, which you may set: length, base, pair (features 2 · pair and 2 · pair + 1),
    position (a row), offset (how far the pair is shifted), scheme (what stands beside).

    Raises ValueError for an odd d_model, and for a state that its slider does not have.
    """

    _esm = script(__file__, "chart.js", "heat.js", "position_schemes.js")
    _css = style("chart.css")
    length = traitlets.Int(64).tag(sync=True)
    d_model = traitlets.Int(32, read_only=True).tag(sync=True)
    base = traitlets.Int(10_000).tag(sync=True)
    pair = traitlets.Int(4).tag(sync=True)
    position = traitlets.Int(7).tag(sync=True)
    offset = traitlets.Int(5).tag(sync=True)
    scheme = traitlets.Unicode(SCHEMES[0]).tag(sync=True)

    def __init__(self, length: int = 64, d_model: int = 32, base: int = 10_000):
        sinusoids(1, d_model)  # refuses an odd width
        if not 2 <= d_model <= WIDEST:
            raise ValueError(
                f"d_model={d_model} does not fit the picture; choose an even number "
                f"from 2 to {WIDEST}."
            )
        super().__init__()
        self.set_trait("d_model", d_model)
        self.pair = min(self.pair, d_model // 2 - 1)
        self.length, self.base = length, base

    @traitlets.validate("length", "pair", "position", "offset")
    def within(self, proposal: dict) -> int:
        """A number that its slider has."""
        name, value = proposal["trait"].name, proposal["value"]
        low, high = {
            "length": (SHORTEST, LONGEST),
            "pair": (0, self.d_model // 2 - 1),
            "position": (0, self.length - 1),
            "offset": (0, FARTHEST),
        }[name]
        if not low <= value <= high:
            raise ValueError(f"{name}={value} is not on its slider; choose {low} to {high}.")
        return value

    @traitlets.validate("base", "scheme")
    def known(self, proposal: dict) -> int | str:
        """A base or a scheme that there is."""
        name, value = proposal["trait"].name, proposal["value"]
        choices = {"base": BASES, "scheme": SCHEMES}[name]
        if value not in choices:
            raise ValueError(
                f"{name}={value!r} is not among the {len(choices)} that can be shown; "
                f"choose {', '.join(map(str, choices))}."
            )
        return value

    @traitlets.observe("length")
    def stay_inside(self, change: dict) -> None:
        """A shorter table pulls the position along."""
        self.position = min(self.position, self.length - 1)

    def table(self) -> Tensor:
        """(length, d_model) what the heat map shows."""
        return sinusoids(self.length, self.d_model, self.base)

    @property
    def wavelength(self) -> float:
        """How many positions one turn of the chosen pair takes."""
        return 2 * math.pi * self.base ** (2 * self.pair / self.d_model)

    def draw(self) -> Axes:
        """The chosen pair as curves, beside the whole table."""
        waves, cells = panels(2)
        sine, cosine = self.table()[:, 2 * self.pair : 2 * self.pair + 2].T
        title = f"pair {self.pair}: one turn in {self.wavelength:.3g} positions"
        lines = {"sine": sine, "cosine": cosine}
        curves(range(self.length), lines, xlabel="position", ylabel="value", title=title, ax=waves)
        waves.axvline(self.position, color="#e69f00")
        cells.imshow(self.table().numpy(), cmap="RdBu", vmin=-1, vmax=1, aspect="auto")
        cells.set(xlabel="feature", ylabel="position")
        cells.set_title(f"the whole table, base {self.base}")
        cells.set_label(
            f"Heat map of sinusoids, {self.length} positions by {self.d_model} features, "
            f"base {self.base}."
        )
        return waves

    def __repr__(self) -> str:
        return (
            f"PositionExplorer({self.length} positions of {self.d_model} features, "
            f"base {self.base}: pair {self.pair}, position {self.position}, "
            f"offset {self.offset}, beside {self.scheme})"
        )
