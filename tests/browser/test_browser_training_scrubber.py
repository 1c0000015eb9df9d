"""The training scrubber in a real browser: curves, maps, and scrubbing while Python is busy."""

import pytest
import torch
from playwright.sync_api import expect

from helpers.browser import eventually
from helpers.tiny_translator import PAIRS
from lesson.widgets.map_view import MEAN
from lesson.widgets.training_scrubber import TrainingScrubber
from transformer_lib.training import Recipe, fit
from transformer_lib.translator import Translator

STUDENT, FRENCH = PAIRS[0]


@pytest.fixture(scope="module")
def trained():
    """A training with 12 snapshots after the first, and its history."""
    torch.manual_seed(0)
    translator = Translator.untrained(PAIRS, d_model=16, n_heads=2, n_layers=2, max_len=12)
    scrubber = TrainingScrubber.of(
        translator, STUDENT, FRENCH, every=10, evaluate=lambda model: 0.25
    )
    recipe = Recipe(steps=120, evaluate_every=10)
    history = fit(translator.model, translator.epochs(PAIRS, 2), recipe, evaluate=scrubber)
    return scrubber, history


@pytest.fixture
def run(trained):
    """The same, as if nobody had looked at it yet."""
    scrubber, _ = trained
    scrubber.part, scrubber.layer, scrubber.head = "cross", "layer 1", MEAN
    return trained


def points(page, look, panel=0):
    """The points of a curve as drawn: (across, down) in pixels of the picture."""
    chart = page.locator(".panel .chart").nth(panel)
    text = chart.locator(f"polyline.{look}").get_attribute("points")
    return [tuple(float(part) for part in pair.split(",")) for pair in text.split()]


def heights(values, low, high):
    """Where values lie between the ticks low and high, from 0 to 1."""
    return [(value - low) / (high - low) for value in values]


def shares(drawn, lowest, highest):
    """The same for points as drawn between two heights of the picture."""
    return [(lowest - down) / (lowest - highest) for _, down in drawn]


def cells(page):
    """The numbers of the map, None where it is hatched."""
    texts = page.locator("[role=gridcell]").all_inner_texts()
    return [float(text) if text else None for text in texts]


def map_of(scrubber, at):
    """The map of a snapshot as Python sees it, row by row."""
    drawn = scrubber.chosen(scrubber.snapshots[at]["weights"]).flatten().tolist()
    return [None if value != value else value for value in drawn]


def close(drawn, wanted):
    """Equal but for rounding, and hidden in the same places."""
    assert [value is None for value in drawn] == [value is None for value in wanted]
    pairs = [(one, other) for one, other in zip(drawn, wanted, strict=True) if one is not None]
    assert all(one == pytest.approx(other, abs=0.006) for one, other in pairs)


def test_the_curve_is_that_of_the_snapshots(alone, run):
    scrubber, _ = run
    page = alone(scrubber).page
    losses = [snapshot["loss"] for snapshot in scrubber.snapshots]
    drawn = points(page, "first")
    marks = page.locator(".panel .chart").first.locator(".rule")
    bottom, top = (float(marks.nth(at).get_attribute("y1")) for at in (0, marks.count() - 1))
    ticks = page.locator(".panel .chart").first.locator("text[text-anchor=end]").all_text_contents()
    low, high = float(ticks[0]), float(ticks[-1])
    assert low == 0 and high >= max(losses)
    assert shares(drawn, bottom, top) == pytest.approx(heights(losses, low, high), abs=0.001)
    left, right = drawn[0][0], drawn[-1][0]
    across = [(x - left) / (right - left) for x, _ in drawn]
    assert across == pytest.approx([snapshot["step"] / 120 for snapshot in scrubber.snapshots])
    ring = page.locator(".panel .chart").first.locator("circle")
    assert float(ring.get_attribute("cy")) == pytest.approx(drawn[-1][1])


@pytest.mark.parametrize("part, layer, head", [("cross", 1, MEAN), ("decoder", 0, "head 1")])
def test_every_step_shows_its_own_map(alone, run, part, layer, head):
    scrubber, _ = run
    page = alone(scrubber).page
    for place, value in enumerate((part, f"layer {layer}", head)):
        page.get_by_role("combobox").nth(place).select_option(value)
    scrubber.part, scrubber.layer, scrubber.head = part, f"layer {layer}", head
    slider = page.get_by_role("slider", name="step")
    for key, at in (("End", 12), ("ArrowLeft", 11), ("Home", 0), ("ArrowRight", 1)):
        slider.press(key)
        expect(slider).to_have_attribute("aria-valuetext", str(10 * at))
        close(cells(page), map_of(scrubber, at))
        loss = f"Step {10 * at}: loss {scrubber.snapshots[at]['loss']:.2f}."
        expect(page.locator(".words").first).to_contain_text(loss)


def test_a_cell_is_followed_through_the_training(alone, run):
    scrubber, _ = run
    seen = alone(scrubber)
    page = seen.page
    told = page.locator(".words").nth(1)
    first, last = (map_of(scrubber, at) for at in (0, 12))
    sharp = [sum(max(m[row : row + 4]) for row in range(0, 16, 4)) / 4 for m in (first, last)]
    told_sharp = f"on average: {sharp[0]:.2f} at step 0, {sharp[1]:.2f} at step 120."
    expect(told).to_contain_text(told_sharp)
    page.locator("[role=gridcell]").nth(6).click()  # je → a
    expect(told).to_contain_text(
        f"“je” → “a”: {first[6]:.2f} at step 0, {last[6]:.2f} at step 120."
    )
    assert seen.states("cell") == [1, 2]
    seen.screenshot("training_scrubber_alone")
    page.keyboard.press("Enter")  # the cell has the focus
    expect(told).to_contain_text("Largest weight")
    page.locator("[role=gridcell]").nth(6).click()
    page.get_by_role("combobox").first.select_option("encoder")
    assert seen.states("cell") == []
    assert seen.problems == []


def test_keys_buttons_and_film_go_through_the_steps(alone, run):
    scrubber, _ = run
    seen = alone(scrubber)
    page = seen.page
    assert seen.states("at") == 12  # live: the newest
    page.get_by_role("button", name="one step back").click()
    for key, at in (("ArrowLeft", 10), ("ArrowRight", 11), ("ArrowRight", 12)):
        page.keyboard.press(key)
        assert seen.states("at") == at
    stills = page.locator(".film button")
    assert stills.count() == 10
    stills.first.click()
    assert seen.states("at") == 0 and not seen.states("live")
    expect(stills.first).to_have_attribute("aria-current", "step")
    expect(stills.first).to_be_focused()
    page.get_by_role("button", name="play").click()
    expect(page.get_by_role("slider", name="step")).to_have_attribute("aria-valuetext", "20")
    page.get_by_role("button", name="pause").click()


def test_the_losses_of_the_run_on_both_scales(alone, run):
    scrubber, history = run
    scrubber.show(history)
    seen = alone(scrubber)
    page = seen.page
    assert len(points(page, "batches")) == len(scrubber.losses) == 120
    expect(page.locator(".legend")).to_contain_text("the batches of the run")
    before = points(page, "first")
    page.get_by_label("logarithmic loss").check()
    ticks = page.locator(".panel .chart").first.locator("text[text-anchor=end]").all_text_contents()
    assert ticks == [f"{10.0**power:g}" for power in range(-len(ticks) + 2, 2)]
    assert points(page, "first") != before
    seen.screenshot("training_scrubber_logarithmic")


@pytest.mark.parametrize("width", [600, 1280])
def test_the_page_stays_still(alone, run, width):
    page = alone(run[0]).page
    page.set_viewport_size({"width": width, "height": 900})

    def layout():
        boxes = [page.locator(name).first.bounding_box() for name in (".player", ".film", "table")]
        return [(box["y"], box["height"]) for box in boxes]

    before = layout()
    slider = page.get_by_role("slider", name="step")
    for key in ("Home", *["ArrowRight"] * 12):
        slider.press(key)
        assert layout() == before
    page.locator("[role=gridcell]").first.click()
    assert layout() == before
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


TRAIN = """import time
import torch
from transformer_lib.training import Recipe, fit
from transformer_lib.translator import Translator
from lesson.widgets.training_scrubber import TrainingScrubber
from pathlib import Path

pairs = [("I am a student", "je suis étudiant"), ("the cat is black", "le chat est noir")]
torch.manual_seed(0)
translator = Translator.untrained(pairs, d_model=16, n_heads=2, n_layers=1)


def wait(model):  # at step 10, until the test has seen it
    while scrubber.taken == 3 and not Path("seen").exists():
        time.sleep(0.05)
    return 0.5


scrubber = TrainingScrubber.of(translator, *pairs[0], every=5, evaluate=wait)
scrubber"""
FIT = """if Path("start").exists():  # the test runs this cell once more
    recipe = Recipe(steps=40, evaluate_every=5)
    history = fit(translator.model, translator.epochs(pairs), recipe, evaluate=scrubber)
    scrubber.show(history)"""
TOLD = "print(len(scrubber.snapshots), scrubber.at, scrubber.live, scrubber.snapshots[2]['loss'])"


def run_cell(page, place):
    """Run one cell, without waiting for it."""
    page.evaluate(
        """(place) => {
            jupyterapp.shell.currentWidget.content.activeCellIndex = place;
            jupyterapp.commands.execute('notebook:run-cell');
        }""",
        place,
    )


def test_it_follows_a_training_and_can_be_scrubbed_meanwhile(lab, run_cells):
    seen = run_cells(TRAIN, FIT, TOLD)
    page = seen.page
    view = page.locator(".training-scrubber")
    slider = view.get_by_role("slider", name="step")
    expect(slider).to_have_attribute("aria-valuetext", "0")
    (lab.folder / "start").touch()
    run_cell(page, 1)
    expect(slider).to_have_attribute("aria-valuetext", "10", timeout=30_000)  # Python waits now
    live = view.get_by_label("live")
    assert live.is_checked()
    view.get_by_role("button", name="one step back").click()
    expect(slider).to_have_attribute("aria-valuetext", "5")
    assert not live.is_checked()
    view.scroll_into_view_if_needed()
    seen.screenshot("training_scrubber_live")

    (lab.folder / "seen").touch()
    expect(view.locator(".film button")).to_have_count(9, timeout=30_000)
    expect(slider).to_have_attribute("aria-valuetext", "5")  # stays where it was put
    expect(view.locator(".legend")).to_contain_text("the batches of the run")
    live.check()
    expect(slider).to_have_attribute("aria-valuetext", "40")

    told = page.locator(".jp-OutputArea-output").last

    def ask():  # a busy kernel hears of the change after the question
        run_cell(page, 2)
        expect(told).to_contain_text("9 8 True", timeout=1000)

    eventually(page, ask)
    loss = float(told.inner_text().split()[-1])
    view.get_by_role("button", name="go to step 10").click()
    expect(view.locator(".words").first).to_contain_text(f"Step 10: loss {loss:.2f}")
    seen.theme("JupyterLab Dark")
    page.wait_for_selector("body[data-jp-theme-light='false']", state="attached")
    seen.screenshot("training_scrubber_dark")
    seen.theme("JupyterLab Light")
    assert seen.errors() == []
    assert seen.problems == []
