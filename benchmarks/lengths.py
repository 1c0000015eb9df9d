"""What do long sentences cost? Time and memory of four attentions from 256 to 16 384 tokens.

Time is the fastest of a few forward passes, in turns in one process. Memory is how far the
highest mark of a process's memory (VmHWM, Linux) rises above its start during one forward pass,
in a fresh process for each point; a megabyte is the noise of that measure.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks import compare
from lesson import plots
from transformer_lib.attention import Attention, FusedAttention
from transformer_lib.efficient import BigBirdAttention, Linformer

ROOT = Path(__file__).resolve().parent.parent
LENGTHS = [256, 512, 1024, 2048, 4096, 8192, 16384]
LONGEST = {"explicit": 4096}  # its scores alone would take 4 GiB at 16 384
LEAST = 0.1  # MB; what rises less is written as this much
HEADS, D_HEAD, SLOTS, BLOCK = 4, 16, 64, 64
KINDS: dict[str, Callable[[int], nn.Module]] = {
    "explicit": lambda length: Attention(),
    "fused": lambda length: FusedAttention(),
    "Linformer": lambda length: Linformer(length, SLOTS),
    "BigBird": lambda length: BigBirdAttention(BLOCK),
}


def parts(length: int) -> Tensor:
    """q, k and v of one sentence: (3, batch, heads, length, d_head)"""
    return torch.randn(3, 1, HEADS, length, D_HEAD)


def rival(kind: str, length: int, tokens: int) -> Callable[[], float]:
    """Forward passes over about so many tokens; returns how many passes."""
    attention, (q, k, v) = KINDS[kind](length), parts(length)
    passes = max(1, tokens // length)

    @torch.inference_mode()
    def work() -> float:
        for _ in range(passes):
            attention(q, k, v)
        return passes

    return work


def milliseconds(length: int, kinds: list[str], rounds: int) -> dict[str, float]:
    """One forward pass of each kind, in milliseconds."""
    rates = compare.in_turns({kind: rival(kind, length, 8192) for kind in kinds}, rounds)
    return {kind: 1000 / max(rate) for kind, rate in rates.items()}


def peak() -> float:
    """The most memory this process has held since `forget_peak`, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


def forget_peak() -> None:
    """Set the highest mark back to what is held now: importing torch once held more."""
    Path("/proc/self/clear_refs").write_text("5")


def rise(kind: str, length: int) -> float:
    """How far one forward pass lifts the highest mark of this process, in MB."""
    with torch.inference_mode():
        KINDS[kind](BLOCK * 4)(*parts(BLOCK * 4))  # what the first call alone allocates
        attention, (q, k, v) = KINDS[kind](length), parts(length)
        forget_peak()
        before = peak()
        attention(q, k, v)
    return max(peak() - before, LEAST)


def megabytes(kind: str, length: int) -> float:
    """`rise` in a fresh process; nan where there is no Linux to tell."""
    if not Path("/proc/self/clear_refs").exists():
        return float("nan")
    code = f"from benchmarks.lengths import rise; print(rise({kind!r}, {length}))"
    return float(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True))


def measure(lengths: list[int], rounds: int) -> tuple[dict, dict]:
    """(milliseconds, megabytes): kind → one number for each length, nan where left out"""
    times = {kind: [float("nan")] * len(lengths) for kind in KINDS}
    memory = {kind: [float("nan")] * len(lengths) for kind in KINDS}
    for place, length in enumerate(lengths):
        kinds = [kind for kind in KINDS if length <= LONGEST.get(kind, length)]
        for kind, time in milliseconds(length, kinds, rounds).items():
            times[kind][place] = time
            memory[kind][place] = megabytes(kind, length)
    return times, memory


def first_win(lengths: list[int], times: dict, kind: str, other: str) -> str:
    """The shortest length measured from which on `kind` stays faster than `other`."""
    pairs = list(zip(lengths, times[kind], times[other], strict=True))
    wins = [length for length, a, b in pairs if a < b]
    losses = [length for length, a, b in pairs if a >= b]
    lasting = [length for length in wins if length > max(losses, default=0)]
    return (
        f"{kind} is faster than {other} from {lasting[0]} on"
        if lasting
        else (f"{kind} never stays faster than {other}")
    )


def main(quick: bool = False, lengths: list[int] | None = None) -> str:
    """Measure every kind at every length, print both tables, save both curves."""
    lengths = lengths or (LENGTHS[:2] if quick else LENGTHS)
    times, memory = measure(lengths, rounds=1 if quick else 5)
    text = ""
    for name, unit, values in (("time", "ms", times), ("memory", "MB", memory)):
        columns = [[None if v != v else v for v in values[kind]] for kind in KINDS]
        title = f"Attention against length: {name} of one forward pass, {unit}"
        text += compare.table(title, ["T", *KINDS], zip(lengths, *columns, strict=True))
        ax = plots.curves(lengths, values, xlabel="T, tokens", ylabel=f"{name}, {unit}", log="xy")
        compare.keep(ax, f"lengths_{name}")
    found = [first_win(lengths, times, kind, "fused") for kind in ("Linformer", "BigBird")]
    found.append(first_win(lengths, times, "fused", "explicit"))
    print("\n" + "; ".join(found) + ".")
    return text + "\n\n" + "; ".join(found) + "."
