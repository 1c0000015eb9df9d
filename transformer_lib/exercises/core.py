"""`check` an attempt, ask for a `hint`."""

import difflib
from collections import Counter

from transformer_lib.exercises import (
    attention,
    counting,
    decoder,
    masks,
    pencil,
    scores,
    weights,
)
from transformer_lib.exercises.compare import kind
from transformer_lib.exercises.exercise import Exercise
from transformer_lib.exercises.judge import judge
from transformer_lib.exercises.report import Hint, Report

TOPICS = (counting, pencil, scores, weights, attention, masks, decoder)
EXERCISES = {exercise.name: exercise for topic in TOPICS for exercise in topic.EXERCISES}

_hints_told = Counter()  # how many hints of each exercise this kernel has shown


def check(name: str, attempt: object, seconds: float = 5.0) -> Report:
    """Hold an attempt against the definition; never raises for what the attempt does.

    attempt: the function itself, or the number or shape asked for; `...` stands for none yet
    seconds: how long the attempt may take, all cases together

    Raises ValueError when no exercise has that name.
    """
    exercise = find(name)
    if attempt is ...:
        return Report(name, "not attempted", "Put your answer where the dots are.")
    if exercise.is_answer:
        return judge(exercise, lambda: attempt, seconds)
    if callable(attempt):
        return judge(exercise, attempt, seconds)
    ask = f'Hand over the function without calling it: `check("{name}", {name})`.'
    return Report(name, "wrong", f"Needed a function, got {kind(attempt)}. {ask}")


def hint(name: str) -> Hint:
    """One line of help, and one more each time.

    Raises ValueError when no exercise has that name.
    """
    lines = find(name).hints
    _hints_told[name] = min(_hints_told[name] + 1, len(lines))
    return Hint(lines[: _hints_told[name]], total=len(lines))


def find(name: str) -> Exercise:
    """The exercise of that name.

    Raises ValueError, naming the nearest ones, when there is none.
    """
    if name not in EXERCISES:
        near = difflib.get_close_matches(str(name), EXERCISES) or EXERCISES
        raise ValueError(
            f"There is no exercise {name!r} among the {len(EXERCISES)}; "
            f"take one of the nearest: {', '.join(near)}."
        )
    return EXERCISES[name]
