"""What every notebook does on its first page, and how it shows the library's own code.

What may be missing on a machine is imported where it is used, so that the check can say so.
"""

from __future__ import annotations

import inspect
import os
import sys
import textwrap
import tomllib
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.display import Markdown

    from transformer_lib.training import History

COURSE = "attention-by-hand"  # what the installation is called
OLDEST_PYTHON = (3, 11)
AGAIN = "run `make lab` again; it completes the installation"
RELOAD = "run `make lab` again, then reload the page in the browser"
REMEDIES = {  # package: what a learner does when it is missing, where more is to be said
    "ipywidgets": RELOAD,
    "anywidget": RELOAD,
    "bertviz": f"{AGAIN}; only the BertViz pictures need it",
    "mpld3": f"{AGAIN}; only the BertViz pictures need it",
    "koreanize-matplotlib": f"{AGAIN}; only Korean letters in pictures need it",
}


def begin(seed: int = 0) -> None:
    """The same numbers, the same look and one thread, whichever notebook it is.

    The course's models are so small that a second thread only makes them wait for each other.
    """
    import torch
    from IPython import get_ipython

    from lesson.pictures import use_style
    from transformer_lib.training import History

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.set_printoptions(precision=3, sci_mode=False)
    use_style()
    shell = get_ipython()
    if shell is not None:
        shell.display_formatter.formatters["text/html"].for_type(History, training_curve)


def training_curve(history: History) -> str:
    """A history at the end of a cell is shown as a picture."""
    import matplotlib.pyplot as plt

    from lesson import pictures, plots

    figure = plots.learning(history).figure
    plt.close(figure)
    return pictures.picture(figure)


def show_source(thing) -> Markdown:
    """The library's own code of a function or class, in colour."""
    from IPython.display import Markdown

    return Markdown(f"```python\n{textwrap.dedent(inspect.getsource(thing))}```")


class MachineCheck(list):
    """Rows (what, whether it is fine, what to do or know). Shown as a small table."""

    @property
    def ready(self) -> bool:
        """Whether the whole course runs on this machine."""
        return all(fine for _, fine, _ in self)

    def __repr__(self) -> str:
        width = max((len(what) for what, _, _ in self), default=0)
        return "\n".join(
            f"{what:<{width}}  {'ok' if fine else 'MISSING'}  {note}".rstrip()
            for what, fine, note in self
        )


def check_machine() -> MachineCheck:
    """Python, packages, processor, threads: what is there, and what to do about what is not."""
    python = ".".join(map(str, sys.version_info[:3]))
    oldest = ".".join(map(str, OLDEST_PYTHON))
    new_enough = sys.version_info >= OLDEST_PYTHON
    rows = [("Python", new_enough, f"{python}; {oldest} or newer needed")]
    rows += map(check_package, needed_packages())
    return MachineCheck([*rows, *check_processor()])


def needed_packages() -> list[str]:
    """What the course was installed to bring along, extras left out; the course itself first."""
    try:
        lines = metadata.requires(COURSE) or []
    except metadata.PackageNotFoundError:  # not installed, but perhaps lying here
        project = Path(__file__).resolve().parents[1] / "pyproject.toml"
        text = project.read_text(encoding="utf-8") if project.is_file() else "[project]"
        lines = tomllib.loads(text)["project"].get("dependencies", [])
    return [COURSE, *(name_of(line) for line in lines if "extra ==" not in line)]


def name_of(requirement: str) -> str:
    """torch<3,>=2.6 → torch"""
    name = requirement.partition(";")[0]
    for sign in "<>=!~[ ":
        name = name.partition(sign)[0]
    return name.strip().lower()


def check_package(name: str) -> tuple[str, bool, str]:
    """One row: is a package installed, and can its module be found?"""
    try:
        metadata.version(name)
        there = name == COURSE or util.find_spec(module_of(name)) is not None
    except metadata.PackageNotFoundError:
        there = False
    return name, there, "" if there else REMEDIES.get(name, AGAIN)


def module_of(name: str) -> str:
    """The module that a package is imported by."""
    return {"ipython": "IPython"}.get(name, name.replace("-", "_"))


def check_processor() -> list[tuple[str, bool, str]]:
    """Rows on the GPU, which nobody needs, and the number of threads; none without torch."""
    try:
        import torch
    except ImportError:
        return []
    device = "CPU: enough for the whole course"
    if torch.cuda.is_available():
        device = f"{torch.cuda.get_device_name()}: models run here after model.to('cuda')"
    threads = os.environ.get("OMP_NUM_THREADS", "not set")
    count = f"{torch.get_num_threads()} (OMP_NUM_THREADS {threads})"
    return [("device", True, device), ("threads", True, count)]
