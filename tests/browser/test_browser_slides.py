"""A lecture in a browser, from disk and in JupyterLab: keys, steps, live views, paper."""

import re

import nbformat
import pytest
from nbformat import v4

from authoring.builder.canonical import write
from authoring.pages.slides.decks import write_decks
from helpers.browser import Window
from lesson.pictures import framed

LIVE = framed(
    "<!DOCTYPE html><button onclick='this.textContent++'>1</button><input type='range' value='5'>",
    '<img alt="a 1" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
)
LONG = "## Long\n\n" + "\n\n".join(f"Line {number}." for number in range(60))


def cell(kind, source, html=None):
    """A cell of a lecture; with `html` a code cell that shows it."""
    about = {"metadata": {"slideshow": {"slide_type": kind}}}
    if html is None:
        return v4.new_markdown_cell(source, **about)
    output = v4.new_output("display_data", {"text/html": html})
    return v4.new_code_cell(source, outputs=[output], **about)


CELLS = [
    cell("slide", "# Steps\n\n> At the end you can walk. About 5 minutes."),
    cell("slide", "## Three steps\n\nOne."),
    cell("fragment", "Two."),
    cell("fragment", "<details><summary>Why</summary>\n\nThree.\n</details>"),
    cell("slide", "## Alive"),
    cell("fragment", "view", LIVE),
    cell("slide", LONG),
    cell("skip", "Nobody sees this."),
]


class Deck(Window):
    """A deck from disk, with the network off."""

    def __init__(self, browser, address):
        super().__init__(browser, own=("file:",))
        self.page.context.set_offline(True)
        self.open(address)

    def open(self, address):
        """Go to an address of the deck."""
        self.page.goto("about:blank")
        self.page.goto(address)
        self.page.wait_for_selector("html.deck .current", state="attached")

    def press(self, *keys):
        """Press keys one after the other; returns where the deck is then."""
        for key in keys:
            self.page.keyboard.press(key)
        return self.page.evaluate("location.hash")

    def click_in_view(self, selector):
        """Click a part of the live view with the mouse, where the enlarged page shows it."""
        frame = self.page.query_selector(".current iframe")
        middle = """part => { const {x, y, width, height} = part.getBoundingClientRect();
                    return [x + width / 2, y + height / 2]; }"""
        inside = frame.content_frame().eval_on_selector(selector, middle)
        outside = frame.bounding_box()
        scale = outside["width"] / frame.evaluate("frame => frame.offsetWidth")
        self.page.mouse.click(*(outside[axis] + scale * at for axis, at in zip("xy", inside)))

    def sees(self, words):
        """True when these words are on the slide that is shown."""
        return self.page.get_by_text(words, exact=True).is_visible()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of a small deck."""
    folder = tmp_path_factory.mktemp("lecture")
    write(v4.new_notebook(cells=CELLS), folder / "00_steps.ipynb")
    write_decks(folder, folder / "slides", {})
    return (folder / "slides" / "00_steps.html").as_uri()


@pytest.fixture
def deck(browser, address, windows):
    """The small deck in a window; nothing may go wrong in it."""
    windows.append(Deck(browser, address))
    yield windows[-1]
    assert windows[-1].problems == []


def test_keys_lead_through_steps_and_slides(deck):
    assert deck.press("ArrowRight") == "#2" and deck.sees("One.") and not deck.sees("Two.")
    assert deck.press("Space") == "#2.1" and deck.sees("Two.") and not deck.sees("Why")
    assert deck.press("PageDown") == "#2.2" and deck.sees("Why") and not deck.sees("Three.")
    deck.page.get_by_text("Why").click()
    assert deck.sees("Three.")
    assert deck.press("ArrowDown") == "#3" and not deck.sees("One.")
    assert deck.press("ArrowLeft") == "#2.2" and deck.sees("Two.")
    assert deck.press("PageUp", "ArrowUp", "ArrowUp") == "#1"
    assert deck.press("End") == "#4" and deck.press("Home", "ArrowLeft") == "#1"


def test_the_address_keeps_the_step_and_a_typed_one_is_followed(deck, address):
    deck.press("ArrowRight", "ArrowRight")
    deck.page.reload()
    assert deck.page.evaluate("location.hash") == "#2.1" and deck.sees("Two.")
    deck.page.evaluate("location.hash = '#4'")
    deck.page.wait_for_selector(".current[aria-label='slide 4 of 4: Long']")
    deck.open(f"{address}#99")
    assert deck.page.evaluate("location.hash") == "#4"
    deck.open(f"{address}#nowhere")
    assert deck.page.evaluate("location.hash") == "#1"


def test_place_and_title_are_shown_and_spoken(deck):
    deck.press("ArrowRight")
    assert deck.page.locator("output").inner_text() == "2 / 4"
    assert deck.page.locator("progress").get_attribute("max") == "4"
    spoken = deck.page.locator("[aria-live]")
    assert spoken.inner_text() == "slide 2 of 4: Three steps"
    deck.press("ArrowRight")
    assert spoken.inner_text() == "step 1 of 2"


def test_buttons_and_swipes_do_what_keys_do(deck):
    deck.page.get_by_role("button", name="On").click()
    assert deck.page.evaluate("location.hash") == "#2"
    swipe = """([from, to]) => ["touchstart", "touchend"].forEach((kind, index) => {
        const target = document.querySelector(".current p");
        const at = {identifier: 1, target, clientX: [from, to][index], clientY: 100};
        const list = [new Touch(at)];
        const touches = index ? [] : list;
        const event = new TouchEvent(kind, {touches, changedTouches: list, bubbles: true});
        target.dispatchEvent(event);
    })"""
    deck.page.evaluate(swipe, [500, 100])
    assert deck.page.evaluate("location.hash") == "#2.1"
    deck.page.evaluate(swipe, [100, 500])
    deck.page.evaluate(swipe, [100, 120])
    assert deck.page.evaluate("location.hash") == "#2"


def test_a_live_view_reacts_and_gives_the_keys_back(deck):
    deck.open(f"{deck.page.url.partition('#')[0]}#3.1")
    view = deck.page.frame_locator("iframe")
    hint = deck.page.get_by_text("Escape: keys back to the slides")
    assert not hint.is_visible()
    deck.click_in_view("button")
    assert hint.is_visible()
    assert view.get_by_role("button").inner_text() == "2"
    view.get_by_role("slider").focus()
    assert deck.press("ArrowRight") == "#3.1" and view.get_by_role("slider").input_value() == "6"
    assert deck.press("Escape", "ArrowRight") == "#4"
    deck.press("PageUp")
    view.get_by_role("slider").focus()
    assert deck.press("PageDown") == "#4"


def test_what_is_too_tall_scrolls_before_the_next_slide(deck):
    deck.press("End")
    top = "document.querySelector('.current').scrollTop"
    assert deck.page.evaluate(top) == 0
    assert deck.press("Space") == "#4" and deck.page.evaluate(top) > 0
    while not deck.page.get_by_text("Line 59.").is_visible() or deck.press("Space") != "#4":
        pass
    assert deck.press("Home") == "#1"


def test_plus_and_minus_change_the_size(deck):
    size = "document.querySelector('.current h1').getBoundingClientRect().height"
    before = deck.page.evaluate(size)
    deck.press("+")
    assert deck.page.evaluate(size) > 1.1 * before
    deck.press("-")
    assert deck.page.evaluate(size) == pytest.approx(before, rel=0.02)


def test_all_slides_and_help(deck):
    deck.press("o", "ArrowRight")
    cards = deck.page.locator(".jump")
    assert cards.count() == 4 and all(card.is_visible() for card in cards.all())
    assert deck.press("Enter") == "#2" and not cards.first.is_visible()
    deck.press("o")
    cards.nth(2).click()
    assert deck.page.evaluate("location.hash") == "#3"
    assert deck.press("o", "Escape") == "#3" and not cards.first.is_visible()
    deck.press("?")
    assert deck.page.get_by_role("dialog").is_visible()
    assert deck.press("ArrowRight", "Escape") == "#3"
    assert not deck.page.get_by_role("dialog").is_visible()


@pytest.mark.parametrize("size", [(1920, 1080), (1024, 768), (390, 800)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_type_is_large_on_every_screen(deck, size, scheme):
    deck.page.emulate_media(color_scheme=scheme)
    deck.page.set_viewport_size({"width": size[0], "height": size[1]})
    deck.press("ArrowRight")
    line = deck.page.get_by_text("One.").bounding_box()["height"]
    assert line > max(24, size[0] / 32)
    assert deck.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    deck.screenshot(f"slide_{size[0]}_{scheme}")


def test_paper_has_one_slide_per_page_with_all_steps(deck):
    deck.press("End", "Space")
    paper = deck.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 4
    deck.page.emulate_media(media="print")
    assert deck.sees("Two.") and not deck.page.locator("footer").is_visible()


@pytest.mark.parametrize("words", ["Two.", "Nobody sees this."])
def test_without_scripts_everything_stands_below_each_other(browser, address, words):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.get_by_text(words).is_visible() == (words == "Two.")
    context.close()


def test_jupyterlab_shows_the_same_slides_with_live_widgets(lab, visit):
    """jupyterlab-slideshow reads what the builder writes, skipped cells included."""
    code = "import ipywidgets\nslider = ipywidgets.IntSlider(3)\nslider"
    about = {"metadata": {"slideshow": {"slide_type": "fragment"}}}
    cells = [*CELLS[:2], v4.new_markdown_cell("Hidden."), v4.new_code_cell(code, **about)]
    path = lab.folder / "lecture.ipynb"
    write(v4.new_notebook(cells=cells), path)
    assert nbformat.read(path, as_version=4).cells[2].metadata.slideshow.slide_type == "skip"
    seen = visit(path.name)
    seen.run_all()
    seen.page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex = 0")
    seen.page.evaluate("jupyterapp.commands.execute('deck:start')")
    shown, cells = seen.page.locator(".jp-MarkdownOutput"), seen.page.locator(".jp-Notebook-cell")
    steps, opacity = shown.get_by_text("Three steps"), "cell => getComputedStyle(cell).opacity"
    shown.get_by_text("At the end you can walk").wait_for()
    assert not steps.is_visible()
    seen.page.keyboard.press("Space")
    steps.wait_for()
    assert not shown.get_by_text("Hidden.").is_visible() and cells.last.evaluate(opacity) == "0"
    seen.page.keyboard.press("Space")
    seen.page.wait_for_selector(".jp-Notebook-cell.jp-deck-mod-visible .widget-readout")
    seen.page.locator(".noUi-handle").press("ArrowRight")
    seen.page.wait_for_function("document.querySelector('.widget-readout').innerText === '4'")
    seen.screenshot("lecture_in_jupyterlab")
    seen.page.evaluate("jupyterapp.commands.execute('deck:stop')")
    assert seen.problems == []
