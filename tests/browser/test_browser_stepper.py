"""The attention stepper in a browser: drawn numbers, arithmetic, keys, switches, the kernel."""

import math
import re

import pytest
import torch
from playwright.sync_api import expect

from lesson.widgets.stepper import STAGES, AttentionStepper
from transformer_lib.masks import causal_mask

SWITCHES = ["with_scale", "with_mask", "with_softmax"]
ALL_ON = (True, True, True)
SETTINGS = [(True, False, True), ALL_ON, (False, True, True), (True, True, False), (False,) * 3]
PRESENT = ".pane.present > .matrix:last-child"  # what the present stage makes


def own_words(length=5, width=7, d_k=3, d_v=2):
    """A sentence with prime sizes and a causal mask."""
    shapes = [(length, width), (width, d_k), (width, d_k), (width, d_v)]
    words = "나는 student 이다 here today with more words".split()[:length]
    return AttentionStepper(words, *map(torch.randn, shapes), mask=causal_mask(length))


def put(seen, **state):
    """Set state on the page of its own."""
    for name, value in state.items():
        change = "([name, value]) => document.getElementById('view').model.set(name, value)"
        seen.page.evaluate(change, [name, value])


def cells(place):
    """The rows of texts of a matrix on the page."""
    rows = place.locator("tr").all()[1:]
    return [row.locator("td").all_inner_texts() for row in rows]


def value(text):
    """A drawn number; the dash stands for what is not a number."""
    return math.nan if text == "–" else float(text.replace("−", "-").replace("∞", "inf"))


def agree(texts, matrix):
    """Whether drawn numbers are those of Python, but for what the drawn decimals leave out."""
    for row, wanted in zip(texts, matrix.tolist(), strict=True):
        for text, number in zip(row, wanted, strict=True):
            step = 10.0 ** -len(text.partition(".")[2])
            assert value(text) == pytest.approx(number, abs=step / 2 + 1e-4, nan_ok=True), text


@pytest.mark.parametrize("make", [AttentionStepper, own_words])
def test_the_drawn_numbers_are_those_of_python(alone, make):
    stepper = make()
    seen = alone(stepper)
    for setting in SETTINGS:
        for name, on in zip(SWITCHES, setting, strict=True):
            setattr(stepper, name, on)
            put(seen, **{name: on})
        made = stepper.stages()
        made["weights"] = torch.cat([made["weights"], made["weights"].sum(-1, keepdim=True)], -1)
        tiles = seen.page.locator(".tile").all()
        for step, matrix in enumerate(made.values()):
            put(seen, step=step)
            agree(cells(seen.page.locator(PRESENT)), matrix)
        for tile, matrix in zip(tiles, list(made.values())[:-1], strict=True):
            agree(cells(tile), matrix)
    assert seen.problems == []


def test_a_score_is_explained_and_shows_where_it_came_from(alone):
    seen = alone(AttentionStepper())
    page = seen.page
    put(seen, step=4)
    page.locator(PRESENT).locator("td[role=gridcell]").nth(3).click()
    expect(page.locator(".sum").last).to_have_text("qI · kstudent = 1×1 + 1×0 + 1×1 + 1×0 = 2")
    assert page.locator(".sum .query").count() == page.locator(".sum .key").count() == 4
    lit = page.locator("td.lit:visible").evaluate_all(
        "all => all.map((cell) => [cell.closest('table').className.split(' ')[1],"
        " cell.parentNode.rowIndex - 1, cell.cellIndex - 1])"
    )
    q, k = [["query", 0, i] for i in range(4)], [["key", 3, i] for i in range(4)]
    turned = [["key", i, 3] for i in range(4)]  # above the scores stands Kᵀ
    assert sorted(lit) == sorted(q + q + k + turned)
    assert seen.problems == []


@pytest.mark.parametrize(
    "picked, told",
    [
        (["x", 1, 2], "Number 3 of the vector of “am”. It is given"),
        (["w_k", 0, 2], "Row 1, column 3 of WK. It is given; in a model, training finds it."),
        (["v", 3, 1], "vstudent, 2 = 0×0 + 1×1 + 1×0 + 0×0 = 1"),
        (["weights", 0, 3], "e1 ÷ (e1.5 + e0.5 + e0.5 + e1) = 2.718 ÷ 10.497 = 0.259"),
        (["weights", 0, 4], "0.427 + 0.157 + 0.157 + 0.259 = 1"),
        (["output", 0, 3], "= 0.427×2 + 0.157×0 + 0.157×2 + 0.259×1 = 1.427"),
    ],
)
def test_the_numbers_of_the_pencil(alone, picked, told):
    seen = alone(AttentionStepper())
    put(seen, step=8, picked=picked)
    expect(seen.page.locator(".arithmetic")).to_contain_text(told)


@pytest.mark.parametrize("setting", SETTINGS[:3])
def test_every_arithmetic_comes_out_right(alone, setting):
    """Python computes the left side of each sum and finds the right side."""
    stepper = own_words(3, 5, 2, 2)
    for name, on in zip(SWITCHES, setting, strict=True):
        setattr(stepper, name, on)
    seen = alone(stepper)
    put(seen, step=len(STAGES) - 1)
    for name in ("q", "k", "v", "scores", "scaled", "weights", "output"):
        for row, numbers in enumerate(stepper.stages()[name].tolist()):
            for column, number in enumerate(numbers):
                put(seen, picked=[name, row, column])
                left, right = sides(seen.page)
                assert left == pytest.approx(number, abs=0.01)
                assert right == pytest.approx(number, abs=6e-4)


def sides(page):
    """What stands left and right of the last equals sign of the arithmetic, computed by Python."""
    told = page.locator(".arithmetic .sum").evaluate(
        """sum => {
            const copy = sum.cloneNode(true);
            for (const power of copy.querySelectorAll("sup")) {
                power.textContent = `**(${power.textContent})`;
            }
            return copy.textContent;
        }"""
    )
    for paper, python in [("×", "*"), ("÷", "/"), ("·", "*"), ("−", "-"), ("∞", "inf")]:
        told = told.replace(paper, python)
    *_, left, right = re.split(" = | stays ", told)
    return eval(left, {"e": math.e, "inf": math.inf}), eval(right)


def test_keys_walk_through_the_stages_and_the_picked_cell_goes_along(alone):
    seen = alone(AttentionStepper())
    page = seen.page
    page.locator(".stage").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".player output")).to_have_text("5 of 9: QKᵀ")
    page.locator(PRESENT).locator("td[tabindex='0']").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    assert seen.states("picked") == ["scores", 1, 2]
    page.locator(".stage").focus()
    for name, told in [
        ("scaled", "−1 ÷ √4 = −1 ÷ 2 = −0.5"),
        ("masked", "−0.5 stays −0.5"),
        ("weights", "e−0.5 ÷ (e1 + e1.5 + e−0.5 + e1.5) = 0.607 ÷ 12.288 = 0.049"),
    ]:
        page.keyboard.press("ArrowRight")
        assert seen.states("picked") == [name, 1, 2]
        expect(page.locator(".arithmetic .sum")).to_have_text(told)
    page.keyboard.press("ArrowLeft")
    assert seen.states("picked") == ["masked", 1, 2]
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="pause")).to_be_visible()
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="play")).to_be_visible()
    assert seen.problems == []


def test_titles_are_those_of_python(alone):
    seen = alone(AttentionStepper())
    for step, title in enumerate(STAGES.values()):
        put(seen, step=step)
        expect(seen.page.locator(".player output")).to_have_text(f"{step + 1} of 9: {title}")


@pytest.mark.parametrize("width", [600, 750, 865])
def test_nothing_jumps(alone, width):
    seen = alone(AttentionStepper())
    page = seen.page
    page.set_viewport_size({"width": width, "height": 900})

    def layout(present=PRESENT):
        places = (".stage", present, ".arithmetic", ".trail", ".live-view")
        boxes = [page.locator(place).bounding_box() for place in places]
        return [[box["x"], box["y"], box["y"] + box["height"]] for box in boxes]

    put(seen, step=1)
    before, x_before = layout(), layout(".pane.present > .matrix:nth-child(3)")
    for setting in SETTINGS:
        put(seen, **dict(zip(SWITCHES, setting, strict=True)))
        for step, name in enumerate(STAGES):
            put(seen, step=step, picked=[name, 0, 0])
            assert layout() == (x_before if name == "x" else before)  # X stays where it is used
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_is_to_come_is_empty_and_out_of_reach(alone):
    seen = alone(AttentionStepper())
    put(seen, step=8)
    put(seen, step=2)
    assert seen.page.locator(".tile").evaluate_all("all => all.map((tile) => tile.inert)") == (
        [False] * 3 + [True] * 5
    )
    cell = seen.page.locator(".tile[inert] td[role=gridcell]").first
    assert cell.evaluate("cell => getComputedStyle(cell).color") == "rgba(0, 0, 0, 0)"


def test_a_mask_made_by_hand(alone):
    stepper = AttentionStepper()
    seen = alone(stepper)
    page = seen.page
    put(seen, step=6)
    mask = page.locator(".pane.present > .matrix").first.locator("td[role=gridcell]")
    assert mask.all_inner_texts() == ["✓"] * 16
    for place in (4, 5, 6, 7):  # the row of "am"
        mask.nth(place).click()
    assert mask.all_inner_texts() == ["✓"] * 4 + ["✗"] * 4 + ["✓"] * 8
    assert seen.states("pattern") == "own" and seen.states("with_mask")
    put(seen, step=7, picked=["weights", 1, 0])
    assert cells(page.locator(PRESENT))[1] == ["0.00"] * 5
    expect(page.locator(".card").nth(1)).to_contain_text("4 of 16 cells are hidden")
    expect(page.locator(".card").nth(2)).to_contain_text("but for “am”: who sees nobody gets zeros")
    expect(page.locator(".arithmetic")).to_contain_text("0 ÷ (0 + 0 + 0 + 0) → 0")
    page.get_by_role("checkbox", name="mask").uncheck()
    expect(page.locator(".card").nth(1)).to_contain_text("Off: every word sees every word.")
    page.get_by_label("pattern").select_option("padding")
    assert seen.states("with_mask")
    assert [row[3] for row in cells(page.locator(PRESENT))] == ["0.00"] * 4
    assert seen.problems == []


def test_a_line_of_words_says_what_a_missing_part_breaks(alone):
    stepper = AttentionStepper()
    seen = alone(stepper)
    page = seen.page
    soft = stepper.stages()["weights"].amax(-1).mean()
    stepper.with_scale = False
    sharp = stepper.stages()["weights"].amax(-1).mean()
    page.get_by_role("checkbox", name="÷ √d").uncheck()
    words = f"Rows get sharper: the top weight is {sharp:.2f} on average instead of {soft:.2f}."
    expect(page.locator(".card").first).to_contain_text(words)
    page.get_by_role("checkbox", name="softmax").uncheck()
    expect(page.locator(".card").last).to_contain_text("Rows sum to 4 … 7, not to 1.")
    page.get_by_role("checkbox", name="mask").check()
    expect(page.locator(".card").last).to_contain_text("−∞ × 0 is not a number")
    put(seen, step=7)
    expect(page.locator(".pane.present .says")).to_contain_text("Switched off")
    assert page.locator("caption.off:visible").count() == 3  # scaled small, weights small and large


def test_the_largest_sentence_fits(alone):
    seen = alone(own_words(8, 8, 8, 8))
    seen.page.set_viewport_size({"width": 900, "height": 1000})
    put(seen, step=7, picked=["weights", 5, 3])
    stage = seen.page.locator(".stage")
    assert stage.evaluate("stage => stage.scrollWidth <= stage.clientWidth")
    assert seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cut = "all => all.filter((cell) => cell.scrollWidth > cell.clientWidth).length"
    assert seen.page.locator("td[role=gridcell]:visible").evaluate_all(cut) == 0
    seen.screenshot("stepper_largest")


def test_the_kernel_sees_what_was_clicked(run_cells):
    seen = run_cells(
        "from lesson.widgets.stepper import AttentionStepper\n"
        "stepper = AttentionStepper()\nstepper.step = 6\nstepper",
        "print(stepper, stepper.picked, stepper.mask().int().tolist())",
    )
    page, view = seen.page, seen.page.locator(".attention-stepper")
    view.wait_for()
    view.scroll_into_view_if_needed()
    view.locator(".pane.present > .matrix").first.locator("td[role=gridcell]").nth(1).click()
    view.get_by_role("checkbox", name="÷ √d").uncheck()
    view.locator(PRESENT).locator("td[role=gridcell]").nth(6).click()
    view.locator(".stage").focus()
    page.keyboard.press("ArrowRight")
    expect(view.locator(".arithmetic .sum")).to_contain_text("e−1 ÷ (e2 + e3 + e−1 + e3)")
    page.evaluate(
        """async () => {
            const { content, sessionContext } = jupyterapp.shell.currentWidget;
            for (let turn = 0; turn < 3; turn++) { // changes may wait for the kernel's last answer
                await sessionContext.session.kernel.requestKernelInfo();
            }
            content.activeCellIndex = 1;
            return jupyterapp.commands.execute('notebook:run-cell');
        }"""
    )
    twin = AttentionStepper()
    twin.pattern, twin.with_mask, twin.with_scale, twin.step = "own", True, False, 7
    mask = [[1, 0, 1, 1], *[[1] * 4] * 3]
    printed = page.locator(".jp-OutputArea-output", has_text="stage 8 of 9").last
    expect(printed).to_have_text(f"{twin!r} ['weights', 1, 2] {mask}\n")
    assert cells(view.locator(PRESENT))[0][1] == "0.00"
    view.scroll_into_view_if_needed()
    seen.screenshot("stepper_light")
    seen.theme("JupyterLab Dark")
    page.wait_for_selector("body[data-jp-theme-light='false']", state="attached")
    seen.screenshot("stepper_dark")
    seen.theme("JupyterLab Light")
    assert seen.problems == []
