"""Notebooks that were handed in run again, whatever is in them."""

import os

import pytest
from nbformat import v4, write

from authoring import Refused
from authoring.recheck import handed_in, main, recheck
from lesson.teaching.handed_in import read_export

CHECK = 'from lesson.exercises.core import check\ncheck("{0}", {1})'


@pytest.fixture(autouse=True)
def off(monkeypatch):
    monkeypatch.setenv("ATTENTION_PROGRESS", "off")  # restored afterwards


@pytest.fixture
def hand_in(tmp_path):
    """A function that writes a notebook of these cells into the class's folder."""

    def hand_in(file, *cells):
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        write(v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells]), path)

    return hand_in


def statuses(tmp_path, name):
    """What counts for one learner, by exercise."""
    export = read_export(tmp_path / "rechecked" / f"{name}.csv")
    assert export.learner == name
    return {line.name: line.status for line in export.lines if line.status != "open"}


def test_right_and_wrong_answers(hand_in, tmp_path, capsys):
    hand_in("Ada/06.ipynb", CHECK.format("n_pads", 32), "1 / 0", CHECK.format("n_scores", 80))
    hand_in("Ada/12.ipynb", CHECK.format("n_scores", 81))
    hand_in("김민지.ipynb", CHECK.format("n_pads", 31))
    assert recheck(tmp_path) == 0
    assert statuses(tmp_path, "Ada") == {"n_pads": "done", "n_scores": "done"}
    assert statuses(tmp_path, "김민지") == {"n_pads": "tried"}
    assert "Ada: notebooks 2, exercises done 2" in capsys.readouterr().out
    assert set(handed_in(tmp_path)) == {"Ada", "김민지"}  # what it wrote is no learner


def test_a_solution_cell_does_not_count(hand_in, tmp_path):
    hand_in("Ada.ipynb", "n_pads_solution = 32\n" + CHECK.format("n_pads", "n_pads_solution"))
    assert recheck(tmp_path) == 0 and statuses(tmp_path, "Ada") == {}


def test_what_stops_is_named_and_the_rest_counts(hand_in, tmp_path, capsys):
    hand_in("Ada.ipynb", CHECK.format("n_pads", 32), "while True: pass")
    hand_in("Bo.ipynb", CHECK.format("n_pads", 32), "import os; os._exit(1)")
    (tmp_path / "Cy.ipynb").write_text("my thesis")
    assert recheck(tmp_path, seconds=5) == 1
    for name in ("Ada", "Bo"):
        assert statuses(tmp_path, name) == {"n_pads": "done"}
    said = capsys.readouterr().out
    assert "did not run to their end: 3" in said
    assert "Ada.ipynb: a cell ran for more than 5 s; what came before it counts." in said
    assert "Bo.ipynb: the kernel died" in said and "Cy.ipynb could not be run" in said


def test_nobody_elses_record_is_touched(hand_in, tmp_path, monkeypatch):
    record = tmp_path / "mine.json"
    monkeypatch.setenv("ATTENTION_PROGRESS", str(record))
    hand_in("Ada.ipynb", CHECK.format("n_pads", 32))
    recheck(tmp_path)
    assert not record.exists() and os.environ["ATTENTION_PROGRESS"] != str(record)


def test_a_folder_without_notebooks_is_refused(tmp_path):
    with pytest.raises(Refused, match="holds 0 notebooks; needed is a notebook, or a folder of"):
        recheck(tmp_path)
    with pytest.raises(Refused, match="`recheck` takes one folder and got 2"):
        main(["a", "b"])
