"""A class put together from its exports, one entry for each learner."""

from collections.abc import Iterable

from lesson.exercises.progress import STATUSES, Line
from lesson.teaching.handed_in import HandedIn


class Learner:
    """One learner: how many exports there are, and the furthest of each line in them."""

    def __init__(self) -> None:
        self.exports, self.lines = 0, {}

    def add(self, lines: Iterable[Line]) -> None:
        """Merge one more export."""
        self.exports += 1
        for line in lines:
            known = self.lines.setdefault((line.kind, line.name), line)
            self.lines[line.kind, line.name] = max(known, line, key=how_far)

    def done(self, kind: str, notebook: str = "") -> int:
        """How many exercises or quizzes are done, in one notebook or in all."""
        lines = (line for line in self.lines.values() if line.kind == kind)
        return sum(line.status == "done" and notebook in ("", line.notebook) for line in lines)


def how_far(line: Line) -> tuple[int, int]:
    """Sorts entries: done after tried after open, then by tries."""
    return STATUSES.index(line.status), line.tries


def learners_of(exports: Iterable[HandedIn]) -> dict[str, Learner]:
    """Everybody by name, in the order of the alphabet; exports under one name are merged."""
    found = {}
    for export in exports:
        found.setdefault(export.learner, Learner()).add(export.lines)
    return dict(sorted(found.items(), key=lambda item: item[0].casefold()))
