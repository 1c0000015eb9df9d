"""Every exercise: right answers pass, and every known mistake gets its own hint."""

import pytest

from helpers.answers import WRITTEN_DIFFERENTLY
from lesson.exercises.catalogue import EXERCISES
from lesson.exercises.core import check

SOLUTIONS = {name: exercise.solution for name, exercise in EXERCISES.items()}
MISTAKES = [
    pytest.param(exercise, mistake, id=f"{name}: {mistake.name}")
    for name, exercise in EXERCISES.items()
    for mistake in exercise.mistakes
]
REPAIRS = [name for name, exercise in EXERCISES.items() if exercise.given]
every_exercise = pytest.mark.parametrize("name, exercise", EXERCISES.items())


def submit(name, attempt):
    """Hand in a function, or what it returns where a plain answer is asked for."""
    return check(name, attempt() if EXERCISES[name].is_answer else attempt)


@pytest.mark.parametrize("answers", [SOLUTIONS, WRITTEN_DIFFERENTLY], ids=["solution", "another"])
@pytest.mark.parametrize("name", EXERCISES)
def test_right_answers_pass(name, answers):
    report = submit(name, answers[name])
    assert report.status == "correct", report


def test_every_answer_belongs_to_an_exercise():
    assert WRITTEN_DIFFERENTLY.keys() == EXERCISES.keys()


@pytest.mark.parametrize("exercise, mistake", MISTAKES)
def test_every_mistake_gets_its_own_hint(exercise, mistake):
    report = submit(exercise.name, mistake.function)
    assert report.status == "wrong"
    assert report.mistake == mistake
    assert mistake.hint in repr(report)


@every_exercise
def test_every_exercise_is_complete(name, exercise):
    assert len(exercise.mistakes) >= 5
    assert len({mistake.hint for mistake in exercise.mistakes}) == len(exercise.mistakes)
    assert len({mistake.name for mistake in exercise.mistakes}) == len(exercise.mistakes)
    assert len(exercise.hints) >= 2 and all(exercise.hints)
    assert exercise.solution.__name__ == name and exercise.notebook


@every_exercise
def test_a_stub_is_not_attempted(name, exercise):
    def stub(*inputs):
        raise NotImplementedError

    assert check(name, ...).status == "not attempted"
    if not exercise.is_answer:
        assert check(name, stub).status == "not attempted"


@pytest.mark.parametrize("name", REPAIRS)
def test_a_repair_starts_as_not_attempted(name):
    assert check(name, EXERCISES[name].given).status == "not attempted"


def test_there_are_repairs_and_plans_among_them():
    assert {"repair_mask", "repair_positions", "repair_heads", "repair_scale"} <= {*REPAIRS}
    assert {"plan_warmup", "plan_heads", "plan_length"} <= EXERCISES.keys()
