"""Every claim that the course calls wrong is decided by code, and errata.md shows it."""

import re
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from authoring import Refused
from authoring.__main__ import write_overviews
from authoring.overviews import errata
from authoring.overviews.syllabus import rows

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "notebooks"
CLAIMS = [key for key in rows(ROOT) if key.startswith("X")]
SYLLABUS = """\
[A1]
title = "Sums"
example = "1 + 1"

[X1]
title = "One and one is three?"
example = "2"
claim = "The sum is 3."
correct = "It is 2."
"""
TWO = v4.new_output("stream", name="stdout", text="2\n")
LINK = re.compile(r"\]\((?P<file>[^)#]*)(?:#(?P<anchor>[^)]*))?\)")


@pytest.fixture
def root(tmp_path):
    """A course of one notebook that proves X1."""
    (tmp_path / "authoring").mkdir()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "authoring" / "syllabus.toml").write_text(SYLLABUS)
    return lay(tmp_path)


def lay(root, proves="X1", outputs=(TWO,)):
    """Write the notebook of the tiny course; returns its folder."""
    opening = v4.new_markdown_cell("# Sums\n\n> At the end you can add. About 2 minutes.")
    heading = v4.new_markdown_cell("## By hand?\n\nTwo fingers.", id="5ums")
    code = v4.new_code_cell("print(1 + 1)", metadata={"proves": proves}, outputs=list(outputs))
    notebook = v4.new_notebook(cells=[opening, heading, code])
    nbformat.write(notebook, root / "notebooks" / "01_sums.ipynb")
    return root


def proving_cells(key):
    """The cells of the course that decide a claim."""
    for path in sorted(HOME.glob("[0-9][0-9]_*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if key in cell.metadata.get("proves", "").split():
                yield cell


def decides(cell):
    """True for code that stops when the claim is right, or prints what nbval compares."""
    compared = cell.outputs and "nbval-ignore-output" not in cell.metadata.get("tags", ())
    return "assert " in cell.source or bool(compared)


def test_the_page_shows_claim_code_output_and_place(root):
    errata.write_errata(root)
    text = (root / "notebooks" / "errata.md").read_text()
    assert "| [One and one is three?](#x1) | 2 | [01 Sums · By hand?](01_sums.ipynb#" in text
    assert '<a id="x1"></a>\n\n## One and one is three?\n\n**One reads.** The sum is 3.' in text
    assert "**Correct.** It is 2.\n\n```python\nprint(1 + 1)\n```\n\nprints\n" in text
    assert "```text\n2\n```\n\n→ [01 Sums · By hand?](01_sums.ipynb#cell-id=5ums)\n" in text


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        (v4.new_output("execute_result", data={"text/plain": "2"}), "```text\n2\n```"),
        (
            v4.new_output("error", ename="E", evalue="no", traceback=["E: no"]),
            "```text\nE: no\n```",
        ),
        (
            v4.new_output("display_data", data={"text/html": '<img alt="a &lt; b" src="x">'}),
            "```text\na < b\n```",
        ),
        (None, "prints nothing: what it asserts holds."),
    ],
)
def test_every_kind_of_output_is_shown_as_text(root, output, shown):
    assert shown in errata.page(lay(root, outputs=[output] if output else []))


def test_two_runs_give_the_same_bytes(root):
    errata.write_errata(root)
    first = (root / "notebooks" / "errata.md").read_bytes()
    errata.write_errata(root)
    assert (root / "notebooks" / "errata.md").read_bytes() == first


def test_a_claim_without_a_proof_is_refused(root):
    with pytest.raises(Refused, match='no built notebook proves X1: write `proves="X1"` above'):
        errata.write_errata(lay(root, proves=""))
    assert not (root / "notebooks" / "errata.md").exists()


def test_a_build_tells_of_a_refused_page_and_writes_the_others(root, capsys):
    (root / "authoring" / "glossary.toml").write_text("[terms]\n[symbols]\n")
    assert write_overviews(lay(root, proves="")) == 1
    assert "no built notebook proves X1" in capsys.readouterr().out
    assert (root / "notebooks" / "glossary.md").exists()


@pytest.mark.parametrize("key", ["A1", "Z9"])
def test_a_proof_of_what_is_no_claim_is_refused(root, key):
    with pytest.raises(Refused, match=f"01_sums.ipynb proves `{key}`, .* without a claim"):
        errata.page(lay(root, proves=f"X1 {key}"))


def test_a_course_without_claims_has_no_page(root):
    (root / "authoring" / "syllabus.toml").write_text(SYLLABUS.partition("[X1]")[0])
    errata.write_errata(root)
    assert not (root / "notebooks" / "errata.md").exists()


def test_claims_say_what_is_claimed_and_what_is_correct():
    for key, row in rows(ROOT).items():
        assert ({"claim", "correct"} <= row.keys()) == key.startswith("X"), key


@pytest.mark.parametrize("key", CLAIMS)
def test_every_claim_is_decided_by_code(key):
    cells = list(proving_cells(key))
    assert cells, f'no notebook proves {key}: write `proves="{key}"` and run: course.py build'
    assert all(cell.cell_type == "code" and decides(cell) for cell in cells), key


def test_the_page_is_up_to_date():
    assert (HOME / "errata.md").read_text(encoding="utf-8") == errata.page(ROOT), (
        "run: course.py build"
    )


def test_links_lead_to_headings():
    text = (HOME / "errata.md").read_text(encoding="utf-8")
    for link in LINK.finditer(re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        if link["file"]:
            cells = nbformat.read(HOME / link["file"], as_version=4).cells
            heading = {f"cell-id={cell.id}": cell.source for cell in cells}[link["anchor"]]
            assert re.search(r"^#+ ", heading, re.MULTILINE), link[0]
        else:
            assert f'<a id="{link["anchor"]}"></a>' in text, link[0]
