"""How fast does a model learn: target tokens a second, in one process, on one thread?

Compared are whole habits, not only layers: how sentences are put into batches, and which
optimiser takes the step. Pads are never counted as tokens.
"""

from collections.abc import Callable
from dataclasses import replace
from statistics import median

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import compare, corpus
from benchmarks.peers import Marian, TorchTransformer
from transformer_lib.attention import Attention
from transformer_lib.masks import PAD
from transformer_lib.model import Config, Transformer
from transformer_lib.training import Recipe, Run, endless_batches

SIZES = dict(d_model=128, n_heads=4, n_layers=2, d_ff=512)
BATCH = 64
OURS, PEAK = "ours: length buckets, fused AdamW", "matmul"
AIMS = {
    "nn.Transformer: random batches, Adam": 1.8,
    "Marian: random batches, Adam": 1.4,
    "nn.Transformer: our batches, fused AdamW": 1.2,
}


def our_step(model: nn.Module) -> Callable:
    """The step of `transformer_lib.training`: fused AdamW and a bound on the gradient."""
    run = Run(model, Recipe(steps=1_000_000))
    return lambda batch: run.train_step(batch, progress=0.1)


def usual_step(model: nn.Module) -> Callable:
    """The loop most tutorials write: Adam with its defaults, nothing else."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step(batch: tuple) -> None:
        source, target_in, target_out = batch
        optimizer.zero_grad()
        logits = model(source, target_in)
        F.cross_entropy(logits.flatten(0, 1), target_out.flatten(), ignore_index=PAD).backward()
        optimizer.step()

    return step


def rival(model: nn.Module, arrange: Callable, step: Callable, steps: int) -> Callable[[], float]:
    """Some steps of training, one batch after the other, counted in target tokens."""
    model.train()
    stream, learn = endless_batches(arrange(BATCH), 0), step(model)

    def work() -> float:
        tokens = 0
        for _ in range(steps):
            batch = next(stream)
            learn(batch)
            tokens += int((batch[-1] != PAD).sum())
        return tokens

    return work


def rivals(config: Config, steps: int) -> dict[str, Callable[[], float]]:
    """Every model and habit that is compared, and the product of matrices."""
    usual, ours = (corpus.shuffled, usual_step, steps), (corpus.bucketed, our_step, steps)
    plain, dropped = config, corpus.config(**SIZES, dropout=0.1)
    explicit = replace(config, attention=Attention, cross_attention=Attention)
    torch.manual_seed(0)
    return {
        OURS: rival(Transformer(plain), *ours),
        "ours with explicit attention": rival(Transformer(explicit), *ours),
        "nn.Transformer: random batches, Adam": rival(TorchTransformer(plain), *usual),
        "… and post-norm, its default": rival(TorchTransformer(plain, norm_first=False), *usual),
        "… and dropout 0.1, its default": rival(
            TorchTransformer(dropped, norm_first=False), *usual
        ),
        "Marian: random batches, Adam": rival(Marian(plain), *usual),
        "nn.Transformer: our batches, fused AdamW": rival(TorchTransformer(plain), *ours),
        "Marian: our batches, fused AdamW": rival(Marian(plain), *ours),
        PEAK: compare.matmul_peak(),
    }


def operations_per_token(config: Config, count: int = 20) -> float:
    """What our model computes for one target token, forward and backward.

    Counted are the products of matrices alone, 2 operations per multiply-add, over the padded
    tensors that are really multiplied; attention is watched, since a fused kernel hides its own.
    Norms, softmax, the optimiser and lookups count nothing.
    """
    explicit = replace(config, attention=Attention, cross_attention=Attention)
    model, stream = Transformer(explicit), endless_batches(corpus.bucketed(BATCH), 0)
    tokens = 0
    with FlopCounterMode(display=False) as counter:
        for _ in range(count):
            source, target_in, target_out = next(stream)
            model(source, target_in).sum().backward()
            tokens += int((target_out != PAD).sum())
    return counter.get_total_flops() / tokens


def main(quick: bool = False) -> str:
    """Let them learn in turns, print the table, save the bars."""
    config = corpus.config(**SIZES)
    rates = compare.in_turns(rivals(config, steps=2 if quick else 8), rounds=2 if quick else 12)
    share = operations_per_token(config) * compare.times_faster(rates, OURS, PEAK)
    names = [name for name in rates if name != PEAK]
    faster = {name: compare.times_faster(rates, OURS, name) for name in names}
    bars = {"": [faster[name] for name in names]}
    compare.draw_bars("training", bars, names, "How many times faster ours learns")
    rows = [[name, median(rates[name]), faster[name], AIMS.get(name)] for name in names]
    heads = ["model", "target tokens/s", "ours is faster by", "aim"]
    text = compare.table("Training, d_model 128, batches of 64", heads, rows)
    peak = median(rates[PEAK]) / 1e9
    note = f"\nOurs reaches {share:.0%} of the matmul peak of {peak:.0f} GFLOP/s (aim: 50 %)."
    print(note)
    return text + "\n" + note
