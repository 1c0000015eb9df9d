"""How many operations does a step take, and a written word?

At the sizes of a course most operations handle a few thousand numbers, so that starting them costs
as much as what they compute: their number says more about the time than the arithmetic does.
Counted are the calls of ATen, PyTorch's own operations, as its profiler sees them: those that a
model asks for, and all of them, those included that one operation asks of another.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from benchmarks import compare, corpus
from benchmarks.decoding import endless, hugging_face
from benchmarks.peers import PEERS, Marian
from benchmarks.training import our_step
from transformer_lib.decoding import greedy
from transformer_lib.training import endless_batches

SIZES = dict(d_model=64, n_heads=4, n_layers=2, d_ff=128)
BATCH, READ = 32, 8  # sentences in a step; words read before one is written
WRITTEN = 20, 30  # the difference is what ten words take, whatever comes before the first


class Operations(NamedTuple):
    """Calls of ATen."""

    asked: int  # by the model, the loss, the optimiser
    all: int


def operations(work: Callable[[], object]) -> Operations:
    """What a piece of work calls."""
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        work()
    calls = [event for event in profiler.events() if is_operation(event)]
    return Operations(sum(not is_operation(call.cpu_parent) for call in calls), len(calls))


def is_operation(event) -> bool:
    """Whether an event of the profiler is a call of ATen."""
    return event is not None and event.name.startswith("aten::")


def of_step(model: nn.Module) -> Operations:
    """A step of training with our batches and our optimiser, after a first that sets it up."""
    stream, step = endless_batches(corpus.bucketed(BATCH), 0), our_step(model.train())
    step(next(stream))
    batch = next(stream)
    return operations(lambda: step(batch))


def of_word(model: nn.Module) -> Operations:
    """One word of a sentence written greedily, on average over ten."""
    source = torch.randint(4, model.config.vocab_size, (1, READ))
    few, many = (operations(lambda words=words: write(model, source, words)) for words in WRITTEN)
    return Operations(*(round((b - a) / (WRITTEN[1] - WRITTEN[0])) for a, b in zip(few, many)))


def write(model: nn.Module, source: Tensor, words: int) -> Tensor:
    """So many words, however each model writes them fastest."""
    if isinstance(model, Marian):
        return hugging_face(model.eval(), source, words, beams=1)
    return greedy(endless(model), source, words)


def main(quick: bool = False) -> str:
    """Count for each model and print the table."""
    rows = []
    for name, kind in PEERS.items():
        config = corpus.config(**SIZES)
        rows.append([name, *of_step(kind(config)), *of_word(kind(config))])
    heads = ["model", "step, asked", "step, all", "word, asked", "word, all"]
    return compare.table("Operations, d_model 64, 2 + 2 layers", heads, rows)
