"""Hold an attempt against an exercise, case by case."""

from collections.abc import Callable

from lesson.exercises.judging.compare import complaint, equal, kind, plain
from lesson.exercises.judging.exercise import Exercise, Mistake
from lesson.exercises.judging.picture import picture_of
from lesson.exercises.judging.report import Report, table
from lesson.exercises.judging.trial import Outcome, TimeUp, call, call_all


def judge(exercise: Exercise, attempt: Callable, seconds: float) -> Report:
    """Run all cases, smallest first, and report on the first that fails."""
    cases = list(exercise.cases())
    outcomes = call_all(exercise.read(attempt), cases, seconds)
    if untouched(exercise, cases, outcomes):
        return Report(exercise.name, "not attempted", "Edit its cell, run it, then run this one.")
    for number, (inputs, outcome) in enumerate(zip(cases, outcomes), start=1):
        needed = call(exercise.read(exercise.spec), inputs).value
        reason = fault(exercise, needed, outcome)
        if reason:
            where = "" if exercise.is_answer else f" Case {number} of {len(cases)}:"
            shown = show(exercise, inputs, needed, outcome)
            mistake = recognise(exercise, cases, outcomes)
            return Report(exercise.name, "wrong", reason + where, **shown, mistake=mistake)
    agrees = f"It agrees with the definition in {len(cases)} cases."
    return Report(exercise.name, "correct", "That is it." if exercise.is_answer else agrees)


def untouched(exercise: Exercise, cases: list[tuple], outcomes: list[Outcome]) -> bool:
    """Is this still the stub, or the broken function as it was given?"""
    error = outcomes[0].error
    # torch raises NotImplementedError too (softmax over bool, say), and that is an attempt
    stub = isinstance(error, NotImplementedError) and "not implemented for" not in str(error)
    return stub or bool(exercise.given and alike(exercise.given, exercise, cases, outcomes))


def recognise(exercise: Exercise, cases: list[tuple], outcomes: list[Outcome]) -> Mistake | None:
    """The known mistake that does in every case what the attempt did."""
    known = (m for m in exercise.mistakes if alike(m.function, exercise, cases, outcomes))
    return next(known, None)


def alike(
    function: Callable, exercise: Exercise, cases: list[tuple], outcomes: list[Outcome]
) -> bool:
    """Does a function give these outcomes, errors included?"""
    for inputs, theirs in zip(cases, outcomes):
        ours = call(exercise.read(function), inputs)
        if repr(ours.error) != repr(theirs.error):
            return False
        if not equal(ours.value, theirs.value, exercise.tolerance):
            return False
    return True


def fault(exercise: Exercise, needed: object, outcome: Outcome) -> str:
    """What is wrong with one outcome, in a sentence or two; nothing when it is right."""
    if isinstance(outcome.error, TimeUp):
        return str(outcome.error)
    if outcome.error is not None:
        return f"It raised {describe(outcome.error)}."
    reason = complaint(needed, outcome.value, exercise.tolerance)
    if exercise.is_answer and reason and kind(needed) == kind(outcome.value):
        return f"{plain(outcome.value)} is not it."  # the right one stays for the learner to find
    if outcome.value is None and not exercise.is_answer:
        return f"{reason} Is a `return` missing?"
    if reason or not outcome.changed:
        return reason
    name = exercise.inputs[outcome.changed[0]]
    return f"The result is right, but the call changes its input `{name}`. Work on a copy."


def describe(error: BaseException) -> str:
    """Type and message; only the first line, torch may append whole listings."""
    message = str(error).partition("\n")[0].rstrip(".")
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def show(exercise: Exercise, inputs: tuple, needed: object, outcome: Outcome) -> dict:
    """The inputs, and expected beside got, for a report; nothing for a plain answer."""
    if exercise.is_answer:
        return {}
    got = {} if outcome.error else {"got": outcome.value}
    return {
        "inputs": table(dict(zip(exercise.inputs, inputs))),
        "results": table({"expected": needed, **got}),
        "picture": picture_of(needed, outcome.value, exercise.tolerance),
    }
