"""The course as a web site: whole, folded, every link at home, nothing fetched."""

import json
import re
from urllib.parse import unquote

import pytest
from nbformat import v4

from authoring import Refused
from authoring.__main__ import main
from authoring.builder.canonical import write
from authoring.pages.book.site import write_book
from helpers.book_samples import lay_out
from helpers.browser import ROOT
from helpers.pages import soup
from transformer_lib.attention import Attention
from transformer_lib.data import worked_example


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The book of two notebooks and a page in English, and one notebook in Korean."""
    home = lay_out(tmp_path_factory.mktemp("course") / "notebooks")
    korean = v4.new_markdown_cell("# 하나\n\n> About 1 minutes.")
    write(v4.new_notebook(cells=[korean]), home / "ko" / "00_first.ipynb")
    for _ in range(2):  # the second time over the first
        assert main(["book"], home.parent) == 0
    return home.parent / "build" / "book"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The pages of the book of the course itself: name → page."""
    target = tmp_path_factory.mktemp("course") / "book"
    assert write_book(ROOT / "notebooks", target, {}) > 0
    assert sum(path.stat().st_size for path in target.rglob("*.*")) < 40e6
    return {path.name: soup(path) for path in target.glob("*.html")}


def test_there_is_a_cover_a_page_for_each_chapter_and_the_notebooks(made):
    names = {str(path.relative_to(made)) for path in made.rglob("*.*")}
    assert names == {
        *("index.html", "00_first.html", "01_next.html", "words.html", "search.js"),
        *("notebooks/00_first.ipynb", "notebooks/01_next.ipynb"),
        *("ko/index.html", "ko/00_first.html", "ko/search.js", "ko/notebooks/00_first.ipynb"),
    }
    assert soup(made / "ko" / "index.html").html["lang"] == "ko"


def test_two_books_have_the_same_bytes(tmp_path):
    home = lay_out(tmp_path / "notebooks")
    for name in ("one", "other"):
        write_book(home, tmp_path / name, {})
    pages = sorted((tmp_path / "one").glob("*.*"))
    assert pages and all(
        page.read_bytes() == (tmp_path / "other" / page.name).read_bytes() for page in pages
    )


def test_the_cover_shows_the_chapters_then_the_pages(made):
    cover = soup(made / "index.html")
    first, second = cover.select(".cards li")
    assert first.h3.a.text == "00 One & two" and first.h3.a["href"] == "00_first.html"
    assert "Say $e^x$" not in first.text and first.select_one("p math")
    assert "7 minutes" in first.text and first.img["alt"] == "a teaser"
    assert second.h3.a.text == "01 Next" and not second.img
    assert [link.text for link in cover.select(".further a")] == ["Words"]
    assert cover.select_one("a[href='ko/index.html']").text == "한국어"


def test_the_numbers_on_the_cover_are_those_of_the_example(made):
    example = worked_example()
    weights = Attention()(example.q, example.k, example.v).weights
    table = soup(made / "index.html").select_one(".weights")
    assert [cell.text for cell in table.select("th[scope=row]")] == list(example.tokens)
    shown = [int(cell.text) for cell in table.select("td[style]")]
    assert shown == (100 * weights).round().int().flatten().tolist()


def test_a_page_knows_its_place(made):
    page = soup(made / "01_next.html")
    assert page.select_one("a[rel=prev]")["href"] == "00_first.html"
    assert page.select_one("a[rel=next]")["href"] == "words.html"
    assert page.select_one("[aria-current=page]").text.strip() == "01 Next"
    assert page.select_one(".about a[download]")["href"] == "notebooks/01_next.ipynb"
    assert not soup(made / "words.html").select("a[download], a[rel=next]")
    first = soup(made / "00_first.html")
    assert [link["href"] for link in first.select(".sections a")] == ["#A-$d^2$-section"]


def test_imports_details_and_solutions_are_folded(made):
    imports, why, solution = soup(made / "00_first.html").select("details")
    assert imports.summary.text == "Imports" and "import torch" in imports.text
    assert why.summary.text == "Why" and "Since" in why.text
    assert solution.summary.text == "Solution"
    assert "In words." in solution.text and "answer = 42" in solution.text
    assert not any(part.has_attr("open") for part in (imports, why, solution))
    assert "view" not in solution.text and "#" not in solution.text


def test_exercises_are_marked(made):
    (exercise,) = soup(made / "00_first.html").select(".celltag_exercise")
    assert exercise.select_one(".your-turn").text == "Your turn, in JupyterLab"


def test_formulas_become_mathml(made):
    page = soup(made / "00_first.html")
    shown = [formula["display"] for formula in page.article.select("math")]
    assert shown == ["inline", "inline", "inline", "block", "inline"]
    assert page.select(".scroll > math mfrac msqrt") and page.select(".scroll > table td math")
    assert page.select_one("mfrac").find_parent("math")["alttext"].startswith("\\frac{Q K")
    assert "$" not in page.article.get_text()


def test_links_lead_to_pages_and_other_files_keep_their_words(made):
    page = soup(made / "00_first.html")
    assert [link["href"] for link in page.blockquote.select("a")] == [
        "01_next.html#Two-words",
        "words.html#a-term",
    ]
    assert "its code" in soup(made / "words.html").article.text
    assert not soup(made / "words.html").find("a", string="its code")


def test_headings_have_the_addresses_of_jupyterlab_and_no_two_the_same(made):
    headings = soup(made / "words.html").select("article :is(h1, h2, h3)")
    assert [heading["id"] for heading in headings] == ["Words", "a-term", "a-term-2", "d_model"]


def test_a_link_to_nothing_is_refused(tmp_path):
    (tmp_path / "notes.md").write_text("# Notes\n\n[here](nowhere.md)\n")
    with pytest.raises(Refused, match="notes.md links to nowhere.md, which is not there"):
        write_book(tmp_path, tmp_path / "book", {})


def test_a_page_without_a_heading_is_refused(tmp_path):
    (tmp_path / "notes.md").write_text("Notes\n")
    with pytest.raises(Refused, match="notes.md begins 'Notes'; .* write `# Title`"):
        write_book(tmp_path, tmp_path / "book", {})


def test_the_search_knows_the_words_below_each_heading(made):
    text = (made / "search.js").read_text().partition("= ")[2].partition(";\n\n")[0]
    index = json.loads(text.replace(",\n]", "\n]"))
    entries = {address: rest for address, *rest in index}
    page, title, words = entries["00_first.html#A-$d^2$-section"]
    assert (page, title) == ("One & two", "A d^2 section")
    assert "QK^⊤/√d_k" in words and "..." in words
    assert "42" not in words and "printed" not in words  # neither solutions nor outputs
    assert entries["words.html#Words"][:2] == ["Words", ""]


def test_every_link_and_anchor_of_the_course_exists(course):
    for name, page in course.items():
        for link in page.select("a[href]"):
            address, _, anchor = link["href"].partition("#")
            if ":" in address or address.endswith(".ipynb"):
                continue
            assert (address or name) in course, f"{name}: {link['href']}"
            there = course[address or name]
            named = not anchor or there.find(id=anchor) or there.find(id=unquote(anchor))
            assert named, f"{name}: {link['href']}"


def test_ids_are_unique(course):
    for name, page in course.items():
        ids = [tag["id"] for tag in page.select("[id]")]
        assert len(ids) == len(set(ids)), name


def test_the_course_loads_nothing_and_shows_every_formula(course):
    for name, page in course.items():
        assert not page.select("link, script[src], iframe[src]"), name
        assert not re.search(r"@import|url\(", page.style.text)
        assert all(image["src"].startswith("data:") for image in page.select("img")), name
        assert not [formula for formula in page.select("math") if "\\" in formula.text], name
        for code in page.select("pre, code, style, script"):
            code.decompose()
        assert not re.search(r"\$[^$\n]+\$", page.get_text()), name


def test_what_fetches_the_tools_is_folded_and_what_shows_something_is_not(course):
    """Notebook 00 shows first whether the machine is ready; the tools come after that."""
    for name in (name for name in course if name[:2].isdigit()):
        [imports] = course[name].select("details.imports")
        assert imports.select_one(".input_area") and not imports.select(".output"), name
