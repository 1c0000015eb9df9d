"""Quizzes and reports as a learner meets them, in JupyterLab in a browser."""

IMPORTS = (
    "from lesson.exercises.core import check\n"
    "from lesson.exercises.quiz import quiz\n"
    "from lesson.start import begin\n"
    "begin()"
)


def test_a_quiz_is_answered_with_keys_and_mouse(run_cells):
    seen = run_cells(IMPORTS, "quiz('double_the_width')")
    quiz = seen.page.locator(".jp-OutputArea .widget-vbox").first
    quiz.wait_for()
    quiz.locator(".MathJax, mjx-container").first.wait_for()  # typeset by JupyterLab itself
    buttons = quiz.locator("button")
    cells = seen.page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length")

    buttons.nth(0).focus()
    seen.page.keyboard.press("Enter")
    quiz.get_by_text("a is not it.").wait_for()
    seen.page.keyboard.press("Tab")
    seen.page.keyboard.press("Space")
    quiz.get_by_text("b is right.").wait_for()
    assert buttons.nth(0).inner_text() == "a ✗" and buttons.nth(1).inner_text() == "b ✓"

    buttons.nth(2).click()
    quiz.get_by_text("c is not it.").wait_for()
    seen.page.keyboard.press("b")  # JupyterLab would insert a cell
    quiz.get_by_text("b is right.").wait_for()
    assert cells == seen.page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length")
    seen.screenshot("quiz")
    assert seen.errors() == [] and seen.problems == []


def test_a_wrong_attempt_is_shown_beside_the_right_one(run_cells):
    seen = run_cells(IMPORTS, "check('softmax_rows', lambda scores: scores.softmax(0))")
    picture = seen.page.locator(".jp-OutputArea img").first
    picture.wait_for()
    assert picture.get_attribute("alt").startswith("Expected: 0.840")
    assert picture.evaluate("image => image.naturalWidth") > 300
    seen.screenshot("report")
    assert seen.errors() == [] and seen.problems == []
