"""Expected beside got, as a small picture in which the cells that differ are framed."""

from typing import NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Normal, Stroke
from torch import Tensor

from lesson import pictures, plots
from lesson.exercises.judging.compare import differing, kind, plain

CELL = 0.42  # inches
MOST_CELLS = 40  # rows or columns; a larger matrix would be a grey cloud
MOST_NUMBERS = 14  # columns of both together up to which the cells carry their numbers
HALO = [Stroke(linewidth=3.5, foreground="white"), Normal()]  # seen on dark cells and on light ones


class Picture(NamedTuple):
    """Two matrices to be seen side by side."""

    expected: Tensor  # (row, column)
    got: Tensor  # (row, column)
    wrong: Tensor  # bool; the places that differ, none when the shapes do
    where: str  # which matrix of a larger tensor this is, "[0, 1]" say

    def html(self) -> str:
        """An image that carries its alt text and needs no other file."""
        return pictures.picture(draw(self))

    @property
    def alt(self) -> str:
        """The two matrices in words, row by row."""
        sides = {"Expected": self.expected, "Got": self.got}
        rows = [f"{side}{self.where}: {in_words(matrix)}." for side, matrix in sides.items()]
        places = [f"row {row} column {column}" for row, column in self.wrong.nonzero().tolist()]
        return " ".join([*rows, f"Framed: {', '.join(places)}." if self.framed else ""]).strip()

    @property
    def framed(self) -> bool:
        """Frames point something out only when some cells have none."""
        return bool(self.wrong.any() and not self.wrong.all())


def picture_of(expected: object, got: object, tolerance: float) -> Picture | None:
    """The matrices in which the two differ first; nothing where there is none to draw."""
    if not all(isinstance(value, Tensor) and value.numel() for value in (expected, got)):
        return None
    expected, got = torch.atleast_2d(expected), torch.atleast_2d(got)
    if kind(expected) == kind(got):
        wrong = differing(expected, got, tolerance)
        place = tuple(wrong.nonzero()[0, :-2].tolist()) if wrong.any() else (0,) * (got.dim() - 2)
        matrices = expected[place], got[place], wrong[place]
    else:
        place = ()
        matrices = *(value[(0,) * (value.dim() - 2)] for value in (expected, got)), torch.zeros(0)
    if max(*matrices[0].shape, *matrices[1].shape) > MOST_CELLS:
        return None
    return Picture(*matrices, f" {list(place)}" if place else "")


def draw(picture: Picture) -> Figure:
    """Expected on the left, got on the right, on one scale."""
    sides = {f"expected{picture.where}": picture.expected, "got": picture.got}
    columns = [matrix.size(1) for matrix in sides.values()]
    rows = max(matrix.size(0) for matrix in sides.values())
    cell = min(CELL, plots.WIDTH / (sum(columns) + 1))
    figure = Figure((max(3.0, cell * (sum(columns) + 1)), cell * rows + 0.3), layout="constrained")
    axes = figure.subplots(1, 2, width_ratios=columns)
    limit = 1.25 * max(size_of(matrix) for matrix in sides.values())
    for ax, (title, matrix) in zip(axes, sides.items()):
        fill(ax, matrix, limit)
        if sum(columns) <= MOST_NUMBERS and matrix.dtype != torch.bool:
            write_numbers(ax, matrix, limit)
        frame(ax, picture)
        ax.set_title(title, fontsize=10)
    axes[0].set_label(picture.alt)
    axes[1].set_label("")
    return figure


def size_of(matrix: Tensor) -> float:
    """The largest size of a number that is finite."""
    return matrix.double().abs().nan_to_num(0, 0, 0).max().clamp(min=1e-9).item()


def fill(ax: Axes, matrix: Tensor, limit: float) -> None:
    """The cells as colours; those of a mask filled or hatched, as in every picture of a mask."""
    if matrix.dtype == torch.bool:
        ax.imshow(matrix.float().numpy(), cmap="Greens", vmin=0, vmax=2)
        plots.hatch(ax, ~matrix)
    else:
        ax.imshow(matrix.double().numpy(), cmap="RdBu", vmin=-limit, vmax=limit)
    ax.set(xticks=[], yticks=[], anchor="NW")
    ax.spines[:].set_visible(False)


def write_numbers(ax: Axes, matrix: Tensor, limit: float) -> None:
    """Each cell's number, white on dark cells."""
    for row, line in enumerate(matrix.tolist()):
        for column, value in enumerate(line):
            text = f"{value:.2f}" if matrix.is_floating_point() else str(value)
            color = "white" if 0.6 * limit < abs(value) else "black"
            how = {"ha": "center", "va": "center", "fontsize": 8, "color": color}
            ax.text(column, row, text.replace("-", "−"), **how)


def frame(ax: Axes, picture: Picture) -> None:
    """A frame round each cell that differs."""
    for row, column in picture.wrong.nonzero().tolist() if picture.framed else ():
        corner = column - 0.46, row - 0.46
        ax.add_patch(Rectangle(corner, 0.92, 0.92, fill=False, lw=1.5, path_effects=HALO))


def in_words(matrix: Tensor) -> str:
    """Row by row, the numbers with three decimals; a large matrix by its shape."""
    if matrix.numel() > 60:
        return f"{matrix.size(0)} rows by {matrix.size(1)} columns"
    return "; ".join(" ".join(map(plain, row)) for row in matrix.tolist())
