"""Notebooks as web pages that need no other file: for a phone, a stick, a class without Lab.

nbconvert's own pages fetch scripts from web hosts; here it makes the cells only (body.py).
"""

from html import escape
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode, from_dict
from pygments.formatters import HtmlFormatter

from builder.body import to_html
from builder.student import SOLUTION

COURSE, INDEX = "Attention by Hand", "index.html"
PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>{body}</main>
<nav>{links}</nav>
</body>
</html>
"""


class Chapter(NamedTuple):
    """A notebook on its way to a page."""

    address: str
    title: str
    opening: NotebookNode  # the first cell, without the title
    cells: list[NotebookNode]


def chapter(path: Path) -> Chapter:
    """The notebook in a file."""
    cells = nbformat.read(path, as_version=4).cells
    title, opening = beheaded(cells[0])
    return Chapter(f"{path.stem}.html", f"{path.stem[:2]} {title}", opening, cells)


def beheaded(cell: NotebookNode) -> tuple[str, NotebookNode]:
    """The words of the heading that a Markdown cell starts with, and the cell without it."""
    first, _, rest = cell.source.partition("\n")
    return first.lstrip("# "), from_dict({**cell, "source": rest})


def is_solution(cell: NotebookNode) -> bool:
    """True for a cell that a learner should not see at once."""
    return SOLUTION in cell.metadata.get("tags", ())


def folded(cells: list[NotebookNode], folder: Path) -> str:
    """All cells, each solution behind its heading."""
    parts = []
    for hidden, (first, *others) in groupby(cells, is_solution):
        if hidden:
            words, below = beheaded(first)
            html = to_html([below, *others], folder)
            parts.append(f"<details><summary>{escape(words)}</summary>{html}</details>")
        else:
            parts.append(to_html([first, *others], folder))
    return "".join(parts)


def page(title: str, body: str, links: dict[str, str], language: str) -> str:
    """A whole page. links: address → words, below everything else"""
    style = HtmlFormatter().get_style_defs(".highlight")
    style += Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
    anchors = " ".join(f'<a href="{to}">{escape(words)}</a>' for to, words in links.items())
    return PAGE.format(
        title=escape(title), style=style, body=body, links=anchors, language=language
    )


def neighbours(chapters: list[Chapter], place: int) -> dict[str, str]:
    """Where a reader goes from one chapter: back, to the list, on."""
    before, after = chapters[:place][-1:], chapters[place + 1 :][:1]
    return {
        **{other.address: f"← {other.title}" for other in before},
        INDEX: COURSE,
        **{other.address: f"{other.title} →" for other in after},
    }


def write_pages(folder: Path, target: Path, links: dict[str, str], language: str = "en") -> int:
    """Write a page for each notebook of a folder and one that lists them; returns how many.

    links: address → words, below the list
    """
    chapters = [chapter(path) for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))]
    target.mkdir(parents=True)
    entries = [f"<h1>{COURSE}</h1>"]
    for place, (address, title, opening, cells) in enumerate(chapters):
        html = page(title, folded(cells, folder), neighbours(chapters, place), language)
        (target / address).write_text(html, encoding="utf-8")
        entries.append(f'<h2><a href="{address}">{escape(title)}</a></h2>')
        entries.append(to_html([opening], folder))
    listing = page(COURSE, "".join(entries), links, language)
    (target / INDEX).write_text(listing, encoding="utf-8")
    return len(chapters)
