"""The attention view in a real browser: what is drawn is what the model computed."""

import re

import pytest
import torch
from playwright.sync_api import expect

from helpers.browser import assert_marked
from helpers.tiny_translator import PAIRS, tiny_translator
from lesson.pictures import COLORS
from lesson.widgets import attention_state
from lesson.widgets.attention_view import AttentionView
from transformer_lib.model import Config, LanguageModel
from transformer_lib.vocabulary import Vocabulary

STUDENT, FRENCH = PAIRS[0]


@pytest.fixture
def view():
    return AttentionView(tiny_translator(), STUDENT)


def read(texts):
    """Numbers as they are drawn; NaN where there is none."""
    return [float(text.replace("−", "-") or "nan") for text in texts]


def assert_drawn(page, view):
    """The heat map, its sums and the lines are those of the Python view, number by number."""
    weights, heads = view.weights(), view.heads
    mean = weights[heads].mean(0)
    cells = read(page.locator("td[role=gridcell]").all_inner_texts())
    wanted = mean.masked_fill(mean == 0, torch.nan).flatten().tolist()
    assert cells == pytest.approx(wanted, abs=0.0051, nan_ok=True)
    assert page.locator("td.hidden").count() == int((mean == 0).sum())
    for name, axis in (("across", 1), ("down", 0)):
        sums = read(page.locator(f"td.{name}").all_inner_texts())
        assert sums == pytest.approx(mean.sum(axis).tolist(), abs=0.0051)
    assert lines(page) == int((weights[heads] >= 0.01).sum())
    expect(page.locator(".title").first).to_have_text(view.title().partition(", temp")[0])


def test_only_the_words_of_the_side_that_does_not_know_them_are_marked(alone):
    sides = AttentionView(tiny_translator(), "le 2 *", "le chat")
    seen = alone(sides)
    assert_marked(seen.page.locator(".word.key"), ["le", "2", "*"])
    assert_marked(seen.page.locator(".word.query"), [])
    expect(seen.page.locator(".message")).to_have_text(
        "* not in the vocabulary, read as <unknown>: le, 2, *"
    )


def test_a_star_that_the_vocabulary_holds_is_no_mark(alone):
    sums = Vocabulary.build(["2 * 3"])
    model = LanguageModel(Config(len(sums), d_model=12, n_heads=3))
    page = alone(AttentionView.of(model, sums, "2 * 4")).page
    assert page.locator(".word.key").all_inner_texts() == ["<start>", "2", "*", "4"]
    assert_marked(page.locator(".word.key"), ["4"])


def lines(page):
    """How many lines are drawn."""
    return page.locator(".sides path:not([style*='display: none'])").count()


def press(page, name):
    """Press a button by its whole name."""
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("part", ["encoder", "decoder", "cross"])
def test_what_is_drawn_is_what_the_model_computed(alone, view, part):
    seen = alone(view)
    press(seen.page, part)
    press(seen.page, "1")
    view.part, view.layer = part, 1
    assert_drawn(seen.page, view)
    slider = seen.page.get_by_role("slider", name="temperature")
    for _ in range(7):
        slider.press("ArrowRight")
    view.temperature = 1.7
    expect(seen.page.locator("output")).to_have_text("1.7")
    assert_drawn(seen.page, view)
    seen.screenshot(f"attention_view_{part}")
    assert seen.problems == []


def test_a_head_is_previewed_locked_unlocked_and_shown_alone(alone, view):
    seen = alone(view)
    page, title = seen.page, seen.page.locator(".title").first
    chips = [page.get_by_role("button", name=f"head {head}").first for head in (0, 1)]
    unlock = page.get_by_role("button", name="unlock")
    expect(unlock).to_be_disabled()

    chips[1].hover()
    expect(title).to_have_text("cross attention, layer 0, head 1")
    page.mouse.move(0, 0)
    expect(title).to_have_text("cross attention, layer 0, mean of all 2 heads")

    chips[0].click()
    page.mouse.move(0, 0)
    view.locked = [0]
    expect(chips[0]).to_have_attribute("aria-pressed", "true")
    expect(chips[0]).to_have_text("0 ✓")
    assert_drawn(page, view)
    chips[1].click()
    assert seen.states("locked") == [0, 1]
    chips[1].dblclick()
    assert seen.states("locked") == [1]
    unlock.click()
    assert seen.states("locked") == []
    page.get_by_role("button", name="only head 0").click()
    assert seen.states("locked") == [0]


def test_a_head_is_previewed_and_locked_with_keys(alone, view):
    seen = alone(view)
    title = seen.page.locator(".title").first
    seen.page.get_by_role("button", name="cross").focus()
    while "head 0" not in title.inner_text():
        seen.page.keyboard.press("Tab")
    seen.page.keyboard.press("Enter")
    assert seen.states("locked") == [0]
    for _ in range(2):
        seen.page.keyboard.press("Tab")
    expect(title).to_contain_text("head 1")


def test_a_word_shows_its_lines_alone_and_the_weights_on_the_other_side(alone, view):
    seen = alone(view)
    weights = view.weights()
    shares = {side: seen.page.locator(f".word.{side} .share") for side in ("query", "key")}
    seen.page.locator(".word.query").nth(2).hover()
    assert lines(seen.page) == int((weights[:, 2] >= 0.01).sum())
    drawn = read(shares["key"].all_inner_texts())
    assert drawn == pytest.approx(weights[:, 2].mean(0).tolist(), abs=0.0051)
    assert shares["query"].all_inner_texts() == [""] * 4

    seen.page.locator(".word.key").first.focus()
    seen.page.keyboard.press("ArrowDown")
    drawn = read(shares["query"].all_inner_texts())
    assert drawn == pytest.approx(weights[:, :, 1].mean(0).tolist(), abs=0.0051)
    assert lines(seen.page) == int((weights[:, :, 1] >= 0.01).sum())
    expect(seen.page.locator(".words")).to_have_text(re.compile("On average, “am” gets .* from"))

    press(seen.page, "decoder")
    seen.page.locator(".word.key").nth(3).hover()
    assert shares["query"].all_inner_texts()[:3] == ["–"] * 3
    assert seen.page.locator(".word.hidden").count() == 3
    seen.page.locator("td.hidden").first.hover()
    expect(seen.page.locator(".words")).to_have_text("The mask hides “je” from “<start>”.")


def test_the_sum_behind_a_cell(alone, view):
    seen = alone(view)
    page, head, query, key = seen.page, 1, 2, 3
    page.get_by_role("button", name=f"only head {head}").click()
    cell = page.locator("td[role=gridcell]").first
    cell.focus()
    for arrow in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(arrow)
    assert seen.states("cell") == [query, key]
    recorded = view.recorded["cross"].layers[0]
    q, k = recorded.q[0, head, query], recorded.k[0, head, key]
    wanted = [part for i in (0, 8) for row in (q, k, q * k) for part in row[i : i + 8].tolist()]
    assert read(page.locator(".behind td").all_inner_texts()) == pytest.approx(wanted, abs=0.0052)

    steps = page.locator(".behind li").all_inner_texts()
    score = recorded.scores[0, head, query, key].item()
    powers = recorded.scores[0, head, query].exp()
    weight = view.weights()[head, query, key].item()
    found = [read(re.findall(r"[−\d]+\.\d+", step)) for step in steps]
    assert [step[-1] for step in found] == pytest.approx(
        [4 * score, score, score, weight], abs=0.01
    )
    top, total = powers[key].item(), powers.sum().item()
    assert found[3] == pytest.approx([score, top, total, top, total, weight], abs=0.01)

    press(page, "decoder")
    page.locator("td.hidden").last.click()
    expect(page.locator(".behind li").last).to_contain_text("The mask hides this key")


def test_a_page_without_kernel_says_what_it_cannot_do(alone, view, monkeypatch):
    monkeypatch.setattr(attention_state, "MOST_CARRIED", 0)
    seen = alone(AttentionView(tiny_translator(), STUDENT))
    for name in ("source", "target"):
        box = seen.page.get_by_label(name)
        expect(box).to_be_disabled()
        expect(box).to_have_attribute("title", re.compile("needs Python"))
    expect(seen.page.get_by_role("button", name="let the model translate")).to_be_disabled()
    seen.page.locator("td[role=gridcell]").first.click()
    expect(seen.page.locator(".behind")).to_contain_text("run this cell in a notebook")
    press(seen.page, "encoder")
    assert (seen.states("part"), seen.states("cell")) == ("encoder", [])
    expect(seen.page.locator(".behind")).to_be_empty()


def test_a_cell_that_another_part_does_not_have_is_forgotten(alone):
    seen = alone(AttentionView(tiny_translator(), "the black cat"))
    press(seen.page, "decoder")
    seen.page.locator("td[role=gridcell]").last.click()
    expect(seen.page.locator(".behind li")).to_have_count(4)
    # Python changes the part first and the cell then.
    seen.page.evaluate("document.getElementById('view').model.set('part', 'encoder')")
    expect(seen.page.locator(".behind")).to_be_empty()
    expect(seen.page.locator(".title").first).to_contain_text("encoder attention")
    assert seen.problems == []


def test_korean_words(alone):
    words = Vocabulary.build(["나는 학생 이다", "너는 선생 이다"])
    model = LanguageModel(Config(len(words), d_model=12, n_heads=3))
    korean = AttentionView.of(model, words, "나는 의사 이다")
    seen = alone(korean)
    assert_drawn(seen.page, korean)
    assert seen.page.locator(".word.key").all_inner_texts() == ["<start>", "나는", "의사", "이다"]
    for place, marked in ((".word.key", 1), (".word.query", 1), (".matrix th", 2)):
        assert_marked(seen.page.locator(place), ["의사"] * marked)
    expect(seen.page.locator(".note").first).to_contain_text("read as <unknown>: 의사")
    seen.screenshot("attention_view_korean")


@pytest.mark.parametrize("width", [600, 1280])
def test_the_page_stays_still(alone, view, width):
    page = alone(view).page
    page.set_viewport_size({"width": width, "height": 900})

    def layout():
        boxes = [page.locator(name).bounding_box() for name in (".sides", ".matrix", ".behind")]
        return [[round(box[side]) for side in ("x", "y", "width", "height")] for box in boxes]

    before = layout()
    page.locator(".word.query").nth(2).hover()
    assert layout() == before
    page.get_by_role("button", name="only head 1").click()
    assert layout() == before
    page.get_by_role("slider", name="temperature").press("End")
    assert layout() == before
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def hue(thumbnail):
    """The colour of a thumbnail's strongest pixel, as Python writes colours."""
    pixels = thumbnail.evaluate("c => [...c.getContext('2d').getImageData(0, 0, 9, 9).data]")
    *color, _ = max(zip(*[iter(pixels)] * 4), key=lambda pixel: pixel[3])
    return min(COLORS, key=lambda known: sum(abs(a - b) for a, b in zip(color, rgb(known))))


def rgb(color):
    """#0072b2 → [0, 114, 178]"""
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]


LOAD = """from transformer_lib.translator import Translator
from lesson.widgets import attention_state
from lesson.widgets.attention_view import AttentionView
attention_state.MOST_CARRIED = 0  # so that Python is asked for q and k
view = AttentionView(Translator.load("tiny.safetensors"), "I am a student")
view"""


def test_python_reads_what_is_typed(lab, run_cells):
    tiny_translator().save(lab.folder / "tiny.safetensors")
    seen = run_cells(LOAD, "print(view)")  # run again after all that is done below
    page = seen.page.locator(".attention-view")
    page.wait_for()
    twin = AttentionView(tiny_translator(), STUDENT)
    page.scroll_into_view_if_needed()
    seen.screenshot("attention_view_light")
    assert [hue(chip) for chip in page.locator("canvas").all()] == COLORS[:2]
    page.locator("td[role=gridcell]").nth(6).click()
    head = twin.weights()[:, 1, 2].argmax()
    query = twin.recorded["cross"].layers[0].q[0, head, 1]
    expect(page.locator(".behind td")).to_have_count(48)
    drawn = read(page.locator(".behind tr").first.locator("td").all_inner_texts())
    assert drawn == pytest.approx(query[:8].tolist(), abs=0.0052)

    source, target = (page.get_by_label(name) for name in ("source", "target"))
    source.fill("the black zebra")
    source.press("Enter")
    twin.read("the black zebra")
    expect(page.locator(".word.key")).to_have_text(["the", "black", "zebra"])
    assert_marked(page.locator(".word.key"), ["zebra"])
    expect(target).to_have_value(twin.target)
    expect(page.locator(".note").first).to_contain_text("<unknown>: zebra")
    target.fill("le chat est")
    target.press("Enter")
    twin.read("the black zebra", "le chat est")
    expect(page.locator(".word.query small")).to_have_text([f"→ {w}" for w in twin.next_words])
    seen.page.mouse.move(0, 0)
    assert_drawn(page, twin)

    source.fill("")
    source.press("Enter")
    expect(page.locator(".message.trouble")).to_contain_text("Not read: the text '' holds 0 tokens")
    source.fill("the black zebra")
    target.fill("neither read nor kept")
    page.get_by_role("button", name="let the model translate").click()
    twin.read("the black zebra")
    expect(target).to_have_value(twin.target)
    expect(page.locator(".trouble")).to_have_count(0)

    slider = page.get_by_role("slider", name="temperature")
    slider.focus()
    cells = "jupyterapp.shell.currentWidget.content.widgets.length"
    before = seen.page.evaluate(cells)
    for key in ("ArrowRight", "ArrowRight", "a"):  # at "a" JupyterLab would insert a cell
        seen.page.keyboard.press(key)
    assert seen.page.evaluate(cells) == before
    page.get_by_role("button", name="only head 1").click()
    twin.temperature, twin.locked = 1.2, [1]
    assert_drawn(page, twin)
    seen.theme("JupyterLab Dark")
    seen.page.wait_for_selector("body[data-jp-theme-light='false']", state="attached")
    seen.screenshot("attention_view_dark")
    seen.theme("JupyterLab Light")
    seen.page.evaluate(
        """() => {
            jupyterapp.shell.currentWidget.content.activeCellIndex = 1;
            return jupyterapp.commands.execute('notebook:run-cell');
        }"""
    )
    expect(seen.page.locator(".jp-OutputArea-output").last).to_have_text(f"{twin!r}\n")
    assert seen.errors() == []
    assert seen.problems == []
