"""Tensors in, Axes out.

Queries run down, keys run across, blocked cells are hatched. Weights lie on a fixed scale
from 0 to 1, scores on one centred at 0, so that two pictures can be compared.
Each function describes what it drew in the label of its Axes; that is the picture's alt text.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from lesson.pictures import COLORS

if TYPE_CHECKING:
    from transformer_lib.training import History

WIDTH = 6.5  # inches, of every figure
MARKERS = "osD^vP"  # of the lines or groups of a picture, so that colour is not all
MOST_NUMBERS = 10  # rows or columns up to which the cells carry their numbers


def panels(count: int, height: float = 3.0) -> list[Axes]:
    """`count` Axes side by side in one figure of the course's width."""
    _, axes = plt.subplots(1, count, figsize=(WIDTH * max(1, count / 2), height), squeeze=False)
    return list(axes[0])


def heatmap(  # noqa: PLR0913  (a matrix, its words, and four ways to show it, all by name)
    matrix: Tensor,
    queries: Sequence[str] | None = None,
    keys: Sequence[str] | None = None,
    *,
    mask: Tensor | None = None,
    signed: bool = False,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """A (query, key) matrix as colours, with its numbers where they fit.

    matrix: (query, key) weights from 0 to 1, or any numbers when `signed`
    queries, keys: the words beside the rows and above the columns; keys default to queries
    mask: (query, key) bool; cells where it is False are hatched and stay empty

    Raises ValueError when the matrix does not have two axes.
    """
    matrix = as_matrix(matrix)
    ax = ax or plt.subplots(figsize=(WIDTH, min(WIDTH, 1.6 + 0.45 * len(matrix))))[1]
    limit = 1.25 * matrix.abs().max().clamp(min=1e-9).item() if signed else 1.0
    ax.imshow(matrix.numpy(), cmap="RdBu" if signed else "Blues", vmin=-limit * signed, vmax=limit)
    visible = torch.ones_like(matrix, dtype=torch.bool) if mask is None else as_matrix(mask).bool()
    hatch(ax, ~visible.expand_as(matrix))
    if max(matrix.shape) <= MOST_NUMBERS:
        write_numbers(ax, matrix, visible.expand_as(matrix), limit)
    label_axes(ax, matrix.shape, queries, queries if keys is None else keys)
    ax.set_title(title)
    ax.set_label(describe_matrix(matrix, visible.expand_as(matrix), queries, title))
    return ax


def mask_map(
    mask: Tensor,
    queries: Sequence[str] | None = None,
    keys: Sequence[str] | None = None,
    *,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """A boolean (query, key) mask: filled = may attend, hatched = may not.

    Raises ValueError when the mask does not have two axes.
    """
    mask = as_matrix(mask).bool()
    ax = ax or plt.subplots(figsize=(WIDTH, min(4.0, 1.6 + 0.3 * len(mask))))[1]
    ax.imshow(mask.float().numpy(), cmap="Greens", vmin=0, vmax=2)
    hatch(ax, ~mask)
    label_axes(ax, mask.shape, queries, queries if keys is None else keys)
    ax.set_title(title)
    shape = f"{mask.size(0)} queries by {mask.size(1)} keys"
    ax.set_label(f"Mask, {shape}{told(title)}. {int(mask.sum())} of {mask.numel()} cells visible.")
    return ax


def bars(
    values: dict[str, Sequence[float]], names: Sequence[str], *, title: str = "", ax=None
) -> Axes:
    """Numbers side by side: one group for each name, one bar in it for each entry of `values`."""
    ax = ax or plt.subplots(figsize=(WIDTH, 2.6))[1]
    width = 0.8 / len(values)
    pixels = 0.8 * ax.get_window_extent().width / max(1, len(values) * len(names))
    upright = pixels < 0.28 * ax.figure.dpi  # four digits of 8 points would touch
    for index, (label, heights) in enumerate(values.items()):
        places = [place + width * (index - (len(values) - 1) / 2) for place in range(len(names))]
        drawn = ax.bar(places, [float(height) for height in heights], width * 0.95, label=label)
        ax.bar_label(drawn, fmt="%.2f", fontsize=8, rotation=90 * upright, padding=1 + upright)
    ax.set_xticks(range(len(names)), names)
    ax.margins(y=0.25 if upright else 0.15)
    if len(values) > 1:
        ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    ax.set_title(title)
    rows = (
        f"{label}: " + ", ".join(f"{n} {float(v):.2f}" for n, v in zip(names, row, strict=True))
        for label, row in values.items()
    )
    ax.set_label(f"Bar chart{told(title)}. " + "; ".join(rows) + ".")
    return ax


def curves(  # noqa: PLR0913  (lines, the words at both axes, and three ways to show them)
    x: Sequence[float],
    lines: dict[str, Sequence[float]],
    *,
    xlabel: str,
    ylabel: str,
    log: str = "",
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """One line a name over a shared x. `log` names the logarithmic axes: "", "x", "y" or "xy"."""
    ax = ax or plt.subplots(figsize=(WIDTH, 3.2))[1]
    marked = {"markersize": 4, "markevery": -(-len(x) // 40)}  # more would hide the line
    for (name, y), marker in zip(lines.items(), itertools.cycle(MARKERS)):
        ax.plot(x, [float(value) for value in y], marker=marker, label=name, **marked)
    if "x" in log:
        ax.set_xscale("log", base=2)
        ax.xaxis.set_major_formatter("{x:g}")
    elif all(isinstance(value, int) for value in x):
        ax.xaxis.get_major_locator().set_params(integer=True)  # no half steps, no half words
    if "y" in log:
        ax.set_yscale("log")
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.legend(frameon=False)
    ax.set_title(title)
    ends = "; ".join(f"{n} from {float(y[0]):.3g} to {float(y[-1]):.3g}" for n, y in lines.items())
    ax.set_label(f"Curves of {ylabel} over {xlabel}, {x[0]} to {x[-1]}{told(title)}. {ends}.")
    return ax


def scatter(
    points: Tensor,
    names: Sequence[str],
    groups: Sequence[str] | None = None,
    *,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Named points on a plane, a colour and a mark for each group.

    points: (point, 2); groups: the group of each point

    Raises ValueError when there is not one name for each point.
    """
    if points.shape != (len(names), 2):
        raise ValueError(
            f"points have shape {tuple(points.shape)}, and there are {len(names)} names; "
            f"needed is one row of two numbers for each name: ({len(names)}, 2)."
        )
    ax = ax or plt.subplots(figsize=(WIDTH, 3.6))[1]
    groups = groups or [""] * len(names)
    points = points.detach().cpu()
    for index, group in enumerate(dict.fromkeys(groups)):
        members = [row for row, each in enumerate(groups) if each == group]
        style = {"color": COLORS[index % len(COLORS)], "marker": MARKERS[index % len(MARKERS)]}
        ax.plot(*points[members].T, linestyle="", markersize=4, label=group, **style)
        for row in members:
            place = points[row].tolist()
            ax.annotate(names[row], place, (3, 3), textcoords="offset points", fontsize=9)
    if any(groups):
        ax.figure.legend(loc="outside upper right", ncols=4, frameon=False, fontsize=9)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.set_title(title)
    gaps = torch.cdist(points, points).fill_diagonal_(torch.inf).argmin(-1).tolist()
    nearest = ", ".join(f"{name} beside {names[near]}" for name, near in zip(names, gaps))
    ax.set_label(f"Map of {len(names)} points{told(title)}. Nearest on it: {nearest}.")
    return ax


def learning(history: History, *, title: str = "", ax: Axes | None = None) -> Axes:
    """A training as it went: each step's loss, its running mean, and the evaluations.

    Raises ValueError for a training without a step.
    """
    if not history.losses:
        raise ValueError("the history has 0 steps; needed is at least 1: train first, then look.")
    ax = ax or plt.subplots(figsize=(WIDTH, 2.8))[1]
    losses = torch.tensor(history.losses)
    window = max(1, len(losses) // 30)
    smooth = losses.unfold(0, window, 1).mean(-1)
    ax.plot(losses, color=COLORS[0], alpha=0.3, lw=0.8)
    ax.plot(range(window - 1, len(losses)), smooth, color=COLORS[0], label="loss, nats")
    ax.set(xlabel="step", ylabel="loss, nats", ylim=(0, None))
    ax.set_title(title)
    told_last = draw_evaluations(history, ax)
    ax.figure.legend(loc="outside upper right", ncols=2, frameon=False)
    ax.set_label(
        f"Training curve{told(title)}. {len(losses)} steps, the loss went from "
        f"{smooth[0]:.2f} to {smooth[-1]:.2f} nats.{told_last}"
    )
    return ax


def draw_evaluations(history: History, ax: Axes) -> str:
    """The evaluations against an axis of their own on the right; returns the last one in words."""
    if not history.evaluations:
        return ""
    right = ax.twinx()
    right.plot(*zip(*history.evaluations), "o-", color=COLORS[1], ms=4, label="evaluation")
    right.set(ylabel="evaluation")
    if all(0 <= result <= 1 for _, result in history.evaluations):
        right.set_ylim(0, 1.05)  # a share
    right.spines["right"].set_visible(True)
    step, result = history.evaluations[-1]
    return f" The last evaluation, after step {step}, gave {result:.2f}."


def as_matrix(values: Tensor) -> Tensor:
    """A detached copy on the CPU, without axes of size 1 in front.

    Raises ValueError when more than (query, key) is left.
    """
    matrix = torch.as_tensor(values).detach().cpu()
    while matrix.dim() > 2 and matrix.size(0) == 1:
        matrix = matrix[0]
    if matrix.dim() != 2:
        raise ValueError(
            f"a picture shows one (query, key) matrix, but this has shape {tuple(matrix.shape)}; "
            f"choose a sentence and a head first: weights[0, 0]."
        )
    return matrix if matrix.dtype == torch.bool else matrix.float()


def hatch(ax: Axes, blocked: Tensor) -> None:
    """Cover the blocked cells (query, key), so that hidden never looks like nearly zero."""
    for row, column in blocked.nonzero().tolist():
        cell = (column - 0.5, row - 0.5)
        ax.add_patch(Rectangle(cell, 1, 1, facecolor="0.93", edgecolor="0.6", hatch="////", lw=0))


def write_numbers(ax: Axes, matrix: Tensor, visible: Tensor, limit: float) -> None:
    """Each visible cell's number, white on dark cells."""
    for row, column in visible.nonzero().tolist():
        value = matrix[row, column].item()
        color = "white" if abs(value) > 0.6 * limit else "black"
        text = f"{value:z.2f}".replace("-", "−")
        ax.text(column, row, text, ha="center", va="center", color=color, fontsize=9)


def label_axes(ax: Axes, shape, queries, keys) -> None:
    """The words down the side and along the top, or whole numbers where there are none."""
    ax.locator_params(integer=True)
    if queries is not None:
        ax.set_yticks(range(shape[0]), queries)
    if keys is not None:
        ax.set_xticks(range(shape[1]), keys)
    ax.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    crowded = keys is not None and max(map(len, keys)) * shape[1] > 45
    ax.tick_params(axis="x", rotation=60 if crowded else 0)
    ax.set(ylabel="query (asks)", xlabel="key (answers)")
    ax.spines[:].set_visible(False)


def told(title: str) -> str:
    """The title as the end of a sentence."""
    return f": {title}" if title else ""


def describe_matrix(matrix: Tensor, visible: Tensor, queries, title: str) -> str:
    """The matrix in words: every row where the numbers fit, the shape where not."""
    text = f"Heat map, {matrix.size(0)} queries by {matrix.size(1)} keys{told(title)}."
    if max(matrix.shape) > MOST_NUMBERS:
        return text
    names = queries if queries is not None else range(len(matrix))
    cells = matrix.masked_fill(~visible, torch.nan).tolist()
    rows = (
        f"{name}: " + " ".join("hidden" if v != v else f"{v:z.2f}" for v in row)
        for name, row in zip(names, cells, strict=True)
    )
    return f"{text} Rows: " + "; ".join(rows) + "."
