"""The glossary holds every new word, its links lead somewhere, and the page is the file's."""

import dataclasses
import re
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

import transformer_lib
from authoring import Refused
from authoring.overviews import glossary
from transformer_lib.model import Config

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "notebooks"
NOTEBOOKS = sorted(HOME.glob("[0-9][0-9]_*.ipynb"))
TERMS, SYMBOLS = glossary.entries(ROOT)
GLOSSARY = """\
[terms."two words"]
korean = "두 낱말"
notebook = "01"
means = '''
One word,
and $a +
b$.'''
also = ["pair"]
see = ["BLEU"]

[terms.BLEU]
korean = "BLEU 점수"
notebook = "01"
means = "A number."

[terms.attention]
korean = "어텐션"
notebook = "01"
means = "A mean."

[symbols.d_model]
notebook = "01"
means = "A width."
"""
LINK = re.compile(r"\]\((?P<file>[^)#]*)(?:#(?P<anchor>[^)]*))?\)")


@pytest.fixture
def root(tmp_path):
    """A course of one notebook and a glossary of three terms."""
    (tmp_path / "authoring").mkdir()
    (tmp_path / "notebooks").mkdir()
    opening = v4.new_markdown_cell("# Sums\n\n> At the end you can add. About 2 minutes.")
    nbformat.write(v4.new_notebook(cells=[opening]), tmp_path / "notebooks" / "01_sums.ipynb")
    (tmp_path / "authoring" / "glossary.toml").write_text(GLOSSARY, encoding="utf-8")
    return tmp_path


def change(root, old, new):
    """Replace a piece of the tiny glossary."""
    assert old in GLOSSARY
    (root / "authoring" / "glossary.toml").write_text(GLOSSARY.replace(old, new), encoding="utf-8")


def headings(text):
    """The headings of a page, in order."""
    return re.findall(r"^#+ (.+)$", text, re.MULTILINE)


def new_words(path):
    """The words that a notebook's recap calls new."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown" and "**New words.**" in cell.source:
            paragraph = cell.source.partition("**New words.**")[2].partition("\n\n")[0]
            for words in re.findall(r"\*([^*]+)\*", paragraph):
                yield from words.lower().split(", ")


def test_terms_stand_under_their_letters_whatever_their_case(root):
    names = ["Glossary", "A", "attention", "B", "BLEU", "T", "two words", "Symbols", "Korean"]
    assert headings(glossary.page(root)) == names


def test_a_term_shows_korean_meaning_notebook_and_what_to_see(root):
    entry = (
        "### two words\n\n**두 낱말**, also *pair*. One word, and $a + b$.\n\n"
        "→ [01 Sums](01_sums.ipynb) · see [BLEU](#BLEU)\n"
    )
    assert entry in glossary.page(root)
    assert "| `d_model` | A width. | [01 Sums](01_sums.ipynb) |" in glossary.page(root)


def test_korean_terms_are_listed_by_their_first_sound(root):
    index = glossary.page(root).partition("## Korean\n\n")[2]
    assert index.split("\n\n") == [
        "**ㄷ** [두 낱말](#two-words)",
        "**ㅇ** [어텐션](#attention)",
        "**A–Z** [BLEU 점수](#BLEU)\n",
    ]


@pytest.mark.parametrize(
    ("word", "consonant"), [("가", "ㄱ"), ("까", "ㄱ"), ("힣", "ㅎ"), ("쌍", "ㅅ"), ("K", "A–Z")]
)
def test_first_sounds(word, consonant):
    assert glossary.sound(word) == consonant


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('korean = "어텐션"\n', "", "`attention` has no `korean`; write a line korean = …"),
        ('means = "A width."\n', "", "`d_model` has no `means`"),
        ('see = ["BLEU"]', 'see = ["GLUE"]', "`two words` says see `GLUE`, and that is no term"),
        (
            'notebook = "01"\nmeans = "A m',
            'notebook = "7"\nmeans = "A m',
            "from notebook '7', .* 01;",
        ),
    ],
)
def test_an_entry_that_leads_nowhere_is_refused(root, old, new, complaint):
    change(root, old, new)
    with pytest.raises(Refused, match=complaint):
        glossary.write_glossary(root)
    assert not (root / "notebooks" / "glossary.md").exists()


def test_two_runs_give_the_same_bytes(root):
    glossary.write_glossary(root)
    first = (root / "notebooks" / "glossary.md").read_bytes()
    glossary.write_glossary(root)
    assert (root / "notebooks" / "glossary.md").read_bytes() == first


def test_a_course_without_a_glossary_has_no_page(root):
    (root / "authoring" / "glossary.toml").unlink()
    glossary.write_glossary(root)
    assert not (root / "notebooks" / "glossary.md").exists()


def names():
    """All names of all terms, in small letters."""
    return [name.lower() for key, term in TERMS.items() for name in [key, *term.get("also", ())]]


def test_every_name_belongs_to_one_term():
    assert {name for name in names() if names().count(name) > 1} == set()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_words_of_every_recap_are_there(path):
    words = set(new_words(path))
    assert words and not words - set(names()), "define these in glossary.toml"


def test_axes_and_sizes_are_there():
    axes = transformer_lib.__doc__.partition("always in words:\n")[2].partition("\nA mask")[0]
    assert set(re.findall(r"^    (\w+)", axes, re.MULTILINE)) <= SYMBOLS.keys()
    sizes = {field.name for field in dataclasses.fields(Config) if field.type is int}
    assert sizes and sizes <= SYMBOLS.keys()


def test_terms_are_sorted_on_the_page():
    shown = [name for name in headings(glossary.page(ROOT)) if name in TERMS]
    assert shown == sorted(TERMS, key=str.lower)


def test_links_lead_somewhere():
    page = glossary.page(ROOT)
    there = {name.replace(" ", "-") for name in headings(page)}
    for link in LINK.finditer(page):
        assert link["anchor"] in there if link["anchor"] else (HOME / link["file"]).exists()


def test_the_page_is_up_to_date():
    assert (HOME / "glossary.md").read_text(encoding="utf-8") == glossary.page(ROOT), (
        "run: course.py build"
    )
