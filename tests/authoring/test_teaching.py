"""The teachers' page names only what is there, and adds up."""

import re
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

import course
from authoring.overviews.contents import opening
from lesson.exercises.catalogue import EXERCISES
from lesson.exercises.questions import QUESTIONS

HOME = Path(__file__).resolve().parents[2] / "notebooks"
TEXT = (HOME / "teaching.md").read_text(encoding="utf-8")
LINKS = re.findall(r"\]\(([^)\s]+)\)", TEXT)
TIMES = re.findall(r"^\| \[\d\d [^|]*\((.*)\) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", TEXT, re.M)
WEEKS = re.findall(r"^\| \d+ \| (.*) \| .* \| .* \| (.*) \| (.*) \|$", TEXT, re.M)


def headings(path):
    """The addresses of a page's headings, as JupyterLab makes them."""
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    else:
        text = path.read_text(encoding="utf-8")
    return {title.replace(" ", "-") for title in re.findall(r"^#+ (.*)", text, re.M)}


@pytest.mark.parametrize("link", sorted(set(LINKS)))
def test_every_link_leads_to_a_heading_that_is_there(link):
    name, _, anchor = link.partition("#")
    path = HOME / name if name else HOME / "teaching.md"
    assert path.exists()
    assert not anchor or unquote(anchor) in headings(path)


def test_the_minutes_are_those_of_the_notebooks():
    assert [name for name, *_ in TIMES] == [path.name for path in sorted(HOME.glob("[0-9]*.ipynb"))]
    for name, *numbers in TIMES:
        notebook = nbformat.read(HOME / name, as_version=4)
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        exercises = sum(map(int, re.findall(r"★+ (\d+) min", text)))
        alone, predictions = opening(notebook)[2], text.count("Predict.**")
        in_class = round((alone - exercises + 2 * predictions) / 5) * 5
        assert [*map(int, numbers)] == [alone, exercises, predictions, in_class], name
    columns = zip(*(map(int, numbers) for _, *numbers in TIMES))
    assert f"| all | {' | '.join(str(sum(column)) for column in columns)} |" in TEXT


def test_the_weeks_name_exercises_of_their_notebooks():
    assert len(WEEKS) == 14
    for notebooks, *exercises in WEEKS:
        files = re.findall(r"\(([^)]*)\)", notebooks)
        asked = "".join((HOME / file).read_text(encoding="utf-8") for file in files)
        for name in re.findall("`(.*?)`", " ".join(exercises)):
            assert f'check(\\"{name}\\"' in asked, f"{name} is not in {files}"


def test_names_of_exercises_quizzes_and_verbs_exist():
    assert set(re.findall(r'quiz\("(\w+)"\)', TEXT)) <= set(QUESTIONS)
    others = {"calm_lab", "handed_in", "export_progress", "transformer_lib"}
    assert set(re.findall(r"`([a-z]+_[a-z]+)`", TEXT)) <= others | set(EXERCISES)
    verbs = {*course.NOTEBOOK_VERBS, *course.CLASS_VERBS, "lab", "test", "bench"}
    assert set(re.findall(r"course\.py (\w+)", TEXT)) <= verbs
