"""BertViz in JupyterLab, in a browser, without internet: live, reopened, and not trusted."""

import pytest
from nbformat import v4
from playwright.sync_api import expect

from authoring.builder.canonical import write
from authoring.builder.run import run
from helpers.browser import Lab, Visit

SETUP = """
import torch
from lesson.bertviz_views.views import head_view, model_view, neuron_view
from lesson.start import begin
from transformer_lib.model import Config, Transformer
from transformer_lib.trace import record

begin()
SOURCE, TARGET = "나는 학생 입니다".split(), "<s> I am a student".split()
model = Transformer(Config(vocab_size=7, d_model=8, n_heads=2, n_layers=3, d_ff=11)).eval()
with record(model) as trace:
    model(torch.tensor([[1, 2, 3]]), torch.tensor([[1, 2, 3, 4, 5]]))
"""
VIEWS = ["head_view", "model_view", "neuron_view"]


def written(folder, name, execute=False):
    """A notebook with one view a cell, in this folder; executed, but never trusted."""
    cells = [v4.new_markdown_cell("# BertViz"), v4.new_code_cell(SETUP.strip())]
    cells += [v4.new_code_cell(f"{view}(trace, SOURCE, TARGET)") for view in VIEWS]
    notebook = v4.new_notebook(cells=cells)
    if execute:
        run(notebook, folder, name)
    write(notebook, folder / name)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebooks")
    written(folder, "live.ipynb")
    written(folder, "untrusted.ipynb", execute=True)
    with pytest.MonkeyPatch.context() as settings:  # trust is kept there; nobody's is touched
        settings.setenv("JUPYTER_DATA_DIR", str(tmp_path_factory.mktemp("data")))
        lab = Lab(folder, tmp_path_factory.mktemp("settings"))
    yield lab
    lab.stop()


@pytest.fixture(scope="module")
def live(browser, lab):
    """All views, run in JupyterLab."""
    seen = Visit(browser, lab, "live.ipynb")
    seen.run_all()
    yield seen
    seen.close()


def frame(seen, view):
    """The page inside the frame of a view, in sight."""
    output = seen.page.locator(".jp-OutputArea-output:has(iframe)").nth(VIEWS.index(view))
    output.scroll_into_view_if_needed()
    return output.frame_locator("iframe")


def lines(page):
    """How strongly each line of the head view is drawn."""
    found = page.locator("#attention line")
    return found.evaluate_all("all => all.map(line => +line.getAttribute('stroke-opacity'))")


def test_head_view_draws_the_chosen_layer_and_heads(live):
    page = frame(live, "head_view")
    expect(page.locator("#attention line")).to_have_count(2 * 3 * 3)  # heads, queries, keys
    first = lines(page)
    assert sum(first) == pytest.approx(3, abs=0.01)  # each query's weights sum to 1
    page.locator("#layer").select_option("1")
    assert lines(page) != first
    page.locator("#layer").select_option("0")
    assert lines(page) == first
    page.locator("svg > g:last-child rect").nth(1).click()  # switch the second head off
    assert sum(lines(page)[9:]) == 0 and sum(lines(page)[:9]) == pytest.approx(3, abs=0.01)
    page.locator("#filter").select_option(label="Cross")
    expect(page.locator("#attention line")).to_have_count(2 * 5 * 3)
    assert page.locator("#left text").all_text_contents() == "<s> I am a student".split()
    assert page.locator("#right text").all_text_contents() == "나는 학생 입니다".split()
    live.screenshot("bertviz_head_view")


def test_model_view_opens_a_detail(live):
    page = frame(live, "model_view")
    expect(page.locator("line")).to_have_count(3 * 2 * 3 * 3)  # layers, heads, queries, keys
    assert page.locator(".detail").count() == 0
    page.locator("svg > g > rect:last-child").nth(3).click()
    assert "Layer 1, Head 1" in page.locator("text.detail").all_text_contents()
    live.screenshot("bertviz_model_view")


def test_neuron_view_shows_how_a_query_and_a_key_make_a_weight(live):
    page = frame(live, "neuron_view")
    page.locator("#filter").select_option("cross")
    word = page.locator("#collapsed #leftText > g").nth(4)
    word.hover()
    word.locator("rect").last.click()  # its +
    page.locator("#expanded #leftText > g").nth(4).hover()

    def read(place):
        place.hover()
        name, number = page.locator("#reading").inner_text().split(" = ")
        return name, float(number)

    q, k, products = (
        page.locator(f"#{part} .vector").nth(row).locator(".element")
        for part, row in [("queries", 4), ("keys", 2), ("product", 2)]
    )
    assert read(q.nth(1))[0] == "q" and read(k.nth(1))[0] == "k"
    numbers = [read(products.nth(place)) for place in range(4)]
    assert {name for name, _ in numbers} == {"q × k"}
    one = read(q.nth(1))[1] * read(k.nth(1))[1]
    assert numbers[1][1] == pytest.approx(one, abs=2e-4)
    name, score = read(page.locator("#dotproducts rect").nth(2))
    assert name == "q · k / √d_head"
    assert score == pytest.approx(sum(number for _, number in numbers) / 2, abs=3e-4)
    words = page.locator("#expanded #rightText text")
    weights = [read(words.nth(place)) for place in range(3)]
    assert {name for name, _ in weights} == {"softmax: weight"}
    assert sum(number for _, number in weights) == pytest.approx(1, abs=3e-4)
    live.screenshot("bertviz_neuron_view")


@pytest.mark.parametrize("width", [1280, 1000])
def test_live_views_hide_their_picture_and_fit_their_frame(width, live):
    live.page.set_viewport_size({"width": width, "height": 1000})
    hides = "page => [page.scrollWidth - page.clientWidth, page.scrollHeight - page.clientHeight]"
    for view in VIEWS:
        page = frame(live, view).locator("html")
        live.page.wait_for_timeout(200)  # the frame follows its page a moment later
        assert page.evaluate(hides) == [0, 0], view
        live.screenshot(f"bertviz_{view}_{width}")
    pictures = live.page.locator(".jp-OutputArea-output:has(iframe) img")
    assert pictures.count() == 3
    assert not any(picture.is_visible() for picture in pictures.all())


def test_nothing_goes_wrong_and_nothing_leaves_the_machine(live):
    assert live.errors() == []
    assert live.problems == []


def test_a_saved_notebook_comes_back_to_life(live, browser, lab):
    live.page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    again = Visit(browser, lab, "live.ipynb")
    expect(frame(again, "head_view").locator("#attention line")).to_have_count(18)
    expect(frame(again, "model_view").locator("line")).to_have_count(54)
    assert again.problems == []
    again.page.close()


def test_an_untrusted_notebook_shows_the_pictures(browser, lab):
    seen = Visit(browser, lab, "untrusted.ipynb")
    pictures = seen.page.locator(".jp-OutputArea-output img")
    expect(pictures).to_have_count(3)
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        assert "encoder weights, layer 0. Rows: 나는: " in picture.get_attribute("alt")
        assert picture.evaluate("image => image.naturalWidth") > 600
    seen.screenshot("bertviz_untrusted")
    assert seen.page.locator(".jp-OutputArea-output iframe").count() == 0
    assert seen.problems == []
    seen.page.close()
