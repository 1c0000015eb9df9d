"""What does a class need? Memory and processor time of each notebook, run in a kernel (Linux).

Every notebook runs once from top to bottom, solutions included, in a fresh kernel. Its peak is
the kernel's highest mark (VmHWM). Left open is what no other process shares with the kernel after
the last cell (USS): that much a notebook costs until its kernel is shut down.
"""

import math
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple
from urllib.request import urlopen

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient

from benchmarks import compare

ROOT = Path(__file__).resolve().parent.parent
PROC = Path("/proc/self/smaps_rollup")
SIDE_BY_SIDE = 4  # kernels that show what is shared
HEAD_ROOM, STEP = 1.25, 256  # a limit is a quarter more than the peak, in steps of 256 MB
PATIENCE = 60  # seconds in which JupyterLab has to answer


class Use(NamedTuple):
    """What one notebook took."""

    name: str
    wall: float  # seconds
    processor: float  # seconds, all threads together
    longest: float  # processor seconds of the longest cell
    peak: float  # MB
    left_open: float  # MB


HEADS = ("notebook", "wall, s", "processor, s", "longest cell, s", "peak, MB", "left open, MB")


def megabytes(pid: int, file: str, *fields: str) -> float:
    """The sum of some fields of /proc/PID/FILE."""
    text = Path(f"/proc/{pid}/{file}").read_text()
    return sum(int(re.search(rf"^{field}:\s+(\d+)", text, re.M)[1]) for field in fields) / 1000


def memory(pid: int) -> tuple[float, float, float]:
    """MB held (RSS), held with shared pages counted in shares (PSS), and held alone (USS)."""
    held, shared = (megabytes(pid, "smaps_rollup", field) for field in ("Rss", "Pss"))
    return held, shared, megabytes(pid, "smaps_rollup", "Private_Clean", "Private_Dirty")


def processor(pid: int) -> float:
    """Seconds of processor time so far, those of finished children included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def kernel() -> Iterator[AsyncKernelManager]:
    """A kernel of this Python, ended afterwards."""
    manager = AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    run_sync(manager.start_kernel)(extra_arguments=["--log-level=ERROR"], cwd=str(ROOT))
    try:
        yield manager
    finally:
        run_sync(manager.shutdown_kernel)(now=True)


def run(path: Path, manager: AsyncKernelManager) -> Use:
    """Execute a notebook in this kernel, which stays alive."""
    pid, marks, began = manager.provisioner.pid, [], time.perf_counter()
    client = NotebookClient(
        nbformat.read(path, as_version=4),
        km=manager,
        timeout=600,
        on_cell_execute=lambda cell, cell_index: marks.append(processor(pid)),
    )
    client.execute()
    wall = time.perf_counter() - began
    marks.append(processor(pid))
    longest = max(after - before for before, after in zip(marks, marks[1:]))
    peak = megabytes(pid, "status", "VmHWM")
    return Use(path.stem, wall, marks[-1], longest, peak, memory(pid)[2])


def alone(path: Path) -> Use:
    """A notebook in a kernel of its own."""
    with kernel() as manager:
        return run(path, manager)


def side_by_side(path: Path, count: int) -> list[tuple[float, float, float]]:
    """(RSS, PSS, USS) of each of some kernels that have all run the same notebook."""
    with ExitStack() as stack:
        managers = [stack.enter_context(kernel()) for _ in range(count)]
        for manager in managers:
            run(path, manager)
        return [memory(manager.provisioner.pid) for manager in managers]


@contextmanager
def jupyterlab() -> Iterator[tuple[int, str]]:
    """A running JupyterLab: (process id, address)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token="]
    command = [sys.executable, "-m", "jupyterlab", *options, f"--ServerApp.root_dir={ROOT}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process.pid, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def server() -> tuple[float, float, float]:
    """(RSS, PSS, USS) of a JupyterLab that has handed out its page and every notebook."""
    names = [f"api/contents/notebooks/{path.name}" for path in notebooks()]
    with jupyterlab() as (pid, address):
        wait_for(f"{address}/api")
        for name in ("lab", *names):
            urlopen(f"{address}/{name}").read()
        return memory(pid)


def wait_for(address: str) -> None:
    """Until a server answers; raises OSError when it never does."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return urlopen(address).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def notebooks() -> list[Path]:
    """Every notebook of the course."""
    return sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def advice(uses: list[Use], lab: float, several: list[tuple[float, float, float]]) -> str:
    """What to give a learner, and what decides how many fit into a machine.

    lab: MB of JupyterLab
    several: `side_by_side`
    """
    limit = math.ceil(HEAD_ROOM * (lab + max(use.peak for use in uses)) / STEP) * STEP
    guarantee = lab + median(use.peak for use in uses)
    held, shared, single = (sum(column) for column in zip(*several))
    longest = max(uses, key=lambda use: use.longest)
    return (
        f"One learner with one notebook open: limit {limit:,} MB, guarantee {guarantee:,.0f} MB "
        f"(JupyterLab {lab:.0f} MB). Each further notebook left open: "
        f"{median(use.left_open for use in uses):.0f} MB.\n"
        f"{len(several)} kernels side by side: {held:,.0f} MB counted one by one (RSS), "
        f"{shared:,.0f} MB in truth (PSS), {single / len(several):.0f} MB each alone (USS).\n"
        f"The longest cell takes {longest.longest:.1f} s of a processor ({longest.name}); "
        f"all notebooks together {sum(use.processor for use in uses):.0f} s."
    )


def main(quick: bool = False) -> str:
    """Run every notebook, some side by side, and JupyterLab; print the table and the advice."""
    if not PROC.exists():
        text = "`classroom` reads /proc, which only Linux has: run it there."
        print(text)
        return text
    uses = [alone(path) for path in notebooks()[: 1 if quick else None]]
    text = compare.table("What each notebook takes", HEADS, uses)
    largest = max(uses, key=lambda use: use.peak).name
    several = side_by_side(ROOT / "notebooks" / f"{largest}.ipynb", 2 if quick else SIDE_BY_SIDE)
    said = advice(uses, server()[0], several)
    print(f"\n{said}")
    return f"{text}\n\n{said}"
