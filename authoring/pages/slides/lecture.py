"""Which cells of a notebook a teacher shows: slides, and the steps in which a slide appears."""

from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from bs4 import Tag
from markupsafe import Markup
from nbformat import NotebookNode

from authoring.builder.canonical import slide_type
from authoring.overviews.contents import opening
from authoring.pages.body import to_soup

HEADINGS = ["h1", "h2", "h3", "h4"]


class Slide(NamedTuple):
    """What stands on the screen at once, after the last key press."""

    title: str  # its first heading, or that of the slide before it
    headed: bool  # has a heading of its own
    steps: list[Markup]  # what is there from the start, then one fragment per key press


class Lecture(NamedTuple):
    """A notebook's slides."""

    address: str
    number: str
    title: str
    promise: str
    minutes: int
    slides: list[Slide]


def address(path: Path) -> str:
    """The name of a notebook's deck."""
    return f"{path.stem}.html"


def shown(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that stand on slides."""
    return [cell for cell in notebook.cells if slide_type(cell)]


def lecture(path: Path, notebook: NotebookNode, decks: set[str]) -> Lecture:
    """The lecture in a notebook.

    path: where the notebook is, and the pictures that it names
    decks: the names of all decks; a link to any other page becomes plain text
    """
    cells = shown(notebook)
    soup = to_soup(cells, path.parent)
    for link in soup.select("a[href]"):
        page = link["href"].partition("#")[0]
        if page not in decks | {""} and ":" not in page:
            link.unwrap()
    steps = soup.find_all("div", class_="cell", recursive=False)
    found = slides(list(zip(map(slide_type, cells), steps, strict=True)))
    return Lecture(address(path), path.stem[:2], *opening(notebook), found)


def slides(steps: list[tuple[str, Tag]]) -> list[Slide]:
    """Steps one after the other, each with its slide type, as slides."""
    groups = []
    for kind, step in steps:
        if kind == "fragment":
            groups[-1].append(step)
        else:
            groups.append([step])
    own = [next(filter(None, map(heading, group)), "") for group in groups]
    titles = accumulate(own, lambda before, title: title or before)
    return [
        Slide(title, bool(words), [Markup(step) for step in group])
        for title, words, group in zip(titles, own, groups, strict=True)
    ]


def heading(step: Tag) -> str:
    """The words of the first heading, or an empty string."""
    found = step.find(HEADINGS)
    return found.get_text().strip() if found else ""
