"""The decks and their list, each page with everything that it needs."""

from functools import cache
from pathlib import Path

import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup
from nbformat import v4

from builder import COURSE, Refused
from builder.body import to_html
from builder.slides.lecture import Lecture, address, lecture, shown

INDEX = "index.html"
BUILDER = Path(__file__).parent.parent


@cache
def template(name: str) -> Template:
    """A page to be filled in."""
    loader = FileSystemLoader(BUILDER)
    options = {"trim_blocks": True, "lstrip_blocks": True, "undefined": StrictUndefined}
    return Environment(loader=loader, autoescape=True, **options).get_template(f"slides/{name}")


def write(path: Path, **names) -> None:
    """Write a page from the template for it. names: what the template mentions"""
    page = template("list.html" if path.name == INDEX else "deck.html")
    html = page.render(course=COURSE, index=INDEX, **names)
    path.write_text(html, encoding="utf-8", newline="\n")


def read(folder: Path) -> list[Lecture]:
    """The lectures in a folder of notebooks."""
    paths = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    notebooks = {path: nbformat.read(path, as_version=4) for path in paths}
    marked = {path: notebook for path, notebook in notebooks.items() if shown(notebook)}
    if not marked:
        raise Refused(
            f"None of the {len(paths)} notebooks in {folder.name}/ has a slide: give the cells to "
            f'show `slideshow={{"slide_type": "slide"}}` in the sources, and build.'
        )
    decks = set(map(address, marked))
    return [lecture(path, notebook, decks) for path, notebook in marked.items()]


def promise(lecture: Lecture, folder: Path) -> Markup:
    """What one can do after a lecture."""
    return Markup(to_html([v4.new_markdown_cell(lecture.promise)], folder))


def write_decks(folder: Path, target: Path, links: dict[str, str], language: str = "en") -> int:
    """Write a deck for each notebook with slides, and a page that lists them; returns how many.

    links: address → words, below the list

    Raises Refused when no notebook has slides.
    """
    lectures = read(folder)
    target.mkdir(parents=True)
    for each in lectures:
        write(target / each.address, lecture=each, language=language)
    listed = [(each, promise(each, folder)) for each in lectures]
    write(target / INDEX, listed=listed, links=links, language=language)
    return len(lectures)
