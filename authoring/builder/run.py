"""Execute a notebook, cell by cell, with the Python that runs the builder."""

import os
import textwrap
import time
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from traitlets import default

from authoring import Refused

SECONDS_PER_CELL = 300
MAY_FAIL = "raises-exception"


class ThisPython(AsyncKernelManager):
    """Starts `python3` with this interpreter, whatever kernels the user has installed."""

    @default("kernel_spec_manager")
    def _kernel_spec_manager_default(self) -> KernelSpecManager:
        return KernelSpecManager(kernel_dirs=[])


class Watch:
    """Knows which cell is running and how long the slowest one took."""

    def __init__(self) -> None:
        self.cell, self.started, self.slowest = None, 0.0, 0.0

    def start(self, cell: NotebookNode, cell_index: int) -> None:
        """A cell starts."""
        self.cell, self.started = cell, time.perf_counter()

    def stop(self, cell: NotebookNode, cell_index: int, execute_reply: dict) -> None:
        """A cell has ended."""
        self.slowest = max(self.slowest, time.perf_counter() - self.started)


def client(notebook: NotebookNode, folder: Path, watch: Watch) -> NotebookClient:
    """What executes the notebook in this folder and tells `watch` about each cell."""
    return NotebookClient(
        notebook,
        kernel_name="python3",
        kernel_manager_class=ThisPython,
        timeout=SECONDS_PER_CELL,
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],  # no warning about TCP on one's own machine
        resources={"metadata": {"path": str(folder)}},
        on_cell_execute=watch.start,
        on_cell_executed=watch.stop,
    )


def for_nobody() -> None:
    """Tell the kernels to come that no learner sits before them."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["ATTENTION_PROGRESS"] = "off"  # it is nobody's progress
    os.environ["TQDM_DISABLE"] = "1"  # and nobody waits for a training


def run(notebook: NotebookNode, folder: Path, name: str) -> float:
    """Fill in the outputs of a notebook and return the seconds of its slowest cell.

    folder: where the kernel starts
    name: what an error calls the notebook

    Raises Refused when a cell fails, or when one that promises an error raises none.
    """
    for_nobody()
    watch = Watch()
    try:
        client(notebook, folder, watch).execute()
    except CellExecutionError as error:
        raise refusal(name, watch.cell, f"{error.ename}: {error.evalue}") from error
    except CellTimeoutError as error:
        message = f"it ran for more than {SECONDS_PER_CELL} s; make it smaller."
        raise refusal(name, watch.cell, message) from error
    except DeadKernelError as error:
        raise refusal(name, watch.cell, "the kernel died; is memory short?") from error
    check_promised_errors(notebook, name)
    return watch.slowest


def check_promised_errors(notebook: NotebookNode, name: str) -> None:
    """Refuse a cell tagged raises-exception that ran without one."""
    for cell in notebook.cells:
        failed = any(output.output_type == "error" for output in cell.get("outputs", ()))
        if MAY_FAIL in cell.metadata.get("tags", ()) and not failed:
            raise refusal(name, cell, f"it is tagged {MAY_FAIL} and raised none; drop the tag?")


def refusal(name: str, cell: NotebookNode, reason: str) -> Refused:
    """Say which cell of which notebook stopped the build, and why."""
    line, code = cell.metadata.get("line", "?"), textwrap.indent(cell.source, "    ")
    return Refused(f"{name}, line {line}: this cell stops the run.\n\n{code}\n\n{reason}")
