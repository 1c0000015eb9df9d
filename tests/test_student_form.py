"""The classroom copy runs too: no cell leans on a solution."""

from pathlib import Path

import nbformat
import pytest

from builder.run import run
from builder.student import SOLUTION, without_solutions

HOME = Path(__file__).resolve().parent.parent / "notebooks"


@pytest.mark.parametrize("path", sorted(HOME.glob("*.ipynb")), ids=lambda path: path.stem)
def test_copy_without_solutions_runs(path):
    notebook = without_solutions(nbformat.read(path, as_version=4))
    assert not any(SOLUTION in cell.metadata.get("tags", ()) for cell in notebook.cells)
    run(notebook, HOME, f"{path.stem} without solutions")
