"""The classroom copy: the same notebook without its solutions."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode, from_dict

from authoring.builder.canonical import to_text, write

SOLUTION = "solution"


def without_solutions(notebook: NotebookNode) -> NotebookNode:
    """A copy without the cells tagged `solution`."""
    cells = [cell for cell in notebook.cells if SOLUTION not in cell.metadata.get("tags", ())]
    return from_dict({**notebook, "cells": cells})


def is_untouched(path: Path) -> bool:
    """True when nobody has saved anything in this notebook since it was written."""
    text = path.read_text(encoding="utf-8")
    return to_text(nbformat.reads(text, as_version=4)) == text


def write_copy(notebook_path: Path, copy: Path) -> bool:
    """Write the classroom copy; False when somebody has worked in the one that is there."""
    if copy.exists() and not is_untouched(copy):
        return False
    write(without_solutions(nbformat.read(notebook_path, as_version=4)), copy)
    return True
