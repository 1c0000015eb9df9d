"""Fair comparisons: rivals take turns in one process, and ratios are formed turn by turn.

The clock is processor time on one thread. On an idle machine it is the time on the wall;
on a busy one it leaves out the moments in which another program had the processor.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from textwrap import fill

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes

from lesson import pictures, plots

FOLDER = Path(__file__).resolve().parent.parent / "build" / "benchmarks"
PEAK_SIDE = 1024  # of the square matrices whose product shows what the processor can do

Rates = dict[str, list[float]]


def in_turns(rivals: dict[str, Callable[[], float]], rounds: int) -> Rates:
    """Let every rival work once a round, each round in another order.

    rivals: name → a function that works for a moment and returns how much it has done
    returns name → amount per second, round by round; a first round warms up and is left out
    """
    rates = {name: [] for name in rivals}
    for work in rivals.values():
        work()
    names = list(rivals)
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            began = time.process_time()
            amount = rivals[name]()
            rates[name].append(amount / max(time.process_time() - began, 1e-9))
    return rates


def times_faster(rates: Rates, one: str, other: str) -> float:
    """How many times the speed of `other` the speed of `one` is: the median over the rounds."""
    return median(a / b for a, b in zip(rates[one], rates[other], strict=True))


def matmul_peak() -> Callable[[], float]:
    """A rival that only multiplies fp32 matrices and counts 2 operations per multiply-add."""
    a, b = torch.randn(2, PEAK_SIDE, PEAK_SIDE)

    def work() -> float:
        for _ in range(10):
            a @ b
        return 10 * 2.0 * PEAK_SIDE**3

    return work


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence]) -> str:
    """Print a Markdown table and return it."""
    lines = [f"\n**{title}**\n", line(heads), line(["---"] * len(heads)), *map(line, rows)]
    text = "\n".join(lines)
    print(text, flush=True)
    return text


def line(cells: Sequence) -> str:
    """One row of a Markdown table; fractions with three digits that count."""
    return "| " + " | ".join(written(cell) for cell in cells) + " |"


def written(cell) -> str:
    """A cell as text; None is an empty one."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 1000 else f"{cell:.3g}"
    return str(cell)


def draw_bars(name: str, values: dict[str, list[float]], groups: Sequence[str], title: str) -> Path:
    """Bars in groups with long names below them, saved as build/benchmarks/NAME.png."""
    ax = plots.bars(values, [fill(group, 15) for group in groups], title=title)
    ax.tick_params(axis="x", labelsize=6)
    return keep(ax, name)


def keep(ax: Axes, name: str) -> Path:
    """Save the picture as build/benchmarks/NAME.png."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.png"
    path.write_bytes(pictures.png(ax.figure))
    plt.close(ax.figure)
    return path
