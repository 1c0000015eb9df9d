"""Plans of experiments are read by their first flaw."""

import pytest

from lesson.exercises.judging.plans import Question, runs

QUESTION = Question(
    "size",
    {"size": (1, 2, 3), "rate": (0.1, 0.2), "scored_on": ("train", "held-out")},
    needs={"scored_on": "held-out"},
    control=1,
)
SEEDS = (0, 1, 2)


def plan(size=(1, 2), rate=(0.1,), scored_on=("held-out",), seed=SEEDS):
    """A sound plan, but for what is named."""
    return runs(size=size, rate=rate, scored_on=scored_on, seed=seed)


def test_runs_are_all_combinations():
    assert runs(a=(1, 2), b=(3,)) == [{"a": 1, "b": 3}, {"a": 2, "b": 3}]


@pytest.mark.parametrize("sound", [plan(), plan((3, 2, 1)), tuple(plan(seed=range(7, 11)))])
def test_sound_plans(sound):
    assert QUESTION.read(sound) == "A sound plan"


@pytest.mark.parametrize(
    "plan, flaw",
    [
        (3, "A plan that is not a list of runs"),
        ([], "A plan that is not a list of runs"),
        ([1, 2], "A run without exactly the settings rate, scored_on, seed, size"),
        ([{"size": 1}], "A run without exactly the settings rate, scored_on, seed, size"),
        (plan(size=(1, 4)), "A run whose size is none of 1, 2, 3"),
        (plan(size=([1],)), "A run whose size is none of 1, 2, 3"),
        (plan(seed=([1],)), "A run whose seed is no whole number"),
        (plan(rate=(0.1, 0.2)), "A plan that varies rate and size at once"),
        (plan(size=(2,), rate=(0.1, 0.2)), "A plan that varies rate"),
        (plan(size=(2, 3)), "A plan without size = 1, the control,"),
        (plan(size=(1,)), "A plan that varies nothing"),
        (plan(scored_on=("train",)), "A plan with scored_on = train"),
        (plan(seed=(0, 1)), "A plan with fewer than 3 seeds for each size"),
        (plan() + plan((3,), seed=(0, 1)), "A plan with fewer than 3 seeds for each size"),
        (
            plan((1,)) + plan((2,), seed=(3, 4, 5)),
            "A plan whose seeds differ from one size to the next",
        ),
    ],
)
def test_the_first_flaw_is_told(plan, flaw):
    assert QUESTION.read(plan) == flaw
