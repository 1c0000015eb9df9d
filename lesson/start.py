"""What every notebook does on its first page, and how it shows the library's own code."""

import importlib.util
import inspect
import os
import sys
import textwrap

import matplotlib.pyplot as plt
import torch
from IPython import get_ipython
from IPython.display import Markdown

from lesson import plots
from lesson.pictures import picture, use_style
from transformer_lib.training import History

PACKAGES = {  # import name: what a learner does when it is missing
    "torch": "run `make lab` again; it completes the installation",
    "numpy": "run `make lab` again; it completes the installation",
    "matplotlib": "run `make lab` again; it completes the installation",
    "ipywidgets": "run `make lab` again, then reload the page in the browser",
    "anywidget": "run `make lab` again, then reload the page in the browser",
    "bertviz": "run `make lab` again; only the BertViz pictures need it",
    "mpld3": "run `make lab` again; only the BertViz pictures need it",
    "koreanize_matplotlib": "run `make lab` again; only Korean letters in pictures need it",
}
OLDEST_PYTHON = (3, 11)


def begin(seed: int = 0) -> None:
    """The same numbers, the same look and one thread, whichever notebook it is.

    The course's models are so small that a second thread only makes them wait for each other.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.set_printoptions(precision=3, sci_mode=False)
    use_style()
    shell = get_ipython()
    if shell is not None:
        shell.display_formatter.formatters["text/html"].for_type(History, training_curve)


def training_curve(history: History) -> str:
    """A history at the end of a cell is shown as a picture."""
    figure = plots.learning(history).figure
    plt.close(figure)
    return picture(figure)


def show_source(thing) -> Markdown:
    """The library's own code of a function or class, in colour."""
    return Markdown(f"```python\n{textwrap.dedent(inspect.getsource(thing))}```")


class MachineCheck(list):
    """Rows (what, whether it is fine, what to do or know). Shown as a small table."""

    @property
    def ready(self) -> bool:
        """Whether the whole course runs on this machine."""
        return all(fine for _, fine, _ in self)

    def __repr__(self) -> str:
        width = max(len(what) for what, _, _ in self)
        return "\n".join(
            f"{what:<{width}}  {'ok' if fine else 'MISSING'}  {note}".rstrip()
            for what, fine, note in self
        )


def check_machine() -> MachineCheck:
    """Python, packages, processor, threads: what is there, and what to do about what is not."""
    python = ".".join(map(str, sys.version_info[:3]))
    oldest = ".".join(map(str, OLDEST_PYTHON))
    rows = MachineCheck()
    rows.append(
        ("Python", sys.version_info >= OLDEST_PYTHON, f"{python}; {oldest} or newer needed")
    )
    for name, remedy in PACKAGES.items():
        there = importlib.util.find_spec(name) is not None
        rows.append((name, there, "" if there else remedy))
    rows.append(("device", True, describe_device()))
    threads = os.environ.get("OMP_NUM_THREADS", "not set")
    rows.append(("threads", True, f"{torch.get_num_threads()} (OMP_NUM_THREADS {threads})"))
    return rows


def describe_device() -> str:
    """The GPU's name, or that none is needed."""
    if torch.cuda.is_available():
        return f"{torch.cuda.get_device_name()}: models run here after model.to('cuda')"
    return "CPU: enough for the whole course"
