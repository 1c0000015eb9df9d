"""What a learner sees: notebooks and live views in JupyterLab, in a browser, without internet."""

import pytest

from helpers import browser as browser_module
from helpers.browser import ROOT, find_chromium

QUICK = ["00_start_here.ipynb", "05_attention_by_hand.ipynb", "06_masks.ipynb"]  # no long training
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def test_a_missing_browser_is_installed_or_asked_for(monkeypatch):
    there, ran = {"apt-get": "/usr/bin/apt-get"}, []
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(browser_module.shutil, "which", there.get)
    monkeypatch.setattr(browser_module.subprocess, "run", lambda words, **how: ran.append(words))
    monkeypatch.setattr(browser_module.os, "geteuid", lambda: 0, raising=False)
    with pytest.raises(pytest.fail.Exception, match="no Chromium .* apt-get install chromium"):
        find_chromium()
    assert ran[-1] == ["apt-get", "install", "-y", "-qq", "chromium"]
    there["chromium"] = "/usr/bin/chromium"
    assert find_chromium() == "/usr/bin/chromium"
    monkeypatch.setenv("CI", "")
    there.clear()
    with pytest.raises(pytest.skip.Exception, match="set CHROMIUM to its path"):
        find_chromium()


@pytest.mark.parametrize("name", QUICK)
def test_a_notebook_runs_from_top_to_bottom(name, visit):
    seen = visit(name)
    seen.run_all()
    seen.screenshot(name.removesuffix(".ipynb"))
    assert seen.errors() == []
    assert seen.problems == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_notebook_opens_without_a_complaint(name, visit):
    seen = visit(name)
    seen.page.locator(".jp-MarkdownOutput h1").first.wait_for()
    assert seen.problems == []


def test_a_fresh_clone_shows_pictures_with_their_words(visit):
    """Before anything is run: the notebook is untrusted and has no kernel state."""
    seen = visit("00_start_here.ipynb")
    picture = seen.page.locator(".jp-OutputArea img").first
    picture.scroll_into_view_if_needed()
    assert "student: 0.31" in picture.get_attribute("alt")
    assert picture.evaluate("image => image.naturalWidth") > 600
    seen.screenshot("fresh_clone")


def test_the_knob_moves_with_keys_and_mouse(visit):
    seen = visit("00_start_here.ipynb")
    seen.run_all()
    knob = seen.page.locator(".knob")
    knob.wait_for()
    slider, reading, picture = (knob.locator(tag) for tag in ("input", "output", "img"))
    knob.scroll_into_view_if_needed()
    cells = seen.page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length")
    assert reading.inner_text() == "1.0" and "temperature 1.0" in picture.get_attribute("alt")

    slider.focus()
    seen.page.keyboard.press("ArrowRight")
    seen.page.wait_for_function(
        "() => document.querySelector('.knob img').alt.includes('temperature 2.0')"
    )
    assert reading.inner_text() == "2.0"

    box = slider.bounding_box()
    seen.page.mouse.click(box["x"] + 2, box["y"] + box["height"] / 2)
    seen.page.wait_for_function(
        "() => document.querySelector('.knob img').alt.includes('temperature 0.1')"
    )
    assert reading.inner_text() == "0.1"
    seen.page.keyboard.press("a")  # JupyterLab would insert a cell
    assert cells == seen.page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length")

    seen.screenshot("knob_light")
    seen.theme("JupyterLab Dark")
    seen.page.wait_for_selector("body[data-jp-theme-light='false']", state="attached")
    seen.screenshot("knob_dark")
    seen.theme("JupyterLab Light")
    assert seen.problems == []


def test_the_answer_to_a_prediction_waits_until_its_cell_is_run(visit):
    seen = visit("00_start_here.ipynb")
    folded = """() => jupyterapp.shell.currentWidget.content.widgets
        .filter(cell => cell.outputHidden).map(cell => cell.model.sharedModel.source)"""
    (source,) = seen.page.evaluate(folded)
    assert source.startswith("gentle =")
    seen.page.get_by_text("What happens to the row of").first.scroll_into_view_if_needed()
    answer = seen.page.locator(".jp-OutputArea").get_by_text("scores x 10:")
    assert not answer.is_visible()
    assert seen.page.locator(".jp-Placeholder-content").first.inner_text().strip() == ""
    seen.screenshot("prediction_folded")
    seen.run_all()
    answer.wait_for()
    seen.screenshot("prediction_run")
    assert seen.page.evaluate(folded) == []
