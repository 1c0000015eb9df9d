"""Where in the notebooks something is done: cells that say so in their headers, with a link."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode

from authoring.overviews.contents import opening

HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


class Place(NamedTuple):
    """A cell of a notebook, and the section in which it stands."""

    notebook: str
    address: str
    section: str
    cell: NotebookNode

    def link(self) -> str:
        """To the section in the notebook."""
        return f"[{self.notebook} · {self.section}]({self.address})"


def places(path: Path, key: str) -> Iterator[tuple[str, Place]]:
    """The rows that cells of one notebook name under `key`, such as "proves", with these cells."""
    notebook = nbformat.read(path, as_version=4)
    section, address = "", path.name
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and HEADING.search(cell.source):
            section = HEADING.findall(cell.source)[-1]
            address = f"{path.name}#cell-id={cell.id}"  # JupyterLab finds it at the first click
        for row in cell.metadata.get(key, "").split():
            title = f"{path.stem[:2]} {opening(notebook)[0]}"
            yield row, Place(title, address, section, cell)
