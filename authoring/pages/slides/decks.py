"""The decks and their list, each page with everything that it needs."""

from pathlib import Path

import nbformat

from authoring import Refused
from authoring.overviews.contents import notebooks
from authoring.pages.body import markdown
from authoring.pages.slides.lecture import Lecture, address, lecture, shown
from authoring.pages.template import write_page

INDEX = "index.html"


def read(folder: Path) -> list[Lecture]:
    """The lectures in a folder of notebooks."""
    found = {path: nbformat.read(path, as_version=4) for path in notebooks(folder)}
    marked = {path: notebook for path, notebook in found.items() if shown(notebook)}
    if not marked:
        raise Refused(
            f"None of the {len(found)} notebooks in {folder.name}/ has a slide: give the cells to "
            f'show `slideshow={{"slide_type": "slide"}}` in the sources, and build.'
        )
    decks = set(map(address, marked))
    return [lecture(path, notebook, decks) for path, notebook in marked.items()]


def write_decks(folder: Path, target: Path, links: dict[str, str], language: str = "en") -> int:
    """Write a deck for each notebook with slides, and a page that lists them; returns how many.

    links: address → words, below the list

    Raises Refused when no notebook has slides.
    """
    lectures = read(folder)
    target.mkdir(parents=True)
    for each in lectures:
        page = {"lecture": each, "index": INDEX, "language": language}
        write_page(target / each.address, "slides/deck.html", **page)
    listed = {"lectures": lectures, "markdown": markdown, "links": links, "language": language}
    write_page(target / INDEX, "slides/list.html", **listed)
    return len(lectures)
