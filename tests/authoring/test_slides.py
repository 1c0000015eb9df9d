"""Lectures: which cells make a slide, what the builder adds for JupyterLab, and the decks."""

import re

import nbformat
import pytest
from nbformat import v4

from authoring import Refused
from authoring.__main__ import main
from authoring.builder.canonical import kept_metadata, slide_type, to_text
from authoring.builder.source import read
from authoring.pages.slides.decks import read as lectures
from authoring.pages.slides.decks import write_decks
from helpers.browser import ROOT
from helpers.notebooks import content
from helpers.pages import soup

SLIDE, SUBSLIDE, FRAGMENT, SKIP = (
    f'slideshow={{"slide_type": "{kind}"}}' for kind in ("slide", "subslide", "fragment", "skip")
)
SOURCE = f"""\
# %% [markdown] {SLIDE}
# # One & two
#
# > At the end you can add $e^x$. About 5 minutes.

# %%
hidden = 1

# %% [markdown] {SLIDE}
# ## A sum
# See [the next](01_next.ipynb), [a page](glossary.md#sum) or [nothing](02_none.ipynb).

# %% {FRAGMENT}
print(hidden + 1)

# %% [markdown] {FRAGMENT}
# <details><summary>Why</summary>
#
# **b.**
# </details>

# %% {SUBSLIDE}
2 + 2
"""
NEXT = f"# %% [markdown] {SLIDE}\n# # Next\n#\n# > At the end you can go. About 1 minutes.\n"
PLAIN = "# %% [markdown]\n# # None\n#\n# > At the end you can read. About 2 minutes.\n"


def built(folder, **texts):
    """A folder of notebooks, built from these sources."""
    workshop = folder / "authoring"
    (workshop / "sources").mkdir(parents=True)
    (workshop / "syllabus.toml").touch()
    for name, text in texts.items():
        (workshop / "sources" / f"{name}.py").write_text(text)
    assert main(["build"], folder) == 0
    return folder / "notebooks"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Three built notebooks, two of them with slides, and their decks."""
    texts = {"00_first": SOURCE, "01_next": NEXT, "02_none": PLAIN}
    home = built(tmp_path_factory.mktemp("course"), **texts)
    for _ in range(2):  # the second time over the first
        assert main(["slides"], home.parent) == 0
    return home


@pytest.fixture(scope="module")
def decks(home):
    """Where the decks are."""
    return home.parent / "build" / "slides"


def load(home, name="00_first"):
    """A notebook of the tiny course."""
    return nbformat.read(home / f"{name}.ipynb", as_version=4)


def test_cells_without_a_type_are_skipped_in_a_notebook_with_slides(home):
    kinds = [cell.metadata.slideshow["slide_type"] for cell in load(home).cells]
    assert kinds == ["slide", "skip", "slide", "fragment", "fragment", "subslide"]
    assert "slideshow" not in load(home, "02_none").cells[0].metadata


def test_a_missing_type_and_skip_are_the_same_to_an_author(home):
    hidden = v4.new_code_cell("1", metadata={"slideshow": {"slide_type": "skip"}})
    empty = v4.new_code_cell("1", metadata={"slideshow": {"slide_type": ""}})
    assert slide_type(hidden) == slide_type(empty) == slide_type(v4.new_code_cell("1")) == ""
    assert kept_metadata(hidden) == kept_metadata(empty) == {}
    assert content(load(home).cells) == content(
        read(home.parent / "authoring" / "sources" / "00_first.py")
    )
    assert to_text(load(home)) == (home / "00_first.ipynb").read_text()


def test_two_builds_give_the_same_bytes(home):
    before = (home / "00_first.ipynb").read_bytes()
    assert main(["build", "00"], home.parent) == 0
    assert (home / "00_first.ipynb").read_bytes() == before


def test_pull_brings_back_what_was_written(home):
    assert main(["pull", "00"], home.parent) == 0
    assert (home.parent / "authoring" / "sources" / "00_first.py").read_text() == SOURCE


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            f'# %% {SLIDE}\n1\n\n# %% slideshow={{"slide_type": "notes"}}\n1\n',
            'bad.py, line 4: `slideshow` is {"slide_type": "notes"}; .* one of slide, subslide',
        ),
        ('# %% slideshow="slide"\n1\n', 'line 1: `slideshow` is "slide"; write'),
        (f"# %% {SKIP}\n1\n\n# %% {FRAGMENT}\n1\n", "line 4: the lecture begins with a fragment"),
        (f"# %%\n1\n\n# %% {SUBSLIDE}\n1\n", "line 4: the lecture begins with a subslide, which"),
    ],
)
def test_a_source_with_a_bad_slide_is_refused(tmp_path, text, complaint):
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises(Refused, match=complaint):
        read(tmp_path / "bad.py")


def test_a_course_without_slides_is_told_how_to_make_one(tmp_path):
    home = tmp_path / "notebooks"
    home.mkdir()
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell("# A")]), home / "00_a.ipynb")
    with pytest.raises(Refused, match="None of the 1 notebooks in notebooks/ has a slide: give"):
        main(["slides"], home.parent)


def test_cells_are_grouped_into_slides_and_steps(home):
    first, following = lectures(home)
    assert [slide.title for slide in first.slides] == ["One & two", "A sum", "A sum"]
    assert [slide.headed for slide in first.slides] == [True, True, False]
    assert [len(slide.steps) for slide in first.slides] == [1, 3, 1]
    assert (first.number, first.title, first.minutes) == ("00", "One & two", 5)
    assert following.address == "01_next.html"


def test_a_deck_shows_code_with_its_output_and_nothing_hidden(decks):
    deck = soup(decks / "00_first.html")
    title, total, again = deck.select(".slide")
    assert title.math and "hidden = 1" not in deck.get_text()
    code, why = total.select(".fragment")
    assert "print(hidden + 1)" in code.text and code.select_one(".output").text.strip() == "2"
    assert why.summary.text == "Why" and not why.details.has_attr("open")
    assert again.select_one(".topic").text == "A sum" and again["aria-label"].startswith("slide 3")


def test_links_lead_to_decks_or_nowhere(decks):
    links = soup(decks / "00_first.html").select(".content a")
    assert [(link.text, link["href"]) for link in links] == [("the next", "01_next.html")]


def test_the_list_says_what_each_lecture_is_for(decks):
    page = soup(decks / "index.html")
    assert [link.text for link in page.select("h2 a")] == ["00 One & two", "01 Next"]
    assert page.select_one(".size").text == "5 minutes to read, 3 slides"
    assert page.li.math and {path.name for path in decks.iterdir()} == {
        *("index.html", "00_first.html", "01_next.html")
    }


def test_korean_lectures_stand_beside_the_english_ones(tmp_path):
    korean = '\n# %% [markdown] lang="ko"\n# # 다음\n#\n# > 갑니다. About 1 minutes.\n'
    home = built(tmp_path, **{"01_next": NEXT + korean})
    assert main(["slides"], home.parent) == 0
    deck = soup(tmp_path / "build" / "slides" / "ko" / "01_next.html")
    assert deck.html["lang"] == "ko" and deck.h1.text == "다음"


def test_the_decks_of_the_course_load_nothing(tmp_path):
    home = ROOT / "notebooks"
    write_decks(home, tmp_path / "slides", {})
    for path in (tmp_path / "slides").iterdir():
        page = soup(path)
        assert not page.select("link, script[src], iframe[src]"), path.name
        assert not re.search(r"@import|url\(", page.style.text)
        for image in page.select("img"):
            assert image["src"].startswith("data:") and image["alt"], path.name
        for link in page.select("a[href]:not([href*=':'])"):
            target = link["href"].partition("#")[0]
            assert not target or (path.parent / target).exists(), f"{path.name}: {link['href']}"
