"""The questions of the quizzes, read from bank/: one TOML file for each topic.

    [pad_weight]
    question = 'What … ?'
    right = 'b'
    a.text = '…'
    a.why = '…'

A file's name begins with the number of its notebook.
"""

import tomllib
from pathlib import Path
from typing import NamedTuple

from lesson.exercises.names import named

BANK = Path(__file__).parent / "bank"


class Option(NamedTuple):
    """One answer, and why it is right or wrong."""

    text: str
    why: str


class Question(NamedTuple):
    """A question with lettered answers, one of them right. $…$ is mathematics, `…` is code."""

    name: str
    notebook: str
    text: str
    options: dict[str, Option]  # by letter
    right: str  # its letter


def read_bank(folder: Path) -> dict[str, Question]:
    """Every question by name, in the order of the notebooks."""
    found = {}
    for path in sorted(folder.glob("*.toml")):
        for name, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
            text, right = entry.pop("question"), entry.pop("right")
            options = {letter: Option(**option) for letter, option in entry.items()}
            found[name] = Question(name, path.name[:2], text, options, right)
    return found


QUESTIONS = read_bank(BANK)


def find_question(name: str) -> Question:
    """The question of that name.

    Raises ValueError, naming the nearest ones, when there is none.
    """
    return named("quiz", name, QUESTIONS)
