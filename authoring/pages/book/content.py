"""A chapter's cells as HTML: imports and solutions folded, exercises marked, links to pages."""

from itertools import groupby
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup

from authoring import Refused
from authoring.pages.body import fold, to_soup
from authoring.pages.book.chapter import Chapter

CELLS, CODE = ".cell", ".input_area pre"
SOLUTION, EXERCISE = "celltag_solution", ".celltag_exercise"
WIDE = 'table, math[display="block"]'
YOUR_TURN = "Your turn, in JupyterLab"


def content(chapter: Chapter, pages: set[str]) -> BeautifulSoup:
    """What stands on a chapter's page. pages: the names of all pages of the book"""
    soup = to_soup(chapter.cells, chapter.path.parent)
    fold_imports(soup)
    fold_solutions(soup)
    for exercise in soup.select(EXERCISE):
        exercise.insert(0, soup.new_tag("p", attrs={"class": "your-turn"}, string=YOUR_TURN))
    for wide in soup.select(WIDE):
        wide.wrap(soup.new_tag("div", attrs={"class": "scroll"}))
    relink(soup, chapter.path, pages)
    return soup


def fold_imports(soup: BeautifulSoup) -> None:
    """Fold the first code that only fetches the tools: it begins with an import, shows nothing,
    and nothing but cells that show something stand before it.
    """
    for code in soup.select(CODE):
        cell = code.find_parent(class_="cell")
        if cell.select_one(".output") is None:
            if code.get_text().startswith(("import ", "from ")):
                fold(soup, [cell], "Imports", "imports")
            return


def fold_solutions(soup: BeautifulSoup) -> None:
    """Fold the cells of each solution behind the heading that the first one has."""
    for hidden, run in groupby(soup.select(CELLS), lambda cell: SOLUTION in cell["class"]):
        if hidden:
            cells = list(run)
            heading = cells[0].find(["h2", "h3", "h4"]).extract()
            fold(soup, cells, heading.get_text(), "solution")


def relink(soup: BeautifulSoup, path: Path, pages: set[str]) -> None:
    """Links to pages of the book lead there; of a link to another file the words are left.

    Raises Refused for a link to what is not there.
    """
    for link in soup.select("a[href]"):
        address, hash_sign, anchor = link["href"].partition("#")
        if not address or ":" in address:
            continue
        file = path.parent / unquote(address)
        page = file.with_suffix(".html").name
        if page in pages and file.parent == path.parent:
            link["href"] = page + hash_sign + anchor
        elif file.exists():
            link.unwrap()
        else:
            raise Refused(f"{path.name} links to {address}, which is not there: correct the link.")
