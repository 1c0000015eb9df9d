"""The classroom copy runs too, and prints what is printed there: no cell leans on a solution."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from authoring.builder.student import SOLUTION, write_copy

ROOT = Path(__file__).resolve().parents[2]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_copy_without_solutions_gives_the_same_outputs(path, tmp_path):
    copy = tmp_path / path.name
    assert write_copy(path, copy)
    cells = nbformat.read(copy, as_version=4).cells
    assert not any(SOLUTION in cell.metadata.get("tags", ()) for cell in cells)
    strictly = [sys.executable, "-m", "pytest", "-q", "-c", "pyproject.toml", str(copy)]
    ran = subprocess.run(strictly, cwd=ROOT, capture_output=True, text=True)
    count = sum(cell.cell_type == "code" for cell in cells)
    assert ran.returncode == 0 and f"{count} passed" in ran.stdout, ran.stdout
