"""Quizzes: the bank is sound, every answer is told why, and a saved page shows the question."""

import re
from collections import Counter

import pytest

from lesson.exercises.catalogue import NOTEBOOKS
from lesson.exercises.questions import BANK, QUESTIONS, read_bank
from lesson.exercises.quiz import as_html, quiz

every_question = pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())


@every_question
def test_a_question_is_complete(question):
    letters = "".join(question.options)
    assert len(letters) >= 3 and "abcdefgh".startswith(letters)
    assert question.right in letters
    assert question.text.strip() and all(text and why for text, why in question.options.values())
    assert question.notebook in NOTEBOOKS


@every_question
def test_marks_come_in_pairs(question):
    for text in (question.text, *sum(question.options.values(), ())):
        assert text.count("$") % 2 == 0 and text.count("`") % 2 == 0, text
        assert "\n" not in text and "**" not in text, text


def test_no_text_comes_twice():
    texts = [
        text for q in QUESTIONS.values() for text in (q.text, *(o.why for o in q.options.values()))
    ]
    assert [text for text, times in Counter(texts).items() if times > 1] == []
    for question in QUESTIONS.values():
        assert len({option.text for option in question.options.values()}) == len(question.options)


def test_names_are_unique_over_all_files():
    names = [re.findall(r"(?m)^\[(\w+)\]", path.read_text("utf-8")) for path in BANK.glob("*.toml")]
    assert sorted(sum(names, [])) == sorted(QUESTIONS)


def test_the_right_letter_is_no_habit():
    counts = Counter(question.right for question in QUESTIONS.values())
    assert len(QUESTIONS) >= 24
    assert max(counts.values()) <= 0.45 * len(QUESTIONS) and len(counts) >= 3
    order = "".join(question.right for question in QUESTIONS.values())
    assert not re.search(r"(\w)\1\1\1", order)


@every_question
def test_every_answer_is_told_why(question):
    asked = quiz(question.name)
    for letter, (_, why) in question.options.items():
        verdict = asked.answer(letter)
        assert verdict.right == (letter == question.right)
        word = "right" if verdict.right else "not it"
        assert repr(verdict) == f"{letter} is {word}. {why}"
        assert verdict._repr_markdown_() == f"**{letter} is {word}.** {why}"
        assert asked.verdict.value == as_html(repr(verdict))


def test_a_click_answers_and_leaves_a_sign():
    asked = quiz("first_row")
    asked.buttons["a"].click()
    assert asked.verdict.value.startswith("a is not it. The score does not matter")
    assert asked.buttons["a"].description == "a ✗"
    asked.buttons["b"].click()
    assert asked.verdict.value.startswith("b is right.")
    assert [button.description for button in asked.buttons.values()] == ["a ✗", "b ✓", "c"]


def test_a_saved_page_shows_the_question_and_not_the_answer():
    data = quiz("first_row")._repr_mimebundle_()
    assert data["text/plain"] == (
        "Under a look-ahead mask, how much weight does the first word give itself?\n"
        "  a  It depends on its score.\n"
        "  b  1\n"
        "  c  0: a word does not look at itself.\n"
        'Answer with a button, or with quiz("first_row").answer("a").'
    )
    assert data["text/markdown"].splitlines()[2:] == [
        "- **a** It depends on its score.",
        "- **b** 1",
        "- **c** 0: a word does not look at itself.",
    ]
    assert "application/vnd.jupyter.widget-view+json" in data
    assert QUESTIONS["first_row"].options["b"].why not in str(data)


def test_text_is_shown_as_it_is():
    assert as_html("`a < b` & $x > 0$") == "<code>a &lt; b</code> &amp; $x &gt; 0$"


def test_a_file_of_the_bank_is_read_as_it_is_written(tmp_path):
    (tmp_path / "42_more.toml").write_text(
        "[one]\nquestion = '$1 + 1$?'\nright = 'b'\n"
        "a.text = '1'\na.why = 'No.'\nb.text = '2'\nb.why = 'Yes.'\n"
    )
    question = read_bank(tmp_path)["one"]
    assert (question.notebook, question.text, question.right) == ("42", "$1 + 1$?", "b")
    assert question.options["a"] == ("1", "No.")


def test_a_letter_without_an_answer_is_refused():
    with pytest.raises(ValueError, match=r"no answer 'd'; this quiz has 3: choose one of a, b, c"):
        quiz("first_row").answer("d")


def test_an_unknown_name_is_told_the_near_ones():
    with pytest.raises(ValueError, match=r"no quiz 'fist_row' among the \d+.*: first_row"):
        quiz("fist_row")
