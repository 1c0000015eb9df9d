"""What has been done is noted once, kept through accidents, and handed in on request."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from authoring.builder.exercises import expanded
from authoring.builder.source import read, sources
from lesson.exercises import record
from lesson.exercises.catalogue import EXERCISES
from lesson.exercises.core import check
from lesson.exercises.progress import progress
from lesson.exercises.questions import QUESTIONS
from lesson.exercises.quiz import quiz
from lesson.exercises.record import note, place, recorded
from transformer_lib import files

ROOT = Path(__file__).resolve().parents[2]
TODAY = date.today().isoformat()
LEFT = {"progress.json", "progress.json.lock"}  # nothing half-written


@pytest.fixture
def path(tmp_path, monkeypatch):
    path = tmp_path / "new" / "progress.json"
    monkeypatch.setenv("ATTENTION_PROGRESS", str(path))
    return path


@pytest.fixture
def broken(path):
    path.parent.mkdir()
    return path


def line(name):
    """How one exercise or quiz stands."""
    return next(line for line in progress() if line.name == name)


def test_tests_never_touch_the_learners_own_progress():
    assert place() is None
    check("n_pads", 32)
    assert recorded() == {"exercises": {}, "quizzes": {}}


def test_the_file_lies_in_jupyters_data_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("ATTENTION_PROGRESS")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    assert place() == tmp_path / "attention-by-hand" / "progress.json"


def test_tries_count_up_to_the_first_success(path):
    for answer in (..., 31, 33, 32, 31):
        check("n_pads", answer)
    assert line("n_pads")[3:] == ("done", 3, TODAY)
    assert json.loads(path.read_text())["exercises"] == {"n_pads": {"tries": 3, "done_on": TODAY}}


def test_what_was_not_attempted_is_open(path):
    check("n_pads", ...)
    check("repair_scale", EXERCISES["repair_scale"].given)
    assert not path.exists() and line("n_pads").status == line("repair_scale").status == "open"


def test_a_quiz_counts_too(path):
    asked = quiz("first_row")
    asked.buttons["a"].click()
    assert line("first_row")[3:] == ("tried", 1, "")
    asked.answer("b")
    assert line("first_row")[3:] == ("done", 2, TODAY)


def test_only_names_tries_and_days_are_kept(path):
    check("dot_product", lambda q, k: "my own secret words")
    assert path.read_text().replace("dot_product", "") == (
        '{\n "format": "attention-by-hand progress 1",\n'
        ' "exercises": {\n  "": {\n   "tries": 1,\n   "done_on": ""\n  }\n },\n "quizzes": {}\n}\n'
    )


def test_a_solution_cell_is_no_success(path, monkeypatch):
    class Shell:
        user_ns = {"In": ["", "n_pads_solution = 32\ncheck('n_pads', n_pads_solution)"]}

    monkeypatch.setattr("lesson.exercises.core.get_ipython", Shell)
    assert check("n_pads", 32).status == "correct" and not path.exists()
    check("n_scores", 81)
    assert line("n_scores").status == "done"


def test_solution_cells_call_their_answers_so():
    """What `check` relies on, in every notebook."""
    for source in sources(ROOT):
        for cell in expanded(read(source), source.name):
            if cell.cell_type == "code" and "check(" in cell.source:
                solution = "solution" in cell.metadata.get("tags", ())
                name = cell.source.split('check("')[1].split('"')[0]
                assert (f"{name}_solution" in cell.source) == solution, cell.source


def test_the_table(path):
    check("n_pads", 31)
    check("padding_mask", EXERCISES["padding_mask"].solution)
    quiz("first_row").answer("b")
    shown = progress()
    row = next(row for row in shown.rows() if row[0] == "06")
    assert row == ("06", "1", "1", "5", "1 of 4", "2", "n_pads", "convert_for_torch")
    *_, total = shown.rows()
    assert total[:5] == ("all", "1", "1", str(len(EXERCISES) - 2), f"1 of {len(QUESTIONS)}")
    text = repr(shown).splitlines()
    assert text[0].split() == "notebook done tried open quizzes tries try again next".split()
    assert text[-1].split()[:4] == ["all", "1", "1", str(len(EXERCISES) - 2)]
    assert shown._repr_markdown_().splitlines()[1] == "| --- " * 8 + "|"


@pytest.mark.parametrize(
    "content",
    [
        b"{ half a fi",
        b"\xff\xfe\x00",
        b"[]",
        b'{"format": "attention-by-hand progress 2", "exercises": {}, "quizzes": {}}',
        b'{"format": "attention-by-hand progress 1", "exercises": {}}',
        b'{"format": "attention-by-hand progress 1", "exercises": {"a": {}}, "quizzes": {}}',
        b'{"format": "attention-by-hand progress 1", "exercises": {"a": 1}, "quizzes": {}}',
    ],
)
def test_a_broken_file_is_set_aside_and_told(broken, content):
    broken.write_bytes(content)
    with pytest.warns(UserWarning, match=r"kept as progress\.broken-1\.json, and a new record"):
        check("n_pads", 32)
    assert (broken.parent / "progress.broken-1.json").read_bytes() == content
    assert line("n_pads").status == "done"
    broken.write_bytes(content)
    with pytest.warns(UserWarning, match=r"progress\.broken-2\.json"):
        progress()
    assert len(list(broken.parent.glob("*.json"))) == 2


def test_a_place_that_cannot_be_written_is_told_and_does_not_stop_the_check(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("ATTENTION_PROGRESS", str(tmp_path / "file" / "progress.json"))
    with pytest.warns(UserWarning, match="your progress could not be noted in .*progress.json"):
        assert check("n_pads", 32).status == "correct"


def test_a_crash_while_writing_leaves_the_old_file(path, monkeypatch):
    note("exercises", "n_pads", True)
    before = path.read_bytes()

    def crash(*paths):
        raise OSError("no space left")

    monkeypatch.setattr(files.os, "replace", crash)
    with pytest.warns(UserWarning, match="no space left"):
        note("exercises", "n_scores", True)
    assert path.read_bytes() == before
    assert "progress.json" in {file.name for file in path.parent.iterdir()} <= LEFT


def test_two_kernels_do_not_lose_each_others_entries(path):
    code = (
        "import sys\n"
        "from lesson.exercises.record import note\n"
        "for number in range(25):\n"
        "    note('exercises', f'{sys.argv[1]}{number}', True)\n"
        "    note('exercises', 'shared', False)\n"
    )
    kernels = [subprocess.Popen([sys.executable, "-c", code, name], cwd=ROOT) for name in "abc"]
    assert [kernel.wait(60) for kernel in kernels] == [0, 0, 0]
    found = recorded()["exercises"]
    assert {f"{name}{number}" for name in "abc" for number in range(25)} < found.keys()
    assert found["shared"]["tries"] == 75
    assert "progress.json" in {file.name for file in path.parent.iterdir()} <= LEFT


def test_a_lock_is_held_by_the_living_and_let_go_by_the_dead(path, monkeypatch):
    path.parent.mkdir(exist_ok=True)
    lock = path.with_name("progress.json.lock")
    code = f"import filelock, time; lock = filelock.FileLock({str(lock)!r}); lock.acquire(); "
    code += "print('held', flush=True); time.sleep(60)"
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    other.stdout.readline()
    monkeypatch.setattr(record, "PATIENCE", 0.05)
    with pytest.warns(UserWarning, match=r"could not be noted .*progress\.json\.lock"):
        note("exercises", "n_pads", True)
    other.kill()
    other.wait()
    note("exercises", "n_pads", True)
    assert line("n_pads").status == "done"
