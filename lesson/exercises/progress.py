"""How far a learner has come: `progress()` to look at, `export_progress` to hand in."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from lesson.exercises.catalogue import EXERCISES
from lesson.exercises.questions import QUESTIONS
from lesson.exercises.record import recorded, write_whole

EXPORT = "attention-by-hand export 1"
COLUMNS = ("learner", "notebook", "kind", "name", "status", "tries", "done_on")
STATUSES = ("open", "tried", "done")  # each further than the one before
HEAD = ("notebook", "done", "tried", "open", "quizzes", "tries", "try again", "next")


class Line(NamedTuple):
    """How one exercise or quiz stands."""

    notebook: str
    kind: str  # "exercise" or "quiz"
    name: str
    status: str  # one of STATUSES
    tries: int  # up to the first success
    done_on: str  # the day of it, empty before


def lines() -> list[Line]:
    """Every exercise and quiz of the course, in the order of the notebooks."""
    record = recorded()
    found = [
        line_of(kind, asked.notebook, name, record[section].get(name))
        for kind, section, all_asked in (
            ("exercise", "exercises", EXERCISES),
            ("quiz", "quizzes", QUESTIONS),
        )
        for name, asked in all_asked.items()
    ]
    return sorted(found, key=lambda line: (line.notebook, line.kind))


def line_of(kind: str, notebook: str, name: str, entry: dict | None) -> Line:
    """One line from what is on record, if anything."""
    if entry is None:
        return Line(notebook, kind, name, "open", 0, "")
    status = "done" if entry["done_on"] else "tried"
    return Line(notebook, kind, name, status, entry["tries"], entry["done_on"])


class Progress(tuple):
    """Lines, shown as a table with a row for each notebook."""

    def rows(self) -> Iterator[tuple[str, ...]]:
        """What the table says, notebook by notebook, and all together at the end."""
        for notebook in dict.fromkeys(line.notebook for line in self):
            yield row(notebook, [line for line in self if line.notebook == notebook])
        yield row("all", self)

    def __repr__(self) -> str:
        table = [HEAD, *self.rows()]
        widths = [max(map(len, column)) for column in zip(*table)]
        cells = (map(str.ljust, line, widths) for line in table)
        return "\n".join("   ".join(line).rstrip() for line in cells)

    def _repr_markdown_(self) -> str:
        table = [HEAD, ("---",) * len(HEAD), *self.rows()]
        return "\n".join(f"| {' | '.join(line)} |" for line in table)


def row(title: str, some: Iterable[Line]) -> tuple[str, ...]:
    """One row: exercises done, tried and open, quizzes done, tries in all, and where to go on."""
    exercises = [line for line in some if line.kind == "exercise"]
    quizzes = [line for line in some if line.kind == "quiz"]
    by_status = {status: named(status, exercises) for status in reversed(STATUSES)}
    return (
        title,
        *(str(len(names)) for names in by_status.values()),
        f"{len(named('done', quizzes))} of {len(quizzes)}",
        str(sum(line.tries for line in exercises)),
        next(iter(by_status["tried"]), ""),
        next(iter(by_status["open"]), ""),
    )


def named(status: str, some: list[Line]) -> list[str]:
    """The names of those that stand like this."""
    return [line.name for line in some if line.status == status]


def progress() -> Progress:
    """How far you are, notebook by notebook, and where to go on."""
    return Progress(lines())


def export_progress(path: str | Path, name: str = "") -> Path:
    """Write the progress for a teacher: .json or .csv, with no name but the one you type.

    returns the path

    Raises ValueError for another suffix, and for a file that is there and is not an export.
    """
    path = Path(path)
    check_suffix(path)
    as_text, is_export = FORMATS[path.suffix]
    if path.exists() and not is_export(path.read_text(encoding="utf-8", errors="replace")):
        raise ValueError(
            f"{path} is there already and is not an export of this course; needed is a name that "
            f"is free: choose another one."
        )
    write_whole(path, as_text([(name, *line) for line in lines()]))
    return path


def check_suffix(path: Path) -> None:
    """Refuse a kind of file that is not written."""
    if path.suffix not in FORMATS:
        raise ValueError(
            f"{path} ends in {path.suffix!r}; an export is .json or .csv: rename it to "
            f"{path.with_suffix('.csv').name}."
        )


def as_json(rows: list[tuple]) -> str:
    """The rows as a JSON document that says what it is."""
    content = {"format": EXPORT, "rows": [dict(zip(COLUMNS, row)) for row in rows]}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def is_json_export(text: str) -> bool:
    """Was this written by `as_json`?"""
    try:
        content = json.loads(text)
    except ValueError:
        return False
    return isinstance(content, dict) and content.get("format") == EXPORT


def as_csv(rows: list[tuple]) -> str:
    """The rows under a header, for a spreadsheet."""
    return csv_text([COLUMNS, *rows])


def csv_text(rows: Iterable[Iterable]) -> str:
    """Rows as comma-separated values."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def is_csv_export(text: str) -> bool:
    """Was this written by `as_csv`?"""
    return text.startswith(",".join(COLUMNS) + "\n")


FORMATS = {".json": (as_json, is_json_export), ".csv": (as_csv, is_csv_export)}
