"""Headings that one can link to, and the words below each for the search."""

from copy import copy
from itertools import count
from typing import NamedTuple

from bs4 import BeautifulSoup, Tag

HEADINGS = ".text_cell_render :is(h1, h2, h3, h4, h5, h6)"
UNSEARCHED = ".output_wrapper, details.solution, .your-turn"
MARKS = {"msqrt": (0, "√"), "msup": (1, "^"), "msub": (1, "_"), "mfrac": (1, "/")}  # before a part


class Section(NamedTuple):
    """A heading and what stands below it, up to the next one."""

    anchor: str
    rank: int  # 1 for <h1>
    html: str  # the heading's words
    title: str  # and without markup
    text: str


def sections(soup: BeautifulSoup) -> list[Section]:
    """All sections of a page; its headings get addresses and a link to themselves."""
    headings, taken = soup.select(HEADINGS), {tag["id"] for tag in soup.select("[id]")}
    anchors = [free(anchor(heading), taken) for heading in headings]
    texts = words(soup)
    found = [
        Section(name, int(heading.name[1]), heading.decode_contents(), plain(heading), text)
        for name, heading, text in zip(anchors, headings, texts, strict=True)
    ]
    for heading, section in zip(headings, found, strict=True):
        heading["id"] = section.anchor
        label = {"class": "anchor", "aria-label": "Link to this heading"}
        heading.append(soup.new_tag("a", href=f"#{section.anchor}", attrs=label))
    return found


def anchor(heading: Tag) -> str:
    """What JupyterLab makes of a heading: its words as written, with hyphens for spaces."""
    heading = copy(heading)
    for formula in heading.select("math"):
        formula.replace_with(f"${formula['alttext']}$")
    return heading.get_text().replace(" ", "-")


def free(name: str, taken: set[str]) -> str:
    """The name, with a number behind it when it is taken; it is taken from now on."""
    numbered = (f"{name}-{number}" for number in count(2))
    while name in taken:
        name = next(numbered)
    taken.add(name)
    return name


def plain(part: Tag) -> str:
    """The words of a part of a page, its formulas in one line: d_k, 10^18."""
    part = copy(part)
    for formula in part.select(", ".join(MARKS)):
        place, mark = MARKS[formula.name]
        formula.contents[place].insert_before(mark)
    return " ".join(part.get_text().split())


def words(soup: BeautifulSoup) -> list[str]:
    """The words below each heading, without outputs and solutions."""
    page = copy(soup)
    for part in page.select(UNSEARCHED):
        part.decompose()
    for heading in page.select(HEADINGS):
        heading.replace_with("\0")
    return [text.strip() for text in plain(page).split("\0")[1:]]
