"""How long until 95 % of the held-out sentences come out exactly right?

Steps are searched for, seconds are measured: on a ladder of training lengths we look for the
rung at which the median seed reaches the aim, and every training is timed.
All models learn by the same recipe from the same batches; the recipe was chosen for ours.
"""

import contextlib
import io
import sys
import time
from bisect import bisect_left
from dataclasses import dataclass
from statistics import median

import torch

from benchmarks import compare, corpus
from benchmarks.peers import PEERS
from transformer_lib.evaluation import exact_match
from transformer_lib.training import Recipe, fit, one_cycle

AIM = 0.95
BATCH, WEIGHT_DECAY = 32, 0.1
LADDER = [round(400 * 1.25**rung) for rung in range(10)]  # training lengths in steps


@dataclass(frozen=True)
class Task:
    """A size, the highest learning rate at that size, and the seconds we want to stay within."""

    sizes: dict
    peak: float
    seconds: float


TASKS = {
    "1 layer, d_model 64": Task(dict(d_model=64, n_heads=8, n_layers=1, d_ff=128), 1.5e-2, 4.0),
    "2 layers, d_model 64": Task(dict(d_model=64, n_layers=2, d_ff=128), 1e-2, 6.0),
    "2 layers, d_model 128": Task(dict(d_model=128, n_layers=2, d_ff=512), 5e-3, 15.0),
}


def train(name: str, task: Task, steps: int, seed: int) -> tuple[float, float]:
    """One training from scratch: (share of held-out sentences exactly right, seconds)."""
    config, data = corpus.config(**task.sizes), corpus.bucketed(BATCH, seed)
    torch.manual_seed(seed)
    model = PEERS[name](config)
    recipe = Recipe(steps=steps, schedule=one_cycle(task.peak), weight_decay=WEIGHT_DECAY)
    nowhere = io.StringIO()  # no progress bar, on whichever stream it would stand
    with contextlib.redirect_stderr(nowhere), contextlib.redirect_stdout(nowhere):
        began = time.process_time()
        fit(model, data, recipe)
        seconds = time.process_time() - began
    return exact_match(model, corpus.held_out()), seconds


class Search:
    """Trainings of one model at one size, remembered: (steps, seed) → (share, seconds)."""

    def __init__(self, name: str, task: Task, seeds: int):
        self.name, self.task, self.seeds, self.known = name, task, seeds, {}

    def result(self, steps: int, seed: int) -> tuple[float, float]:
        """(share, seconds), trained when it is not known yet; says so as it goes."""
        if (steps, seed) not in self.known:
            share, seconds = self.known[steps, seed] = train(self.name, self.task, steps, seed)
            print(f"  {self.name}, {self.task.sizes}: {steps} steps, {share:.1%}", file=sys.stderr)
        return self.known[steps, seed]

    def results(self, steps: int) -> list[tuple[float, float]]:
        """(share, seconds) for every seed."""
        return [self.result(steps, seed) for seed in range(self.seeds)]

    def shortest(self, ladder: list[int]) -> int | None:
        """The rung from which the median seed reaches the aim; None when the highest fails.

        The first seed finds a rung by bisection; from there all seeds climb together.
        """
        low = bisect_left(ladder, True, key=lambda steps: self.result(steps, 0)[0] >= AIM)
        for steps in ladder[low:]:
            if median(share for share, _ in self.results(steps)) >= AIM:
                return steps
        return None


def row(task_name: str, search: Search, ladder: list[int]) -> tuple[list, float]:
    """What the table says about one model at one size, and its seconds (endless if never)."""
    steps = search.shortest(ladder)
    if steps is None:
        return [task_name, search.name, f"> {ladder[-1]}", None, None, None], float("inf")
    shares, times = zip(*search.results(steps), strict=True)
    spread = " / ".join(f"{share:.1%}" for share in shares)
    seconds = median(times)
    return [task_name, search.name, steps, spread, seconds, search.task.seconds], seconds


def main(quick: bool = False, tasks: dict | None = None, ladder: list[int] | None = None) -> str:
    """Search for each model at each size, print the table, save the bars."""
    ladder = ladder or ([2, 4] if quick else LADDER)
    rows, bars = [], {name: [] for name in PEERS}
    tasks = tasks or TASKS
    for task_name, task in tasks.items():
        for name in PEERS:
            cells, seconds = row(task_name, Search(name, task, 1 if quick else 3), ladder)
            ratio = seconds / (bars["ours"][-1] if name != "ours" else seconds)
            rows.append([*cells[:-1], cells[-1] if name == "ours" else None, finite(ratio)])
            bars[name].append(seconds)
    heads = ["size", "model", "steps", "exact", "seconds", "aim, s", "× our seconds"]
    draw(bars, list(tasks))
    return compare.table("Seconds to 95 % exact match on held-out sentences", heads, rows)


def finite(ratio: float) -> float | None:
    """The ratio, or None where one of the two never arrived."""
    return ratio if 0 < ratio < float("inf") else None


def draw(bars: dict[str, list[float]], names: list[str]) -> None:
    """Seconds as bars, one group for each size; nothing where the aim was never reached."""
    known = {name: [s if s < float("inf") else 0.0 for s in row] for name, row in bars.items()}
    compare.draw_bars("learning", known, names, "Seconds to 95 % exact match")
