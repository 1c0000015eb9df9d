"""Every committed notebook equals its source, was run in order, and reads well."""

import re
from pathlib import Path

import nbformat
import pytest

from authoring.builder.canonical import QUESTION, REASONS, to_text
from authoring.builder.exercises import expanded
from authoring.builder.source import english, is_korean, korean, read, sources
from helpers.notebooks import content

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "notebooks"
NOTEBOOKS = sorted(HOME.glob("*.ipynb")) + sorted(HOME.glob("ko/*.ipynb"))
PICTURE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<address>[^)]*)\)")
TAG = re.compile(r"<img\b[^>]*>")
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$]*\$", re.DOTALL)
MARKUP = re.compile(r"<[^>]*>|\]\([^)]*\)")
MAX_LINES, MAX_WORDS, MAX_CELLS = 20, 120, 45

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
every_source = pytest.mark.parametrize("source", sources(ROOT), ids=lambda path: path.stem)


def load(path):
    """The notebook in a file."""
    return nbformat.read(path, as_version=4)


def words(markdown):
    """How many words a reader reads: a formula is one, a link's address and markup are none."""
    return len(re.findall(r"\w\S*", MARKUP.sub(" ", FORMULA.sub(" x ", markdown))))


def pages(notebook):
    """All texts of a notebook that may show pictures: Markdown cells and HTML outputs."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield cell.source
        for output in cell.get("outputs", ()):
            yield from (
                output.get("data", {}).get(kind, "") for kind in ("text/html", "text/markdown")
            )


@every_source
def test_source_and_notebook_hold_the_same_cells(source):
    cells, name = expanded(read(source), source.name), source.with_suffix(".ipynb").name
    assert content(load(HOME / name).cells) == content(english(cells)), "run: course.py build"
    if any(map(is_korean, cells)):
        assert content(load(HOME / "ko" / name).cells) == content(korean(cells))


def test_every_notebook_has_a_source():
    assert {path.stem for path in NOTEBOOKS} <= {path.stem for path in sources(ROOT)}
    translated = {p.stem for p in sources(ROOT) if any(map(is_korean, read(p)))}
    assert {path.stem for path in HOME.glob("ko/*.ipynb")} == translated


@every_notebook
def test_cells_were_run_once_and_in_order(path):
    counts = [cell.execution_count for cell in load(path).cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))


@every_notebook
def test_errors_are_promised(path):
    for cell in load(path).cells:
        failed = any(output.output_type == "error" for output in cell.get("outputs", ()))
        assert failed == ("raises-exception" in cell.metadata.get("tags", ())), cell.source


@every_notebook
def test_file_is_canonical(path):
    """No widget state, no timestamps, no foreign metadata: the bytes are the builder's."""
    assert path.read_bytes() == to_text(load(path)).encode(), "run: course.py build"


@every_notebook
def test_pictures_are_local_and_described(path):
    for page in pages(load(path)):
        for picture in PICTURE.finditer(page):
            assert picture["alt"].strip(), f"no alt text: {picture[0][:80]}"
            assert "//" not in picture["address"].split(",")[0], f"remote: {picture[0][:80]}"
        for tag in TAG.findall(page):
            assert re.search(r"""alt=["'][^"']""", tag), f"no alt text: {tag[:80]}"
            assert not re.search(r"""src=["']?(https?:)?//""", tag), f"remote: {tag[:80]}"


@every_notebook
def test_cells_are_short(path):
    for cell in load(path).cells:
        if cell.cell_type == "code":
            assert len([x for x in cell.source.splitlines() if x.strip()]) <= MAX_LINES, cell.source
        else:
            assert words(cell.source) <= MAX_WORDS, f"{words(cell.source)} words: {cell.source}"


@every_notebook
def test_a_notebook_can_be_read_in_one_sitting(path):
    """Code cells to read and run; the exercises, an hour of their own, are not counted."""
    code = [cell for cell in load(path).cells if cell.cell_type == "code"]
    asked = [cell for cell in code if {"exercise", "solution"} & set(cell.metadata.get("tags", ()))]
    checked = [cell for cell in code if re.fullmatch(r"check\(.*\)", cell.source)]
    assert len(code) - len(asked) - len(checked) <= MAX_CELLS


@every_notebook
def test_every_prediction_is_closed_by_its_reasons(path):
    """What is run between the two is folded: an open question would fold the rest of the page."""
    text = "".join(cell.source for cell in load(path).cells if cell.cell_type == "markdown")
    marks = re.findall(f"{re.escape(QUESTION)}|{REASONS}", text)
    assert marks == [QUESTION, REASONS] * (len(marks) // 2)


def test_words_counts_what_is_read():
    assert words("A [link](somewhere/else.md), <b>bold</b>, and $a + b = c$.") == 5


@every_notebook
def test_a_folded_solution_hides_nothing_else(path):
    """A folded heading hides every cell up to the next heading of its rank or above."""
    rank = 0  # of the folded heading that hides what follows; 0: nothing is folded
    for cell in load(path).cells:
        heading = cell.cell_type == "markdown" and re.match("#+(?= )", cell.source)
        if rank and not (heading and len(heading[0]) <= rank):
            assert "solution" in cell.metadata.get("tags", ()), f"hidden too: {cell.source[:60]}"
        elif heading:
            folded = cell.metadata.get("jp-MarkdownHeadingCollapsed")
            rank = len(heading[0]) if folded else 0
