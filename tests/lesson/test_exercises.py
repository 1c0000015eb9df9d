"""The checker is checked: attempts of every kind are survived, and told what is wrong."""

import math
import re
import sys
import time
from pathlib import Path
from threading import Thread, active_count

import pytest
import torch

from lesson.exercises.catalogue import EXERCISES, NOTEBOOKS
from lesson.exercises.core import check, hint, solution, yours
from lesson.exercises.judging.exercise import definition
from lesson.exercises.questions import QUESTIONS

SOURCES = Path(__file__).resolve().parents[2] / "authoring" / "sources"


def test_torch_refusing_a_dtype_is_an_attempt():
    report = check("masked_softmax", lambda scores, mask: mask.softmax(-1))
    assert report.status == "wrong" and "not implemented for 'Bool'" in report.reason


def forever(*inputs):
    """An attempt that never ends."""
    while True:
        pass


def doze(*inputs):
    """An attempt that cannot be stopped from outside for a while."""
    time.sleep(2)


def overwrite(scores, mask):
    """A right result, paid for by the caller's scores."""
    scores.masked_fill_(~mask, -math.inf)
    return scores.softmax(-1).nan_to_num()


@pytest.mark.parametrize(
    "name, attempt, reason",
    [
        ("softmax_rows", lambda scores: 1 / 0, "It raised ZeroDivisionError: division by zero."),
        ("softmax_rows", lambda: 0, "It raised TypeError: <lambda>() takes 0 positional"),
        ("softmax_rows", lambda scores: sys.exit(3), "It raised SystemExit: 3."),
        ("softmax_rows", lambda scores: scores * math.nan, "needed 0.840, got nan."),
        ("softmax_rows", lambda scores: None, "got nothing (None). Is a `return` missing?"),
        ("softmax_rows", lambda scores: scores.double().softmax(-1), "got a float64 tensor"),
        ("softmax_rows", lambda scores: scores[:1], "got a float32 tensor of shape (1, 3)."),
        ("softmax_rows", lambda scores: scores.sum(), "got a number."),
        ("softmax_rows", lambda scores: (scores, scores), "got a row of values."),
        ("softmax_rows", lambda scores: scores.numpy(), "got a value of type ndarray."),
        ("softmax_rows", torch.zeros(2, 3), "Hand over the function without calling it"),
        ("causal_mask", object, "It raised TypeError: object() takes no arguments."),
        ("dot_product", lambda q, k: True, "Needed a number, got a truth value."),
        ("dot_product", lambda q, k: q.clear(), "got nothing (None)."),
        ("masked_softmax", overwrite, "the call changes its input `scores`."),
        ("n_pads", None, "Needed a number, got nothing (None)."),
        ("n_pads", "32", "Needed a number, got a value of type str."),
        ("n_pads", check, "Needed a number, got a value of type function."),
        ("n_pads", math.nan, "nan is not it."),
        ("scores_shape", (2, 3, 5), "(2, 3, 5) is not it."),
        ("scores_shape", (torch.ones(2), ...), "is not it."),
    ],
)
def test_hostile_attempts_are_wrong_and_told_why(name, attempt, reason):
    report = check(name, attempt)
    assert report.status == "wrong"
    assert reason in repr(report)
    assert reason in report._repr_markdown_()
    assert " at 0x" not in repr(report)


def test_an_endless_loop_is_stopped():
    report = check("causal_mask", forever, seconds=0.1)
    assert report.status == "wrong"
    assert report.reason == "It gave no answer within 0.1 s and was stopped. Case 1 of 3:"


def test_the_stop_button_stops_the_attempt(monkeypatch):
    join = Thread.join

    def pressed(thread, timeout):
        if timeout == 9:
            raise KeyboardInterrupt
        join(thread, timeout)

    monkeypatch.setattr(Thread, "join", pressed)
    running = active_count()
    with pytest.raises(KeyboardInterrupt):
        check("causal_mask", forever, seconds=9)
    assert active_count() == running


def test_what_cannot_be_stopped_is_said_to_run_on():
    report = check("causal_mask", doze, seconds=0.1)
    assert "within 0.1 s and is still running: Kernel ▸ Restart Kernel ends it." in report.reason


@pytest.mark.parametrize(
    "name, attempt",
    [
        ("scores_shape", [2, 3, 5, 7]),
        ("softmax_rows", lambda scores: scores.requires_grad_().softmax(-1)),
        ("softmax_rows", lambda scores: scores.softmax(-1).to_sparse()),
    ],
)
def test_the_form_of_a_right_answer_does_not_matter(name, attempt):
    assert check(name, attempt).status == "correct"


def test_what_a_report_prints():
    right, mistake = EXERCISES["causal_mask"].solution, EXERCISES["causal_mask"].mistakes[0]
    assert repr(check("causal_mask", right)) == (
        "causal_mask: correct. It agrees with the definition in 3 cases."
    )
    assert repr(check("causal_mask", mistake.function)).splitlines() == [
        "causal_mask: wrong. "
        "2 of 4 places differ, the first at [0, 0]: needed True, got False. Case 1 of 3:",
        "",
        "length",
        "2",
        "",
        "expected (2, 2)   got (2, 2)",
        " True False       False False",
        " True  True        True False",
        "",
        "It behaves like “a word does not see itself”. " + mistake.hint,
    ]
    assert repr(check("n_pads", ...)) == (
        'n_pads: not attempted. Put your answer where the dots are.\n\nFor help: `hint("n_pads")`.'
    )


def test_the_smallest_failing_case_is_shown():
    report = check("causal_mask", lambda length: torch.ones(length, 2).tril().bool())
    assert "Case 2 of 3" in report.reason and report.inputs == "length\n3"


def test_large_tensors_are_told_by_their_shape():
    right = EXERCISES["attention"].solution
    report = check("attention", lambda q, k, v: right(q, k, v) + (q.dim() > 2))
    assert report.inputs.splitlines() == [
        "q (2, 5, 7)   k (2, 11, 7)   v (2, 11, 3)",
        "…             …              …",
    ]


def test_cases_are_the_same_each_time_and_leave_the_random_state_alone():
    before = torch.get_rng_state()
    first, second = (repr(list(EXERCISES["attention"].cases())) for _ in range(2))
    assert first == second
    assert torch.equal(before, torch.get_rng_state())


def test_each_hint_adds_a_line():
    lines = EXERCISES["decoder_mask"].hints
    for told in (1, 2, 3, 3):
        shown = hint("decoder_mask")
        assert shown.lines == lines[:told]
        assert repr(shown).endswith(f"Hint {told} of 3: {lines[told - 1]}")
        assert shown._repr_markdown_().count("\n- ") == told - 1


def test_a_solution_is_code_to_read():
    shown = solution("causal_mask")
    assert repr(shown).startswith("def causal_mask(length):\n    return torch.ones")
    assert shown._repr_markdown_() == f"```python\n{shown}\n```"
    assert repr(solution("n_pads")).startswith("n_pads = 41 - 9")


def test_a_definition_is_found_with_its_comments():
    text = "a = 1\n\ndef a_2(x):\n    # why\n    return x  # so\n\nb = [\n    2\n]  # two\n"
    assert definition(text, "a_2") == "def a_2(x):\n    # why\n    return x  # so"
    assert definition(text, "b") == "b = [\n    2\n]  # two"
    with pytest.raises(ValueError, match="Needed a definition of c, and there is none: write one"):
        definition(text, "c")


@pytest.mark.parametrize(
    "ask", [hint, solution, lambda name: check(name, ...)], ids=["hint", "solution", "check"]
)
def test_an_unknown_name_is_told_the_near_ones(ask):
    with pytest.raises(ValueError, match=r"no exercise 'casual_mask' among the \d+.*: causal_mask"):
        ask("casual_mask")
    with pytest.raises(ValueError, match="no exercise 'zzz'.*dot_product, .*repair_mask"):
        ask("zzz")


def test_yours_is_taken_when_it_is_right(capsys):
    mine = EXERCISES["causal_mask"].solution
    assert yours("causal_mask", lambda length: mine(length)) is not mine
    assert capsys.readouterr().out == "causal_mask: yours\n"
    assert yours("causal_mask", lambda length: ~mine(length)) is mine
    assert "causal_mask: the solution's, until yours passes" in capsys.readouterr().out


def test_every_exercise_and_every_quiz_is_asked_in_a_notebook():
    text = "".join(path.read_text(encoding="utf-8") for path in SOURCES.glob("*.py"))
    assert set(re.findall(r'^# %% .*\bexercise="(\w+)"', text, re.MULTILINE)) == set(EXERCISES)
    assert set(re.findall(r'^quiz\("(\w+)"', text, re.MULTILINE)) == set(QUESTIONS)


def test_no_two_exercises_have_one_name():
    topics = [topic for several in NOTEBOOKS.values() for topic in several]
    names = [exercise.name for topic in topics for exercise in topic.EXERCISES]
    assert sorted(names) == sorted(EXERCISES)
