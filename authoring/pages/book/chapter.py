"""What a page of the book is made of: a notebook, or a Markdown page beside the notebooks."""

import base64
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode, v4

from authoring import Refused
from authoring.overviews.contents import notebooks, opening, teaser


class Chapter(NamedTuple):
    """A page on its way into the book; a Markdown page has neither promise nor picture."""

    path: Path
    title: str
    cells: list[NotebookNode]
    promise: str = ""
    minutes: int = 0
    picture: tuple[str, bytes] | None = None  # words and PNG

    @property
    def address(self) -> str:
        """The name of its page."""
        return f"{self.path.stem}.html"

    @property
    def number(self) -> str:
        """A notebook's two digits; nothing for a Markdown page."""
        return self.path.stem[:2] if self.minutes else ""

    @property
    def picture_address(self) -> str:
        """An address that holds the whole picture."""
        return f"data:image/png;base64,{base64.b64encode(self.picture[1]).decode()}"


def from_notebook(path: Path) -> Chapter:
    """The chapter in a notebook."""
    notebook = nbformat.read(path, as_version=4)
    title, promise, minutes = opening(notebook)
    promise = promise[:1].upper() + promise[1:]
    return Chapter(path, title, notebook.cells, promise, minutes, teaser(notebook))


def from_markdown(path: Path) -> Chapter:
    """The chapter in a Markdown page.

    Raises Refused when it does not begin with a heading.
    """
    text = path.read_text(encoding="utf-8")
    first = text.partition("\n")[0]
    if not first.startswith("# "):
        raise Refused(
            f"{path.name} begins {first[:40]!r}; the book lists a page under its first heading: "
            f"write `# Title` in its first line."
        )
    return Chapter(path, first.lstrip("# ").strip(), [v4.new_markdown_cell(text, id=path.stem)])


def chapters(folder: Path) -> list[Chapter]:
    """All chapters of a folder: the notebooks in their order, then the Markdown pages."""
    return [
        *map(from_notebook, notebooks(folder)),
        *map(from_markdown, sorted(folder.glob("*.md"))),
    ]
