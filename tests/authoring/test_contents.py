"""The README's table of notebooks says what the notebooks say."""

import base64
from pathlib import Path

import nbformat
import pytest

from authoring import Refused
from authoring.overviews import contents

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "notebooks"
NOTEBOOKS = sorted(HOME.glob("[0-9][0-9]_*.ipynb"))
OPENING = "# Two words\n\n> At the end you can add\n> two words. About 7 minutes; bring paper."


def notebook(text, picture=None):
    """A notebook of an opening, and a cell with a picture."""
    cell = nbformat.v4.new_code_cell("draw()", metadata={"tags": ["teaser"]})
    if picture:
        image = base64.b64encode(picture).decode()
        html = f'<img width="9" alt="Bars: &lt;a&gt;. b 1." src="data:image/png;base64,{image}">'
        cell.outputs = [nbformat.v4.new_output("display_data", data={"text/html": html})]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text), cell])


def test_title_promise_and_minutes_come_from_the_first_cell():
    assert contents.opening(notebook(OPENING)) == ("Two words", "add two words", 7)


@pytest.mark.parametrize("text", ["Two words", "# Two words\n\n> At the end you can add."])
def test_an_opening_without_minutes_is_refused(text):
    with pytest.raises(Refused, match="first cell begins .*`About N minutes`"):
        contents.opening(notebook(text))


def test_the_teaser_is_the_tagged_cell_s_picture():
    assert contents.teaser(notebook(OPENING, b"png")) == ("Bars: <a>", b"png")
    assert contents.teaser(notebook(OPENING)) is None


def test_a_picture_of_several_panels_is_told_by_their_titles():
    told = (
        "Mask, 2 by 2: window. 2 of 4 cells visible. Mask, 2 by 2: + global. 3 of 4 cells visible."
    )
    assert contents.titles(told) == "Mask, 2 by 2: window; + global"


def test_the_table_is_put_between_the_marks(tmp_path):
    home = tmp_path / "notebooks"
    home.mkdir()
    nbformat.write(notebook(OPENING, b"png"), home / "07_two_words.ipynb")
    (tmp_path / "README.md").write_text(f"before\n{contents.BEGIN}old\n{contents.END}after\n")
    contents.write_contents(tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert "[07 Two words](notebooks/07_two_words.ipynb) | add two words | 7 |" in text
    assert 'src="notebooks/pictures/07_two_words.png"' in text and 'alt="Bars: &lt;a&gt;"' in text
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    assert (home / "pictures" / "07_two_words.png").read_bytes() == b"png"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_readme_is_up_to_date(path):
    book = nbformat.read(path, as_version=4)
    title, promise, minutes = contents.opening(book)
    line = f"[{path.stem[:2]} {title}](notebooks/{path.name}) | {promise} | {minutes} |"
    assert line in (ROOT / "README.md").read_text(encoding="utf-8"), "run: course.py build"
    picture = HOME / "pictures" / f"{path.stem}.png"
    assert picture.read_bytes() == contents.teaser(book)[1], "tag a cell `teaser` and build"
