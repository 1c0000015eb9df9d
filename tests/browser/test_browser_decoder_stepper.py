"""The decoder stepper in a real browser: drawn numbers, keys, and the way to Python and back."""

import re

import pytest
from playwright.sync_api import expect

from helpers.browser import assert_marked
from helpers.tiny_translator import PAIRS, tiny_translator
from lesson.widgets.decoder_stepper import DecoderStepper

STUDENT = PAIRS[0][0]


@pytest.fixture
def stepper():
    return DecoderStepper(tiny_translator(), STUDENT)


def slide(page, label, value):
    """Move a slider to the stop that reads `value`, with the keyboard."""
    slider = page.get_by_role("slider", name=label)
    slider.press("Home")
    for _ in range(30):
        if slider.get_attribute("aria-valuetext") == str(value):
            return
        slider.press("ArrowRight")
    raise AssertionError(f"{label} has no stop {value}")


def numbers(texts):
    """The first number of each text."""
    return [float(re.search(r"\d+\.?\d*|$", text.replace("−", "-"))[0] or 0) for text in texts]


def drawn(page):
    """The table below: columns of texts, one entry a candidate, the others last."""
    rows = page.locator(".candidates tr").all()[1:]
    return list(zip(*(row.locator("td").all_inner_texts() for row in rows), strict=True))


@pytest.mark.parametrize("temperature, top_k, top_p", [(1, "all", 1), (5, 6, 1), (10, "all", 0.8)])
def test_the_stages_are_those_of_python(alone, stepper, temperature, top_k, top_p):
    page = alone(stepper).page
    page.keyboard.press("Tab")
    for label, value in (("temperature", temperature), ("top-k", top_k), ("top-p", top_p)):
        slide(page, label, value)
    stepper.temperature, stepper.top_p = temperature, top_p
    stepper.top_k = stepper.top_k if top_k == "all" else top_k

    stages = stepper.chances()
    places = [stepper.translator.target.ids[word] for word in stepper.steps[0]["words"]]
    rest = [i for i in range(len(stages.logits)) if i not in places]
    words, logits, scaled, fates, chances = drawn(page)
    assert list(words[:-1]) == stepper.steps[0]["words"] and words[-1] == f"{len(rest)} others"
    signed = [float(text.replace("−", "-").strip("≤ ")) for text in logits + scaled]
    wanted = [stages.logits[places], stages.logits[rest].max()[None]]
    wanted += [stages.scaled[places], stages.scaled[rest].max()[None]]
    assert signed == pytest.approx([v for part in wanted for v in part.tolist()], abs=0.006)
    kept = stages.kept[places].tolist()
    assert [fate.startswith("kept") for fate in fates[:-1]] == kept
    assert numbers([fates[-1].split(":")[1]]) == [stages.kept[rest].sum()]
    together = stages.probabilities[rest].sum().item()
    assert numbers(chances) == pytest.approx(
        [*stages.probabilities[places].tolist(), together], abs=0.0011
    )
    assert [chance == "0" for chance in chances[:-1]] == [not keep for keep in kept]


def test_a_page_without_kernel_follows_the_likeliest_words(alone, stepper):
    seen = alone(stepper)
    page = seen.page
    expect(page.locator(".message")).to_contain_text("any other needs Python")
    expect(page.get_by_label("source sentence")).to_be_disabled()
    for name in ("translate", "draw by chance", "suis"):
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_disabled()
        expect(button).to_have_attribute("title", re.compile("needs Python"))
    page.get_by_role("button", name="forward").click()
    page.get_by_role("button", name="take the likeliest").click()
    page.get_by_role("button", name="étudiant", exact=True).click()
    slots = page.locator(".written button:visible")
    assert slots.all_inner_texts() == ["je", "suis", "étudiant", "?"]
    seen.screenshot("decoder_stepper_alone")
    page.keyboard.press("ArrowRight")
    assert slots.all_inner_texts() == stepper.path
    expect(page.get_by_role("button", name="forward")).to_be_disabled()
    cells = page.locator("[role=gridcell]").all_inner_texts()
    weights = stepper.chosen(stepper.weights).flatten().tolist()
    assert [float(cell) for cell in cells] == pytest.approx(weights, abs=0.006)
    seen.screenshot("decoder_stepper_finished")
    page.locator("[role=gridcell]").nth(5).click()
    assert seen.states("at") == 1
    expect(slots.last).to_be_focused()
    slots.first.click()
    assert seen.states("at") == 0 and slots.all_inner_texts() == ["?"]
    assert seen.problems == []


def test_the_bars_are_the_weights_of_the_chosen_layer_and_head(alone, stepper):
    page = alone(stepper).page
    page.get_by_label("layer").select_option("decoder.0.cross_attention")
    page.get_by_label("head").select_option("head 1")
    page.get_by_role("button", name="forward").click()
    weights = stepper.weights["cross"][0][1][1]
    shown = page.locator(".looks .value").all_inner_texts()
    assert [float(text) for text in shown] == pytest.approx(weights, abs=0.006)
    bars = page.locator(".column span")
    heights = bars.evaluate_all("bars => bars.map((bar) => parseFloat(bar.style.height) / 100)")
    assert heights == pytest.approx(weights, abs=0.001)
    expect(page.locator(".stage code").first).to_have_text(
        "weights (batch 1, heads 2, query 2, key 4), row 2"
    )


def test_keys_step_without_losing_the_focus(alone, stepper):
    seen = alone(stepper)
    page = seen.page
    page.locator(".written button").first.focus()
    for key, at in [("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("ArrowLeft", 0)]:
        page.keyboard.press(key)
        assert seen.states("at") == at
    back = page.get_by_role("button", name="restart")
    page.keyboard.press("ArrowRight")
    back.focus()
    page.keyboard.press("Enter")
    assert seen.states("at") == 0
    expect(back).to_be_disabled()
    expect(back).to_be_focused()


@pytest.mark.parametrize("width", [600, 1280])
def test_the_page_stays_still(alone, stepper, width):
    page = alone(stepper).page
    page.set_viewport_size({"width": width, "height": 900})

    def layout():
        names = (".written", ".choosing", ".live-view")
        boxes = [page.locator(name).bounding_box() for name in names]
        return [[round(box[side]) for side in ("y", "width", "height")] for box in boxes]

    before = layout()
    for label, stop in (("temperature", "0.1"), ("temperature", "10"), ("top-k", "1")):
        slide(page, label, stop)
        assert layout() == before
    for _ in stepper.path:
        page.locator("button", has_text="forward").press("ArrowRight")
        assert layout() == before
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


LOAD = """from transformer_lib.translator import Translator
from lesson.widgets.decoder_stepper import DecoderStepper
stepper = DecoderStepper(Translator.load("tiny.safetensors"), "I am a student", seed=0)
stepper"""


def test_python_writes_on_from_a_word_of_your_own(lab, run_cells):
    tiny_translator().save(lab.folder / "tiny.safetensors")
    seen = run_cells(LOAD, "print(stepper)")  # run again after all that is done below
    view = seen.page.locator(".decoder-stepper")
    view.wait_for()
    slots = view.locator(".written button:visible")
    twin = DecoderStepper(tiny_translator(), STUDENT)

    view.get_by_role("button", name="forward").click()
    view.locator(".candidates button").nth(2).click()
    twin.at = 1
    twin.take(twin.steps[1]["words"][2])
    expect(slots).to_have_text([*twin.path[:2], "?"])
    assert list(drawn(seen.page)[0][:-1]) == twin.steps[2]["words"]
    view.scroll_into_view_if_needed()
    seen.screenshot("decoder_stepper_light")

    slide(seen.page, "temperature", 10)
    view.get_by_role("button", name="draw by chance").click()
    twin.temperature = 10.0
    twin.draw_by_chance()
    expect(slots).to_have_text([*twin.path[:3], *(["?"] if len(twin.path) > 3 else [])])

    text = view.get_by_label("source sentence")
    text.fill("")
    text.press("Enter")
    expect(view.locator(".message")).to_contain_text("0 tokens")
    text.fill("the black zebra")
    text.press("Enter")
    expect(view.locator(".message")).to_contain_text("<unknown>: zebra")
    expect(view.locator(".looks .unknown")).to_have_text("zebra")
    assert_marked(view.locator(".looks li"), ["zebra"])

    cells = seen.page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length")
    view.get_by_role("button", name="restart").focus()
    seen.page.keyboard.press("a")  # JupyterLab would insert a cell
    assert cells == seen.page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length")
    seen.page.evaluate(
        """() => {
            jupyterapp.shell.currentWidget.content.activeCellIndex = 1;
            return jupyterapp.commands.execute('notebook:run-cell');
        }"""
    )
    twin.read("the black zebra")
    printed = seen.page.locator(".jp-OutputArea-output", has_text="0 of").last
    expect(printed).to_have_text(f"{twin!r}\n")
    seen.theme("JupyterLab Dark")
    seen.page.wait_for_selector("body[data-jp-theme-light='false']", state="attached")
    seen.page.locator("#jupyterlab-splash").wait_for(state="detached")
    seen.screenshot("decoder_stepper_dark")
    seen.theme("JupyterLab Light")
    assert seen.problems == []
