"""`check` an attempt, ask for a `hint`, look at a `solution`, build with `yours`."""

from collections import Counter
from collections.abc import Callable

from IPython import get_ipython

from lesson.exercises.catalogue import find
from lesson.exercises.judging.compare import kind
from lesson.exercises.judging.exercise import Exercise
from lesson.exercises.judging.judge import judge
from lesson.exercises.judging.report import Hint, Report, Solution
from lesson.exercises.record import note

_hints_told = Counter()  # how many hints of each exercise this kernel has shown


def check(name: str, attempt: object, seconds: float = 5.0) -> Report:
    """Hold an attempt against the definition; never raises for what the attempt does.

    attempt: the function itself, or the number, shape or plan asked for; `...` for none yet
    seconds: how long the attempt may take, all cases together

    Raises ValueError when no exercise has that name.
    """
    report = report_on(find(name), attempt, seconds)
    if report.status != "not attempted" and not shows_solution(name):
        note("exercises", name, report.status == "correct")
    return report


def report_on(exercise: Exercise, attempt: object, seconds: float) -> Report:
    """How an attempt fares; a misunderstanding about how to hand it in is told too."""
    name = exercise.name
    if attempt is ...:
        return Report(name, "not attempted", "Put your answer where the dots are.")
    if exercise.is_answer:
        return judge(exercise, lambda: attempt, seconds)
    if callable(attempt):
        return judge(exercise, attempt, seconds)
    ask = f'Hand over the function without calling it: `check("{name}", {name})`.'
    return Report(name, "wrong", f"Needed a function, got {kind(attempt)}. {ask}")


def shows_solution(name: str) -> bool:
    """Does this run in a notebook's solution cell? There the answer is called NAME_solution."""
    shell = get_ipython()
    return shell is not None and f"{name}_solution" in shell.user_ns.get("In", [""])[-1]


def yours(name: str, attempt: Callable) -> Callable:
    """The attempt where it is right, the solution where it is not yet; a line says which.

    So that what is built on it runs in any case. Raises ValueError when no exercise has that name.
    """
    exercise = find(name)
    if report_on(exercise, attempt, seconds=5.0).status == "correct":
        print(f"{name}: yours")
        return attempt
    print(f"{name}: the solution's, until yours passes its check")
    return exercise.solution


def hint(name: str) -> Hint:
    """One line of help, and one more each time.

    Raises ValueError when no exercise has that name.
    """
    lines = find(name).hints
    _hints_told[name] = min(_hints_told[name] + 1, len(lines))
    return Hint(lines[: _hints_told[name]], total=len(lines))


def solution(name: str) -> Solution:
    """A short right answer, as code to read. There are others.

    Raises ValueError when no exercise has that name.
    """
    return Solution(find(name).code("solution", called=name))
