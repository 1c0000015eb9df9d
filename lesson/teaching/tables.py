"""Tables of a class: who has done how much, and what is hard; and one for a spreadsheet."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from lesson.exercises.catalogue import EXERCISES, NOTEBOOKS
from lesson.exercises.progress import STATUSES, csv_text
from lesson.exercises.questions import QUESTIONS
from lesson.exercises.record import write_whole
from lesson.teaching.learners import Learner

COLUMNS = ("learner", "exports", "exercises", "quizzes")
FORMULA = ("=", "+", "-", "@")  # what a spreadsheet would compute instead of show


def by_learner(learners: dict[str, Learner]) -> list[tuple[str, ...]]:
    """A row for each learner: exercises done of all, notebook by notebook."""
    asked = Counter(exercise.notebook for exercise in EXERCISES.values())
    rows = [(*COLUMNS, *NOTEBOOKS)]
    for name, one in learners.items():
        total = f"{one.done('exercise')}/{len(EXERCISES)}"
        quizzes = f"{one.done('quiz')}/{len(QUESTIONS)}"
        cells = [f"{one.done('exercise', number)}/{asked[number]}" for number in NOTEBOOKS]
        rows.append((name, str(one.exports), total, quizzes, *cells))
    return rows


def by_exercise(learners: dict[str, Learner]) -> list[tuple[str, ...]]:
    """A row for each exercise and quiz: how many did it, tried it, left it open; median tries."""
    rows = []
    for kind, asked in (("exercise", EXERCISES), ("quiz", QUESTIONS)):
        for name, one in asked.items():
            lines = [learner.lines.get((kind, name)) for learner in learners.values()]
            count = Counter(line.status if line else "open" for line in lines)
            tries = [line.tries for line in lines if line and line.status == "done"]
            middle = f"{median(tries):g}" if tries else ""
            counts = (str(count[status]) for status in reversed(STATUSES))
            rows.append((one.notebook, kind, name, *counts, middle))
    head = ("notebook", "kind", "name", *reversed(STATUSES), "median tries")
    return [head, *sorted(rows, key=lambda row: row[:2])]


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows in columns."""
    widths = [max(map(width, column)) for column in zip(*rows)]
    padded = ([cell + " " * (w - width(cell)) for cell, w in zip(row, widths)] for row in rows)
    return "\n".join("  ".join(cells).rstrip() for cells in padded)


def width(text: str) -> int:
    """How many places a text takes in a terminal: a Korean letter takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def as_csv(learners: dict[str, Learner]) -> str:
    """A row for each learner: how many exercises are done, in all and by notebook."""
    rows = [(*COLUMNS, *NOTEBOOKS)]
    for name, one in learners.items():
        total = (one.exports, one.done("exercise"), one.done("quiz"))
        done = (one.done("exercise", number) for number in NOTEBOOKS)
        rows.append((harmless(name), *total, *done))
    return csv_text(rows)


def harmless(name: str) -> str:
    """A name that a spreadsheet shows: an apostrophe stands before what it would compute."""
    return f"'{name}" if unicodedata.normalize("NFKC", name).startswith(FORMULA) else name


def is_class(path: Path) -> bool:
    """Was this file written by `write_class`?"""
    begins = ",".join(COLUMNS) + ","
    with open(path, "rb") as file:
        start = file.read(len(begins) + 3)  # 3 bytes mark it as UTF-8
    return start.decode("utf-8-sig", errors="replace").startswith(begins)


def write_class(path: Path, learners: dict[str, Learner]) -> None:
    """Write class.csv whole, marked as UTF-8, without which some spreadsheets garble names.

    Raises ValueError for a file that is there and was not written here.
    """
    if path.exists() and not is_class(path):
        raise ValueError(
            f"{path} is there already and was not written by `--csv`; needed is a name that is "
            f"free: choose another one."
        )
    write_whole(path, "\ufeff" + as_csv(learners))
