"""The book in a folder: cover, pages, search and notebooks."""

import json
import shutil
from pathlib import Path

from markupsafe import Markup

from authoring.pages.body import markdown
from authoring.pages.book.chapter import Chapter, chapters
from authoring.pages.book.content import content
from authoring.pages.book.sections import Section, sections
from authoring.pages.template import write_page

COVER, NOTEBOOKS = "index.html", "notebooks"
SEARCH = Path(__file__).parent / "search.js"


def write_book(folder: Path, target: Path, other: dict[str, str], language: str = "en") -> int:
    """Write the notebooks and Markdown pages of a folder as a book; returns how many pages.

    other: address → words, links on the cover to the book in other languages
    """
    book = chapters(folder)
    (target / NOTEBOOKS).mkdir(parents=True)
    shared = {"cover": COVER, "chapters": book, "language": language}
    pages, index = {chapter.address for chapter in book}, []
    for place, chapter in enumerate(book):
        html, found = written(chapter, pages)
        around = neighbours(book, place)
        page = {"chapter": chapter, "content": html, "sections": found, **around, **shared}
        write_page(target / chapter.address, "book/chapter.html", **page)
        index += [entry(chapter, section) for section in found]
        if chapter.minutes:
            shutil.copy(chapter.path, target / NOTEBOOKS)
    write_page(target / COVER, "book/cover.html", markdown=markdown, other=other, **shared)
    write_search(target / SEARCH.name, index)
    return len(book)


def written(chapter: Chapter, pages: set[str]) -> tuple[Markup, list[Section]]:
    """What stands on a chapter's page, and its sections."""
    soup = content(chapter, pages)
    found = sections(soup)
    return Markup(soup), found


def neighbours(book: list[Chapter], place: int) -> dict[str, Chapter | None]:
    """The chapters before and after one."""
    before, after = book[:place][-1:], book[place + 1 :][:1]
    return {"before": next(iter(before), None), "after": next(iter(after), None)}


def entry(chapter: Chapter, section: Section) -> list[str]:
    """A section as search.js reads it: address, page, title, words."""
    title = "" if section.rank == 1 else section.title
    return [f"{chapter.address}#{section.anchor}", chapter.title, title, section.text]


def write_search(path: Path, index: list[list[str]]) -> None:
    """Write the search: what it looks through, then the program."""
    lines = ",\n".join(json.dumps(line, ensure_ascii=False) for line in index)
    program = SEARCH.read_text(encoding="utf-8")
    path.write_text(f"const SECTIONS = [\n{lines},\n];\n\n{program}", encoding="utf-8")
