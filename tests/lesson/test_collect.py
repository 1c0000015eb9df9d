"""A class's exports: each is read or named, merged by learner, counted, and written safely."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import course
from lesson.exercises.catalogue import EXERCISES
from lesson.exercises.progress import COLUMNS, export_progress
from lesson.exercises.questions import QUESTIONS
from lesson.exercises.record import note
from lesson.teaching import collect, handed_in
from lesson.teaching.collect import main, read_folder
from lesson.teaching.handed_in import read_export
from lesson.teaching.learners import learners_of
from lesson.teaching.tables import harmless, table, width, write_class

ROOT = Path(__file__).resolve().parents[2]
HEADER = ",".join(COLUMNS)
OPEN = "Ada,06,exercise,n_pads,open,0,"


@pytest.fixture
def hand_in(tmp_path, monkeypatch):
    """A function that notes tries and writes an export into the class's folder."""
    folder = tmp_path / "class"
    folder.mkdir()

    def hand_in(file, name, *tries, fresh=True):
        record = tmp_path / "progress.json"
        monkeypatch.setenv("ATTENTION_PROGRESS", str(record))
        if fresh:
            record.unlink(missing_ok=True)
        for asked, success in tries:
            note("quizzes" if asked in QUESTIONS else "exercises", asked, success)
        return export_progress(folder / file, name)

    hand_in.folder = folder
    return hand_in


@pytest.fixture
def file(tmp_path):
    """A function that writes a .csv with these lines below the header."""

    def file(*lines, header=HEADER):
        path = tmp_path / "ada.csv"
        path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
        return path

    return file


def cells(text, begin):
    """The cells of the line of a printed table that begins so."""
    return next(line for line in text.splitlines() if line.startswith(begin)).split()


def test_two_tables(hand_in, capsys):
    hand_in("a.csv", "Ada", ("n_pads", False), ("n_pads", True), ("padding_mask", False))
    hand_in("b.json", "Bo", ("n_pads", True), ("too_good", True))
    assert main([str(hand_in.folder)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Learners: 2, exports: 2\n")
    in_06 = sum(exercise.notebook == "06" for exercise in EXERCISES.values())
    assert cells(said, "learner")[:5] == ["learner", "exports", "exercises", "quizzes", "00"]
    assert cells(said, "Ada")[1:4] == ["1", f"1/{len(EXERCISES)}", f"0/{len(QUESTIONS)}"]
    assert cells(said, "Ada")[4 + 6] == cells(said, "Bo")[4 + 6] == f"1/{in_06}"
    assert cells(said, "Bo")[3] == f"1/{len(QUESTIONS)}"
    assert cells(said, "06        exercise  n_pads")[3:] == ["2", "0", "0", "1.5"]
    assert cells(said, "06        exercise  padding_mask")[3:] == ["0", "1", "1"]
    assert cells(said, "06        quiz      too_good")[3:] == ["1", "0", "1", "1"]


def test_both_formats_say_the_same(hand_in):
    tries = ("n_pads", True), ("n_scores", False)
    one, other = hand_in("a.csv", "Ada", *tries), hand_in("a.json", "Ada", *tries)
    assert read_export(one) == read_export(other)


def test_exports_under_one_name_are_merged(hand_in):
    hand_in("laptop.csv", "Ada", ("n_pads", True), ("n_scores", False))
    hand_in("hub.csv", " Ada ", ("n_scores", False), ("n_scores", True), ("dot_product", False))
    ada = learners_of(read_folder(hand_in.folder)[0])["Ada"]
    entries = {name: (line.status, line.tries) for (_, name), line in ada.lines.items()}
    assert ada.exports == 2 and ada.done("exercise") == 2
    assert entries["n_pads"] == ("done", 1) and entries["n_scores"] == ("done", 2)
    assert entries["dot_product"] == ("tried", 1) and entries["attention"] == ("open", 0)


def test_the_later_of_two_exports_wins(hand_in):
    hand_in("early.csv", "Ada", ("n_pads", False))
    hand_in("a_late.csv", "Ada", ("n_pads", False), ("n_pads", True), fresh=False)
    line = learners_of(read_folder(hand_in.folder)[0])["Ada"].lines["exercise", "n_pads"]
    assert (line.status, line.tries) == ("done", 3)


@pytest.mark.parametrize(
    "typed, shown",
    [
        ("Lovelace, Ada", "Lovelace, Ada"),
        ("김민지", "김민지"),
        ("\u1100\u1175\u11b7", "김"),  # the same letter in three parts, as some systems save it
        ('Ada "the first"', 'Ada "the first"'),
        ("Ada\nLovelace", "Ada Lovelace"),
        ("\x1b[31mAda", "[31mAda"),
        ("", "group 1/me"),
        (" \u200b", "group 1/me"),
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_names(hand_in, typed, shown, suffix):
    (hand_in.folder / "group 1").mkdir()
    hand_in(f"group 1/me.{suffix}", typed)
    assert list(learners_of(read_folder(hand_in.folder)[0])) == [shown]


def test_a_korean_name_keeps_the_columns_straight():
    lines = table([("learner", "x"), ("김민지", "y"), ("Ada", "z")]).splitlines()
    assert {width(line[: line.index(mark)]) for line, mark in zip(lines, "xyz")} == {9}


def test_names_stand_in_alphabetical_order(hand_in):
    for number, name in enumerate(("bo", "Ada", "Cy")):
        hand_in(f"{number}.csv", name)
    assert list(learners_of(read_folder(hand_in.folder)[0])) == ["Ada", "bo", "Cy"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"my thesis",
        HEADER.encode(),
        HEADER.replace(",", ";").encode() + b"\n" + OPEN.replace(",", ";").encode(),
        f"{HEADER}\n{OPEN},more".encode(),
        f'{HEADER}\n"Ada,06'.encode(),
    ],
)
def test_a_broken_csv_is_named_and_the_rest_counts(hand_in, capsys, content):
    hand_in("ada.csv", "Ada", ("n_pads", True))
    (hand_in.folder / "bo.csv").write_bytes(content)
    assert main([str(hand_in.folder)]) == 1
    said = capsys.readouterr().out
    assert "Learners: 1, exports: 1" in said and "Files that do not count: 1" in said
    assert "bo.csv is not an export of this course; needed is" in said.splitlines()[-1]


@pytest.mark.parametrize(
    "content",
    ["{", "[]", "1", '{"format": "attention-by-hand export 1"}', "[" * 100_000]
    + [json.dumps({"format": "attention-by-hand export 1", "rows": rows}) for rows in ([1], [], 2)],
)
def test_a_broken_json_is_refused(tmp_path, content):
    path = tmp_path / "bo.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="bo.json is not an export of this course"):
        read_export(path)


def test_a_csv_saved_with_a_mark_and_other_line_ends_is_read(file):
    path = file(OPEN)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_export(path).learner == "Ada"


def test_a_file_that_is_too_large_is_refused(file, monkeypatch):
    monkeypatch.setattr(handed_in, "MOST_BYTES", 50)
    with pytest.raises(ValueError, match="ada.csv is larger than 50 bytes; no export is"):
        read_export(file(OPEN))


def test_two_learners_in_one_file_are_refused(file):
    with pytest.raises(ValueError, match="ada.csv holds 2 learners; needed is exactly 1"):
        read_export(file(OPEN, "Bo,06,exercise,padding_mask,open,0,"))


def test_an_exercise_twice_is_refused(file):
    with pytest.raises(ValueError, match="ada.csv has an exercise or a quiz twice"):
        read_export(file(OPEN, OPEN))


def test_a_name_that_is_too_long_is_refused(file):
    with pytest.raises(ValueError, match="a name of 101 letters; needed are at most 100"):
        read_export(file(OPEN.replace("Ada", "A" * 101)))


@pytest.mark.parametrize("other", ["06,exercise,n_padz", "07,exercise,n_pads", "06,quiz,n_pads"])
def test_what_the_course_does_not_have_is_refused(file, other):
    with pytest.raises(ValueError, match="which this course does not have; .* update the course"):
        read_export(file(f"Ada,{other},open,0,"))


@pytest.mark.parametrize(
    "end",
    ["done,0,2031-09-01", "done,1,", "done,1,tomorrow", "done,1,20310901", "done,-1,2031-09-01"]
    + ["tried,0,", "tried,1,2031-09-01", "open,1,", "solved,1,2031-09-01", "done,1e9,2031-09-01"],
)
def test_a_line_that_is_never_written_is_refused(file, end):
    with pytest.raises(ValueError, match="ada.csv says of n_pads: .* such a line is never written"):
        read_export(file(f"Ada,06,exercise,n_pads,{end}"))


def test_a_folder_without_exports_is_refused(tmp_path):
    (tmp_path / "._ada.csv").write_text("what a system hides")
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(ValueError, match="holds 0 exports; needed is a folder"):
        read_folder(tmp_path)
    with pytest.raises(ValueError, match="nowhere holds 0 exports"):
        read_folder(tmp_path / "nowhere")


def test_a_file_that_cannot_be_read_is_named_too(hand_in, monkeypatch):
    hand_in("ada.csv", "Ada")

    def torn(path):
        raise OSError(f"{path}: the disk is torn")

    monkeypatch.setattr(collect, "is_class", torn)
    exports, refused = read_folder(hand_in.folder)
    assert not exports and "ada.csv: the disk is torn" in refused[0]


def test_a_file_for_a_spreadsheet(hand_in):
    hand_in("a.csv", "Lovelace, Ada", ("n_pads", True))
    hand_in("b.csv", "=1+1", ("too_good", True))
    path = hand_in.folder / "class.csv"
    for _ in range(2):  # it may be written again, and is not read as an export
        assert main([str(hand_in.folder), "--csv", str(path)]) == 0
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [row["learner"] for row in rows] == ["'=1+1", "Lovelace, Ada"]
    assert [(row["exercises"], row["quizzes"], row["06"]) for row in rows] == [
        ("0", "1", "0"),
        ("1", "0", "1"),
    ]


@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
def test_a_formula_stays_text(sign):
    assert harmless(f"{sign}1") == f"'{sign}1"
    assert harmless(f"A{sign}1") == f"A{sign}1"


def test_only_its_own_file_is_overwritten(tmp_path):
    path = tmp_path / "class.csv"
    for content in ("", "my thesis", HEADER):
        path.write_text(content)
        with pytest.raises(ValueError, match="class.csv is there already and was not written by"):
            write_class(path, {})
        assert path.read_text() == content


def test_the_command(hand_in):
    hand_in("김.csv", "김민지", ("n_pads", True))
    command = [sys.executable, "-m", "lesson.teaching.collect"]
    said = subprocess.run([*command, "."], cwd=hand_in.folder, capture_output=True)
    assert said.returncode == 0 and "김민지".encode() in said.stdout
    said = subprocess.run([*command, "nowhere"], cwd=ROOT, capture_output=True, text=True)
    assert said.returncode == 1 and said.stderr.startswith("nowhere holds 0 exports")


def test_the_verbs_take_folders_from_where_the_teacher_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(course, "set_up", lambda: None)
    monkeypatch.setattr(course, "hand_over", lambda command: (Path.cwd(), command[1:]))
    here, words = course.main(["collect", "handed in"])
    module = "lesson.teaching.collect"
    assert here == tmp_path and words == ["-m", module, "handed in"]
    here, words = course.main(["recheck", "handed in"])
    assert here == tmp_path and words == ["-m", "authoring.recheck", "handed in"]
