"""Run the notebooks that learners handed in once more: `course.py recheck FOLDER`.

FOLDER holds a notebook, or a folder of notebooks, for each learner, called as the learner is.
Each notebook runs from top to bottom in a fresh kernel with an empty record; an error does not
stop it. What its checks say goes to FOLDER/rechecked, where `course.py collect` reads it.

This runs other people's code with your rights: do it in a container or on a machine that holds
nothing of yours and has no network.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from authoring import Refused
from authoring.builder.run import Watch, client
from lesson.exercises.progress import export_progress, lines

RECHECKED = "rechecked"
SECONDS_PER_CELL = 120


def handed_in(folder: Path) -> dict[str, list[Path]]:
    """Learner → notebooks.

    Raises Refused when there is none.
    """
    found = {}
    for path in sorted(folder.glob("*.ipynb")) + sorted(folder.glob("*/*.ipynb")):
        name = path.stem if path.parent == folder else path.parent.name
        found.setdefault(name, []).append(path)
    if not found:
        raise Refused(
            f"{folder} holds 0 notebooks; needed is a notebook, or a folder of notebooks, for "
            f"each learner: check its name."
        )
    return found


def run_again(path: Path, folder: Path, seconds: int) -> str:
    """Run one notebook in this folder; returns what stopped it, or nothing.

    seconds: how long each cell may take
    """
    try:
        notebook = nbformat.read(path, as_version=4)
        running = client(notebook, folder, Watch())
        running.timeout, running.allow_errors = seconds, True
        running.execute()
    except CellTimeoutError:
        return f"{path}: a cell ran for more than {seconds} s; what came before it counts."
    except DeadKernelError:
        return f"{path}: the kernel died; what came before counts."
    except Exception as error:  # nbformat has many ways to say so
        return f"{path} could not be run: {type(error).__name__}; ask for a fresh copy."
    return ""


def recheck_one(name: str, paths: list[Path], target: Path, seconds: int) -> list[str]:
    """Run one learner's notebooks and export what came out; returns what stopped any."""
    with TemporaryDirectory() as folder:
        os.environ["ATTENTION_PROGRESS"] = str(Path(folder) / "progress.json")
        troubles = [run_again(path, Path(folder), seconds) for path in paths]
        export_progress(target / f"{name}.csv", name)
        done = sum(line.status == "done" for line in lines())
    print(f"{name}: notebooks {len(paths)}, exercises done {done}", flush=True)
    return [trouble for trouble in troubles if trouble]


def recheck(folder: Path, seconds: int = SECONDS_PER_CELL) -> int:
    """Run everything that was handed in; returns the exit status, 1 when anything stopped."""
    learners, target = handed_in(folder), folder / RECHECKED
    target.mkdir(exist_ok=True)
    troubles = []
    for name, paths in learners.items():
        troubles += recheck_one(name, paths, target, seconds)
    print(f"The exports are in {target}: `course.py collect {target}` counts them.")
    if troubles:
        print(f"\nNotebooks that did not run to their end: {len(troubles)}", *troubles, sep="\n  ")
    return min(len(troubles), 1)


def main(words: list[str]) -> int:
    """Do what the command line asks for and return the exit status."""
    if len(words) != 1:
        raise Refused(f"`recheck` takes one folder and got {len(words)}: {__doc__.strip()}")
    return recheck(Path(words[0]))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refused as trouble:
        sys.exit(str(trouble))
