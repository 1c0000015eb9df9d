"""What a learner hands in: everything of the course, and no name but the one typed."""

import csv
import json
from datetime import date

import pytest

from lesson.exercises.catalogue import EXERCISES
from lesson.exercises.core import check
from lesson.exercises.progress import export_progress
from lesson.exercises.questions import QUESTIONS

TODAY = date.today().isoformat()


@pytest.fixture(autouse=True)
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTENTION_PROGRESS", str(tmp_path / "progress.json"))


def test_an_export_as_json(tmp_path):
    check("n_pads", 32)
    written = json.loads(export_progress(tmp_path / "ada.json", name="Ada").read_text())
    assert len(written["rows"]) == len(EXERCISES) + len(QUESTIONS)
    (row,) = (row for row in written["rows"] if row["name"] == "n_pads")
    assert row == {
        "learner": "Ada",
        "notebook": "06",
        "kind": "exercise",
        "name": "n_pads",
        "status": "done",
        "tries": 1,
        "done_on": TODAY,
    }


def test_an_export_as_csv_has_no_name_but_the_one_typed(tmp_path):
    check("n_pads", 31)
    with open(export_progress(tmp_path / "me.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["learner"] for row in rows} == {""}
    (row,) = (row for row in rows if row["name"] == "n_pads")
    assert (row["status"], row["tries"], row["done_on"]) == ("tried", "1", "")


@pytest.mark.parametrize("name", ["me.csv", "me.json"])
def test_an_export_may_be_written_again_but_nothing_else_is_overwritten(tmp_path, name):
    file = tmp_path / name
    export_progress(file)
    check("n_pads", 32)
    export_progress(file)
    assert TODAY in file.read_text()
    for content in ("my thesis", '{"my": "data"}', "[1]"):
        file.write_text(content)
        with pytest.raises(ValueError, match=f"{name} is there already and is not an export"):
            export_progress(file)
        assert file.read_text() == content


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"ends in '.xlsx'; .* \.json or \.csv: .* to me\.csv"):
        export_progress(tmp_path / "me.xlsx")
