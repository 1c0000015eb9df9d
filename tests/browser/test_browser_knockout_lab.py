"""The knock-out lab in a real browser: switches, marks, bars, maps, and the way to Python."""

import re

import pytest
from playwright.sync_api import expect

from helpers.browser import assert_marked, eventually
from helpers.tiny_translator import PAIRS, tiny_translator
from lesson.widgets import knockout_lab
from lesson.widgets.knockout_lab import KnockoutLab

CAT, FRENCH = PAIRS[1]
HIDDEN = "“is”: hidden by a mask"


@pytest.fixture
def lab_view():
    return KnockoutLab(tiny_translator(), PAIRS, CAT)


def key(page, name):
    return page.get_by_role("button", name=name, exact=True)


def line(page, name):
    """A line of the results by the words in front of it."""
    return page.locator(f".line:has(> .note:text-is('{name}'))")


def maps(page):
    """The numbers of the three maps, None where they are hatched."""
    tables = page.locator(".pictures table").all()
    texts = [table.locator("[role=gridcell]").all_inner_texts() for table in tables]
    return [[float(t.replace("−", "-")) if t else None for t in table] for table in texts]


def map_of(view, result):
    """The map of a result as Python sees it, row by row."""
    drawn = view.chosen(result["weights"]).flatten().tolist()
    return [None if value != value else value for value in drawn]


def close(drawn, wanted):
    """Equal but for rounding, and hidden in the same places."""
    assert [value is None for value in drawn] == [value is None for value in wanted]
    pairs = [(one, other) for one, other in zip(drawn, wanted, strict=True) if one is not None]
    assert all(one == pytest.approx(other, abs=0.006) for one, other in pairs)


def test_a_page_without_kernel_takes_out_one_thing_at_a_time(alone, lab_view):
    seen = alone(lab_view)
    page = seen.page
    result = lab_view.result(["word 2 hidden"])
    expect(page.locator("p[role=status]").last).to_have_text("Nothing is taken out yet.")
    key(page, HIDDEN).click()
    assert seen.states("out") == ["word 2 hidden"]
    expect(key(page, HIDDEN)).to_have_attribute("aria-pressed", "true")
    written = line(page, "taken out").first.locator(".text")
    assert written.inner_text().split() == result["written"] == "le chat noir".split()
    whole = line(page, "whole model").first.locator(".text")
    assert whole.inner_text().split() == FRENCH.split()
    assert whole.locator("s").all_inner_texts() == ["est"] and written.locator("mark").count() == 0
    expect(page.locator("p[role=status]").last).to_have_text(
        "Words gone: 1. Words that are new: 0."
    )
    assert line(page, "taken out").last.locator("output").inner_text() == "0.75 (3)"
    width = line(page, "taken out").last.locator(".fill").get_attribute("style")
    assert width == "width: 75%;" and result["right"] == 3
    seen.screenshot("knockout_lab_alone")

    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # the next key: another thing, alone
    assert seen.states("out") == ["word 3 hidden"]
    key(page, "put everything back").click()
    assert seen.states("out") == []
    expect(page.get_by_role("button", name="translate")).to_be_disabled()
    expect(page.get_by_label("sentence")).to_be_disabled()
    expect(page.locator("p[role=status]").first).to_contain_text("needs Python")
    assert seen.problems == []


@pytest.mark.parametrize(
    "name, out, part, head",
    [
        ("take out: positions", "positions", "cross", "mean of all heads"),
        ("take out: causal mask", "mask", "decoder", "head 0"),
        ("“black”: read as <unknown>", "word 3 unknown", "encoder", "head 1"),
        (
            "cross attention, layer 1: head 1 dead",
            "decoder.1.cross_attention head 1",
            "cross",
            "mean of all heads",
        ),
    ],
)
def test_the_maps_are_those_of_python(alone, lab_view, name, out, part, head):
    page = alone(lab_view).page
    key(page, name).click()
    page.get_by_role("combobox").nth(0).select_option(part)
    page.get_by_role("combobox").nth(2).select_option(head)
    lab_view.part, lab_view.head = part, head
    before, after = (map_of(lab_view, r) for r in (lab_view.before, lab_view.result([out])))
    whole, rest, apart = maps(page)
    close(whole, before)
    close(rest, after)
    hidden = [one is None and other is None for one, other in zip(before, after, strict=True)]
    change = [(other or 0) - (one or 0) for one, other in zip(before, after, strict=True)]
    close(apart, [None if gone else value for gone, value in zip(hidden, change, strict=True)])
    shape = f"(query {len(lab_view.words[part][0])} × key {len(lab_view.words[part][1])})"
    assert page.locator(".pictures caption").first.inner_text() == f"whole model {shape}"


def test_a_page_carries_no_more_than_fits(alone, lab_view, monkeypatch):
    weights = 2 * 2 * (4 * 4 + 5 * 5 + 5 * 4)
    monkeypatch.setattr(knockout_lab, "MOST_CARRIED", 4 * weights)
    page = alone(lab_view).page
    assert page.locator(".key:enabled").count() == 4
    missing = key(page, HIDDEN)
    expect(missing).to_be_disabled()
    expect(missing).to_have_attribute("title", re.compile("hidden by a mask: needs Python"))


@pytest.mark.parametrize("width", [600, 1280])
def test_the_page_stays_still(alone, lab_view, width):
    page = alone(lab_view).page
    page.set_viewport_size({"width": width, "height": 900})

    def layout():
        boxes = [page.locator(name).bounding_box() for name in (".boards", ".results", ".pictures")]
        return [(box["y"], box["height"]) for box in boxes]

    before = layout()
    for name in ("positions", "÷ √d_head", "causal mask"):
        key(page, f"take out: {name}").click()
        assert layout() == before
    for name in (HIDDEN, "encoder attention, layer 0: head 0 dead", "put everything back"):
        key(page, name).click()
        assert layout() == before
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


LOAD = """from transformer_lib.translator import Translator
from lesson.widgets.knockout_lab import KnockoutLab

pairs = [
    ("I am a student", "je suis étudiant"),
    ("the cat is black", "le chat est noir"),
    ("the black cat", "le chat noir"),
]
lab = KnockoutLab(Translator.load("tiny.safetensors"), pairs, "the cat is black")
lab"""


def test_python_tries_what_is_taken_out(lab, run_cells):
    tiny_translator().save(lab.folder / "tiny.safetensors")
    seen = run_cells(LOAD, "print(lab, lab.after['right'], *lab.after['written'])")
    page = seen.page
    view = page.locator(".knockout-lab")
    view.wait_for()
    twin = KnockoutLab(tiny_translator(), PAIRS[:3], CAT)
    twin.out = ["positions", "word 2 hidden", "decoder.0.self_attention head 1"]

    key(view, "take out: positions").click()
    key(view, HIDDEN).click()
    dead = key(view, "decoder attention, layer 0: head 1 dead")
    dead.focus()
    page.keyboard.press("Enter")
    right = f"{twin.after['right'] / 3:.2f} ({twin.after['right']})"
    expect(line(view, "taken out").last.locator("output")).to_have_text(right)
    written = line(view, "taken out").first.locator(".text")
    expect(written).to_have_text("".join(twin.after["written"]))
    eventually(page, lambda: close(maps(view)[1], map_of(twin, twin.after)))
    view.scroll_into_view_if_needed()
    seen.screenshot("knockout_lab_light")

    text = view.get_by_label("sentence")
    text.fill(" ")
    text.press("Enter")
    expect(view.locator("p[role=status]").first).to_contain_text(
        "Not read: the text ' ' holds 0 tokens"
    )
    text.fill("the black zebra")
    text.press("Enter")
    expect(view.locator("p[role=status]").first).to_contain_text("not in the vocabulary")
    expect(key(view, "“zebra”: hidden by a mask")).to_have_attribute("aria-pressed", "true")
    for place in (line(view, "source"), view.locator(".boards th")):
        assert_marked(place, ["zebra"])
    assert_marked(view.locator(".pictures th"), ["zebra"] * 3)
    twin.read("the black zebra")
    expect(written).to_have_text("".join(twin.after["written"]))

    text.fill("I am the black cat")  # longer: a new page before its numbers
    text.press("Enter")
    expect(key(view, "“cat”: hidden by a mask")).to_be_visible()
    twin.read("I am the black cat")
    expect(written).to_have_text("".join(twin.after["written"]))
    cells = page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length")
    dead.focus()
    page.keyboard.press("a")  # JupyterLab would insert a cell
    assert cells == page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length")
    page.evaluate(
        """() => {
            jupyterapp.shell.currentWidget.content.activeCellIndex = 1;
            return jupyterapp.commands.execute('notebook:run-cell');
        }"""
    )
    told = f"{twin!r} {twin.after['right']} {' '.join(twin.after['written'])}"
    expect(page.locator(".jp-OutputArea-output").last).to_have_text(f"{told}\n")
    seen.theme("JupyterLab Dark")
    page.wait_for_selector("body[data-jp-theme-light='false']", state="attached")
    seen.screenshot("knockout_lab_dark")
    seen.theme("JupyterLab Light")
    assert seen.problems == []
