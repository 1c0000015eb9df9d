"""How fast does a large model learn on a GPU: ours beside `nn.Transformer`, eager and compiled?

Random sentences of one length, so that nothing but the model is measured. The step is the
course's own: bf16 where autocast is on, fused AdamW, no wait for the device. The clock is the
wall's, stopped when the device has finished.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor, nn

from benchmarks import compare
from benchmarks.peers import TorchTransformer
from transformer_lib.model import Config, Transformer
from transformer_lib.training import Recipe, Run


@dataclass(frozen=True)
class Size:
    """How large a model, and how many sentences of how many words it learns from at once."""

    config: Config
    batch: int
    length: int
    steps: int  # in one turn
    rounds: int


LARGE = Size(Config(8000, d_model=512, n_heads=8, n_layers=6, d_ff=2048), 256, 32, 10, 7)
TINY = Size(Config(40, d_model=16, n_heads=2, n_layers=1, d_ff=32), 3, 5, 1, 1)
OURS, THEIRS = "ours", "nn.Transformer"


def finish(device: torch.device) -> None:
    """Wait until the device has done all that it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def learner(model: nn.Module, batch: tuple[Tensor, ...], steps: int) -> Callable[[], float]:
    """Some steps of training on one batch, counted in target tokens a second."""
    run = Run(model.train(), Recipe(steps=1_000_000))

    def rate() -> float:
        finish(run.device)
        began = time.perf_counter()
        for _ in range(steps):
            run.train_step(batch, progress=0.1)
        finish(run.device)
        return steps * batch[-1].numel() / (time.perf_counter() - began)

    return rate


def rivals(size: Size, device: torch.device) -> dict[str, Callable[[], float]]:
    """Both models, eager and compiled; a CPU only shows that each is one graph."""
    backend = "inductor" if device.type == "cuda" else "eager"
    shape = 3, size.batch, size.length
    batch = tuple(torch.randint(4, size.config.vocab_size, shape, device=device))
    found = {}
    for name, kind in ((OURS, Transformer), (THEIRS, TorchTransformer)):
        torch.manual_seed(0)
        eager, model = kind(size.config).to(device), kind(size.config).to(device)
        compiled = torch.compile(model, backend=backend, fullgraph=name == OURS)
        found[name] = learner(eager, batch, size.steps)
        found[f"{name}, compiled"] = learner(compiled, batch, size.steps)
    return found


def main(quick: bool = False, device: str = "cpu") -> str:
    """Let them learn in turns and print the table."""
    size, place = (TINY if quick else LARGE), torch.device(device)
    work = rivals(size, place)
    rates: compare.Rates = {name: [] for name in work}
    for rate in work.values():
        rate()  # a first turn compiles and warms up
    for _ in range(size.rounds):
        for name, rate in work.items():
            rates[name].append(rate())
    rows = [[name, median(rates[name]), compare.times_faster(rates, OURS, name)] for name in work]
    title = f"Training on {place}: d_model {size.config.d_model}, batches of {size.batch}"
    return compare.table(title, ["model", "target tokens/s", "ours is faster by"], rows)
