"""Notebooks as web pages: whole, folded, and at home without internet."""

import re
from html import escape

import pytest
from bs4 import BeautifulSoup
from nbformat import v4

import build
import course as launcher
from browser import ROOT, SCREENSHOTS
from builder.body import mathml
from builder.canonical import write
from builder.page import write_pages
from transformer_lib.pictures import framed

LIVE = framed(
    "<!DOCTYPE html><p id='n' onclick='this.textContent++'>1</p>",
    '<img alt="a 1" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
)
FIRST = [
    v4.new_markdown_cell("# One & two\n\n> You can $e^x$. See [the next](01_next.ipynb)."),
    v4.new_markdown_cell("<details><summary>Why</summary>\n\n**b.** Since $-1 < x$.\n</details>"),
    v4.new_markdown_cell("$$\\frac{Q K^\\top}{\\sqrt{d_k}}$$\n\n| a |\n|---|\n| $x$ |"),
    v4.new_code_cell("...", metadata={"tags": ["exercise"]}),
    v4.new_markdown_cell("#### Solution\n\nIn words.", metadata={"tags": ["solution"]}),
    v4.new_code_cell("answer = 42", metadata={"tags": ["solution"]}),
    v4.new_code_cell("view", outputs=[v4.new_output("display_data", {"text/html": LIVE})]),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The pages of two notebooks in English and one in Korean."""
    home = tmp_path_factory.mktemp("course") / "notebooks"
    write(v4.new_notebook(cells=FIRST), home / "00_first.ipynb")
    write(v4.new_notebook(cells=[v4.new_markdown_cell("# Next")]), home / "01_next.ipynb")
    write(v4.new_notebook(cells=[v4.new_markdown_cell("# 하나")]), home / "ko" / "00_first.ipynb")
    for _ in range(2):  # the second time over the first
        assert build.main(["pages"], home) == 0
    return home.parent / "build" / "pages"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The pages of the course itself."""
    target = tmp_path_factory.mktemp("course") / "pages"
    assert write_pages(ROOT / "notebooks", target, {}) > 0
    return target


def test_course_and_makefile_know_the_verb():
    assert launcher.command_for("pages", [])[1:] == ["notebooks/build.py", "pages"]
    assert "course.py pages " in launcher.__doc__
    assert "course.py pages\n" in (ROOT / "Makefile").read_text()


def soup(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_there_is_a_page_for_each_notebook_and_a_list(made):
    names = {str(path.relative_to(made)) for path in made.rglob("*.html")}
    assert names == {
        *("index.html", "00_first.html", "01_next.html"),
        *("ko/index.html", "ko/00_first.html"),
    }
    listed = soup(made / "index.html")
    assert [link.text for link in listed.select("h2 a")] == ["00 One & two", "01 Next"]
    assert "You can" in listed.blockquote.text
    assert soup(made / "ko" / "index.html").html["lang"] == "ko"


def test_details_and_solutions_are_folded(made):
    why, solution = soup(made / "00_first.html").select("details")
    assert why.summary.text == "Why" and "Since" in why.text
    assert solution.summary.text == "Solution"
    assert "In words." in solution.text and "answer = 42" in solution.text
    assert not why.has_attr("open") and not solution.has_attr("open")
    assert "view" not in solution.text and "#" not in solution.text


def test_formulas_become_mathml(made):
    page = soup(made / "00_first.html")
    assert [formula["display"] for formula in page.select("math")] == ["inline"] * 2 + [
        "block",
        "inline",
    ]
    assert page.select("math mfrac msqrt") and page.select("td math")
    assert "$" not in page.get_text()


@pytest.mark.parametrize("latex", ["[-1, 2]", "x = -1", "(-y)", "f(x, -y)"])
def test_a_sign_stands_closer_than_a_difference(latex):
    assert '<mo form="prefix">&#x02212;</mo>' in mathml(latex)


def test_a_difference_stays_one():
    assert "prefix" not in mathml("a - b")


@pytest.mark.parametrize("name", ["aligned", "align*"])
def test_equations_below_each_other(name):
    table = BeautifulSoup(mathml(f"\\begin{{{name}}} a &= b \\\\ c &= d \\end{{{name}}}"), "xml")
    assert [len(row.find_all("mtd")) for row in table.find_all("mtr")] == [2, 2]


def test_links_between_notebooks_lead_to_pages(made, course):
    assert soup(made / "00_first.html").blockquote.a["href"] == "01_next.html"
    for path in [*made.rglob("*.html"), *course.glob("*.html")]:
        for link in soup(path).select("a[href]"):
            if not re.match(r"\w+:|#", link["href"]):
                assert (path.parent / link["href"]).exists(), f"{path.name}: {link['href']}"


def test_the_course_loads_nothing_and_shows_every_formula(course):
    for path in course.glob("*.html"):
        page = soup(path)
        assert not page.select("link, script[src], iframe[src]"), path.name
        assert not re.search(r"@import|url\(", page.style.text)
        for image in page.select("img"):
            assert image["src"].startswith("data:"), path.name
        assert not [formula for formula in page.select("math") if "\\" in formula.text], path.name
        for code in page.select("pre, code, style"):
            code.decompose()
        assert not re.search(r"\$[^$\n]+\$", page.get_text()), path.name


def opened(browser, path):
    """A page from disk, and what it asked for or complained about besides itself."""
    page, noted = browser.new_page(viewport={"width": 900, "height": 1200}), []
    page.on("request", lambda request: noted.append(request.url))
    complain = lambda message: message.type == "error" and noted.append(message.text)  # noqa: E731
    page.on("console", complain)
    page.on("pageerror", lambda error: noted.append(str(error)))
    page.goto(path.as_uri())
    assert noted.pop(0) == path.as_uri()
    return page, noted


def test_live_views_live_on_a_page_from_disk(made, browser):
    page, noted = opened(browser, made / "00_first.html")
    number = page.frame_locator("iframe").locator("#n")
    number.click()
    assert number.inner_text() == "2"
    assert not page.locator("img").is_visible()
    summary = page.get_by_text("Solution")
    assert not page.get_by_text("In words.").is_visible()
    summary.click()
    assert page.get_by_text("In words.").is_visible()
    assert noted == []
    page.close()


def test_the_course_opens_from_disk(course, browser):
    for path in sorted(course.glob("*.html")):
        page, noted = opened(browser, path)
        page.set_viewport_size({"width": 390, "height": 800})  # a phone
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path.name
        page.set_viewport_size({"width": 900, "height": 1200})
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"page_{path.stem}.png")
        assert noted == [], path.name
        page.close()


def test_a_framed_page_cannot_break_out_of_its_attribute():
    html = framed('<p title="a">"quoted" & <b>bold</b></p>', "<img>")
    assert BeautifulSoup(html, "html.parser").iframe["srcdoc"].count('"') == 4
    assert escape('"quoted"') in html
