"""Teacher forcing, a loss that skips padding, two schedules, and one plain loop.

A batch is a tuple whose last tensor is what the model should answer and whose others are its
inputs: (source, target_in, target_out) for translation, (tokens, label) for classification.
Teacher forcing is that shift: target_in starts with START, target_out ends with END, and at each
place the model sees the true words before it, not its own.
Sources: Vaswani et al. 2017, section 5; Smith and Topin 2018 (one-cycle).
"""

import itertools
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.std import tqdm

from transformer_lib import checkpoint as checkpoints
from transformer_lib import distributed
from transformer_lib.evaluation import to_device
from transformer_lib.masks import PAD

SHOWN_EVERY = 10  # steps; to fetch a loss means to wait for the device

Batches = Iterable[tuple[Tensor, ...]]
Schedule = Callable[[int, float], float]  # (steps made, progress from 0 to 1) → learning rate


def one_cycle(peak: float = 6e-3, warm: float = 0.1) -> Schedule:
    """Up to `peak` in a straight line, then down to 0 where the budget ends."""
    return lambda step, progress: peak * max(0.0, min(progress / warm, (1 - progress) / (1 - warm)))


def inverse_square_root(d_model: int, warmup: int = 4000) -> Schedule:
    """The paper's: up for `warmup` steps, then down with 1 / √step; it needs no budget."""
    return lambda step, progress: d_model**-0.5 * min((step + 1) ** -0.5, (step + 1) * warmup**-1.5)


@dataclass(frozen=True)
class Recipe:
    """How to train. Either `steps` or `budget_s` (seconds) says how long.

    Raises ValueError when neither or both are given, or one is not above 0, and for evaluations
    that are less than 1 step apart.
    """

    steps: int | None = None
    budget_s: float | None = None
    schedule: Schedule = field(default_factory=one_cycle)
    smoothing: float = 0.0  # label smoothing
    weight_decay: float = 0.1
    betas: tuple[float, float] = (0.8, 0.95)  # of AdamW; 0.9 forgets too slowly in so few steps
    clip: float = 1.0  # longest gradient, as a norm over all parameters
    evaluate_every: int = 50  # steps
    target: float | None = None  # stop when the evaluation reaches it

    def __post_init__(self) -> None:
        given = [length for length in (self.steps, self.budget_s) if length is not None]
        if len(given) != 1 or given[0] <= 0:
            raise ValueError(
                f"Recipe got steps={self.steps} and budget_s={self.budget_s}; "
                f"give one of the two, above 0."
            )
        if self.evaluate_every < 1:
            raise ValueError(
                f"Recipe.evaluate_every={self.evaluate_every} steps; it must be at least 1: leave "
                f"`evaluate` out of fit to evaluate nothing."
            )

    def progress(self, step: int, seconds: float) -> float:
        """How much of the training is over, from 0 to 1."""
        spent, budget = (step, self.steps) if self.steps else (seconds, self.budget_s)
        return min(1.0, spent / (budget or math.inf))


@dataclass
class History:
    """What happened, step by step."""

    losses: list[float] = field(default_factory=list)  # nats a token (or a label)
    rates: list[float] = field(default_factory=list)  # learning rates
    evaluations: list[tuple[int, float]] = field(default_factory=list)  # (step, result)
    seconds: float = 0.0
    ended: str = "not started"

    def __repr__(self) -> str:
        return f"History({len(self.losses)} steps, ended: {self.ended})"


def summed_cross_entropy(
    logits: Tensor, expected: Tensor, smoothing: float = 0.0
) -> tuple[Tensor, Tensor]:
    """The sum of the losses and how many there were, both without axes.

    logits: (batch, length, vocab_size) with expected ids (batch, length), whose pads do not
    count; or (batch, n_classes) with expected labels (batch), which all count
    """
    ignored = PAD if expected.dim() > 1 else -100  # class 0 is a class like any other
    total = F.cross_entropy(
        logits.flatten(0, -2).float(),
        expected.flatten(),
        ignore_index=ignored,
        label_smoothing=smoothing,
        reduction="sum",
    )
    return total, (expected != ignored).sum()


class Run:
    """A training under way: everything a checkpoint has to keep."""

    def __init__(self, model: nn.Module, recipe: Recipe):
        self.model, self.recipe, self.history = model, recipe, History()
        self.device = next(model.parameters()).device
        self.parameters = list(model.parameters())
        self.optimizer = torch.optim.AdamW(
            self.parameters,
            betas=recipe.betas,
            weight_decay=recipe.weight_decay,
            fused=self.device.type in ("cpu", "cuda"),
        )
        self.unread: list[Tensor] = []  # losses that are still on the device

    @property
    def step(self) -> int:
        """How many steps have been made."""
        return len(self.history.rates)

    @property
    def progress(self) -> float:
        """How much of the training is over, the same number in every process."""
        own = self.recipe.progress(self.step, self.history.seconds)
        return distributed.broadcast(own, self.device)

    def train_step(self, batch: tuple[Tensor, ...], progress: float) -> None:
        """One step down the gradient of one batch; nothing here waits for a GPU to finish it."""
        rate = self.recipe.schedule(self.step, progress)
        self.optimizer.param_groups[0]["lr"] = rate
        *inputs, expected = to_device(batch, self.model)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            logits = self.model(*inputs)
        total, count = summed_cross_entropy(logits, expected, self.recipe.smoothing)
        loss = total / distributed.all_reduce(count)
        self.optimizer.zero_grad()
        loss.backward()
        distributed.all_reduce_gradients(self.model)
        nn.utils.clip_grad_norm_(self.parameters, self.recipe.clip)
        self.optimizer.step()
        self.unread.append(distributed.all_reduce(loss.detach().clone()))
        self.history.rates.append(rate)

    def read_losses(self) -> None:
        """Fetch the losses from the device into the history."""
        if self.unread:
            self.history.losses += torch.stack(self.unread).tolist()
            self.unread.clear()


def fit(
    model: nn.Module,
    data: Callable[[int], Batches],
    recipe: Recipe,
    evaluate: Callable[[nn.Module], float] | None = None,
    checkpoint: str | Path | None = None,
) -> History:
    """Train until the recipe's budget is spent, its target is reached, or you stop it.

    data: epoch number → that epoch's batches; the same number must give the same batches
    evaluate: model → result, larger is better; run every `recipe.evaluate_every` steps
    checkpoint: a file that is written at each evaluation and at the end, also when training is
    stopped by hand; when it is there already, training goes on from it

    Under torchrun each process learns from its share of each batch.
    Raises ValueError for data without batches, for a checkpoint that does not fit, and for a model
    without the config that a checkpoint needs.
    """
    distributed.init(next(model.parameters()).device)
    run = Run(model, recipe)
    if checkpoint is not None:
        checkpoints.check_config(model)
        if Path(checkpoint).exists():
            checkpoints.resume_training(checkpoint, run)
    distributed.broadcast_parameters(model)
    model.train()
    try:
        run.history.ended = train_loop(run, data, evaluate, checkpoint)
    except KeyboardInterrupt:
        run.history.ended = "stopped by hand"
    run.read_losses()
    if checkpoint is not None and distributed.is_first():
        checkpoints.save_training(checkpoint, run)
    return run.history


def train_loop(
    run: Run,
    data: Callable[[int], Batches],
    evaluate: Callable[[nn.Module], float] | None,
    checkpoint: str | Path | None,
) -> str:
    """Step after step; returns why it ended."""
    recipe, history = run.recipe, run.history
    began = time.perf_counter() - history.seconds
    batches = prefetch(map(distributed.shard, endless_batches(data, run.step)), run.device)
    with progress_bar() as bar:
        while (progress := run.progress) < 1:
            run.train_step(next(batches), progress)
            history.seconds = time.perf_counter() - began
            if run.step % SHOWN_EVERY == 0:
                run.read_losses()
                bar.update(round(100 * progress) - bar.n)
                bar.set_postfix(loss=f"{history.losses[-1]:.3f}", refresh=False)
            if evaluate and run.step % recipe.evaluate_every == 0:
                run.read_losses()
                history.evaluations.append((run.step, float(evaluate(run.model))))
                run.model.train()  # whatever mode an evaluation of your own left it in
                if checkpoint is not None and distributed.is_first():
                    checkpoints.save_training(checkpoint, run)
                if recipe.target is not None and history.evaluations[-1][1] >= recipe.target:
                    return "target reached"
    return "budget spent"


def progress_bar() -> tqdm:
    """A line of text that is gone when the training is over; TQDM_DISABLE=1 does without it.

    JupyterLab, which is no terminal, paints what comes on stderr red.
    """
    stream = sys.stderr if sys.stderr.isatty() else sys.stdout
    silent = {} if distributed.is_first() else {"disable": True}
    return tqdm(total=100, unit="%", leave=False, file=stream, **silent)


def prefetch(
    batches: Iterable[tuple[Tensor, ...]], device: torch.device
) -> Iterator[tuple[Tensor, ...]]:
    """On a GPU each batch is on its way while the one before is learnt; elsewhere, as it came."""
    if device.type != "cuda":
        yield from batches
        return
    waiting: list[tuple[Tensor, ...]] = []
    for batch in batches:
        pinned = (tensor.pin_memory() for tensor in batch)
        waiting.append(tuple(tensor.to(device, non_blocking=True) for tensor in pinned))
        if len(waiting) > 1:
            yield waiting.pop(0)
    yield from waiting


def endless_batches(data: Callable[[int], Batches], skip: int) -> Iterator[tuple[Tensor, ...]]:
    """Epoch after epoch, without the first `skip` batches, which have been learnt already.

    Raises ValueError for an epoch without batches.
    """
    for epoch in itertools.count():
        batches = iter(data(epoch))
        for batch in itertools.chain([first_batch(batches, epoch)], batches):
            if skip:
                skip -= 1
            else:
                yield batch


def first_batch(batches: Iterator[tuple[Tensor, ...]], epoch: int) -> tuple[Tensor, ...]:
    """The first batch of an epoch.

    Raises ValueError when there is none.
    """
    for batch in batches:
        return batch
    raise ValueError(f"epoch {epoch} has 0 batches; needed is at least 1, check the data.")
