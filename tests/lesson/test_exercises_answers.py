"""Every exercise: right answers pass, and every known mistake gets its own hint."""

import sys

import pytest

from helpers.answers import WRITTEN_DIFFERENTLY
from lesson.exercises.catalogue import EXERCISES
from lesson.exercises.core import check

SOLUTIONS = {name: exercise.solution for name, exercise in EXERCISES.items()}
WORDS = 110  # of a statement; with heading and stars a cell has 120 at most
MISTAKES = [
    pytest.param(exercise, mistake, id=f"{name}: {mistake.name}")
    for name, exercise in EXERCISES.items()
    for mistake in exercise.mistakes
]
REPAIRS = [name for name, exercise in EXERCISES.items() if exercise.given]
every_exercise = pytest.mark.parametrize("name, exercise", EXERCISES.items())


def submit(name, attempt):
    """Hand in a function, or what it returns where a plain answer is asked for."""
    plain = EXERCISES[name].is_answer and callable(attempt)
    return check(name, attempt() if plain else attempt)


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
    assert 0 < len(exercise.statement.split()) <= WORDS
    assert 1 <= exercise.stars <= 3 and exercise.minutes >= 1
    assert exercise.notebook


@every_exercise
def test_what_belongs_to_an_exercise_is_called_so_in_its_file(name, exercise):
    """`code` finds a solution by its name, and nobody finds a statement under another."""
    file = vars(sys.modules[exercise.spec.__module__])
    assert file[f"{name}_statement"] is exercise.statement
    assert file[f"{name}_solution"] is exercise.solution
    assert file.get(f"{name}_given") is exercise.given


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
