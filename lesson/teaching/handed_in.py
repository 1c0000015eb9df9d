"""One export that a learner handed in, read whole or refused with the file's name.

An export is plain text that anybody can edit. What is checked here is its form, not its truth.
"""

import csv
import io
import json
import re
import unicodedata
from datetime import date
from pathlib import Path
from typing import NamedTuple

from lesson.exercises.catalogue import EXERCISES
from lesson.exercises.progress import COLUMNS, EXPORT, Line
from lesson.exercises.questions import QUESTIONS

MOST_BYTES = 1_000_000  # an export of this course is below a tenth of it
LONGEST_NAME = 100
ASKED = {"exercise": EXERCISES, "quiz": QUESTIONS}
AGAIN = "ask for a fresh `export_progress`"


class HandedIn(NamedTuple):
    """What one file says."""

    learner: str
    lines: list[Line]


def read_export(path: Path, nameless: str = "") -> HandedIn:
    """The learner and the lines of one export.

    nameless: what a learner is called who typed no name

    Raises ValueError for everything that `export_progress` does not write.
    """
    rows = read_rows(path)
    learners = {row[0] for row in rows}
    if len(learners) != 1:
        raise ValueError(
            f"{path} holds {len(learners)} learners; needed is exactly 1: collect reads what "
            f"`export_progress` wrote, a file for each learner."
        )
    lines = [line_from(path, row[1:]) for row in rows]
    if len({(line.kind, line.name) for line in lines}) < len(lines):
        raise ValueError(f"{path} has an exercise or a quiz twice; needed is each once: {AGAIN}.")
    return HandedIn(clean(path, learners.pop()) or nameless, lines)


def read_rows(path: Path) -> list[list[str]]:
    """The cells of all rows below the header.

    Raises ValueError for a file that is too large, not UTF-8 or not an export.
    """
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path} is larger than {MOST_BYTES:,} bytes; no export is: {AGAIN}.")
    try:
        text = path.read_bytes().decode("utf-8-sig")
        rows = from_json(text) if path.suffix.lower() == ".json" else from_csv(text)
    except (ValueError, LookupError, TypeError, csv.Error, RecursionError):
        rows = []
    if not rows or any(len(row) != len(COLUMNS) for row in rows):
        raise ValueError(
            f"{path} is not an export of this course; needed is a file as `export_progress` "
            f"wrote it, not saved again by another program: {AGAIN}, or move the file away."
        )
    return rows


def from_csv(text: str) -> list[list[str]]:
    """The rows of a table under the right header, else none."""
    header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    return rows if header == list(COLUMNS) else []


def from_json(text: str) -> list[list[str]]:
    """The rows of a document of the right format, else none."""
    content = json.loads(text)
    rows = content["rows"] if content["format"] == EXPORT else []
    return [[str(row[column]) for column in COLUMNS] for row in rows]


def line_from(path: Path, cells: list[str]) -> Line:
    """One line, when it is one that this course can have written.

    Raises ValueError when it is not.
    """
    notebook, kind, name, status, tries, done_on = cells
    asked = ASKED.get(kind, {}).get(name)
    if asked is None or asked.notebook != notebook:
        raise ValueError(
            f"{path} speaks of {kind} {name!r} in notebook {notebook!r}, which this course does "
            f"not have; needed are exports of one edition: update the course and {AGAIN}."
        )
    if not is_possible(status, tries, done_on):
        raise ValueError(
            f"{path} says of {name}: {status!r}, {tries!r} tries, done on {done_on!r}; such a "
            f"line is never written: {AGAIN}."
        )
    return Line(notebook, kind, name, status, int(tries), done_on)


def is_possible(status: str, tries: str, done_on: str) -> bool:
    """Do status, tries and day agree?"""
    if not re.fullmatch("[0-9]{1,6}", tries):
        return False
    if status == "done":
        return int(tries) > 0 and is_day(done_on)
    return done_on == "" and (status, int(tries) > 0) in {("tried", True), ("open", False)}


def is_day(text: str) -> bool:
    """Is this a day such as 2031-09-01?"""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def clean(path: Path, name: str) -> str:
    """A name in one line, without signs that cannot be seen; equal names are spelt alike.

    Raises ValueError for a name that is too long for a table.
    """
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if len(name) > LONGEST_NAME:
        raise ValueError(
            f"{path} has a name of {len(name)} letters; needed are at most {LONGEST_NAME}: "
            f"shorten it in `export_progress`."
        )
    return "".join(letter for letter in name if letter.isprintable())
