"""The position explorer in a browser: what is drawn are the numbers of positions.sinusoids."""

import math
import re

import pytest
import torch
from playwright.sync_api import expect

from lesson.widgets import position_explorer as module
from lesson.widgets.position_explorer import BASES, SCHEMES, PositionExplorer
from transformer_lib.positions import sinusoids

PIXELS = """canvas => Array.from(
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
)"""


def put(seen, **state):
    """Set state on the page of its own."""
    for name, value in state.items():
        change = "([name, value]) => document.getElementById('view').model.set(name, value)"
        seen.page.evaluate(change, [name, value])


def numbers(text):
    """All numbers in words of the page."""
    return [float(part) for part in re.findall(r"-?\d+\.\d+", text.replace("−", "-"))]


def drawn_curve(chart, look):
    """The heights of a line, read off the grid lines of its chart, whose values are -1, 0, 1."""
    grid = sorted(float(line.get_attribute("y1")) for line in chart.locator("line.rule").all())
    points = chart.locator(f"polyline.{look}").get_attribute("points").split()
    return [(grid[1] - float(point.split(",")[1])) / (grid[1] - grid[0]) for point in points]


@pytest.mark.parametrize("base", BASES)
def test_the_heat_map_is_the_table_of_python(alone, base):
    view = PositionExplorer(length=31, d_model=14, base=base)
    seen = alone(view)
    data = torch.tensor(seen.page.locator("canvas").first.evaluate(PIXELS)).view(31, 14, 4)
    red, blue, strength = data[..., 0], data[..., 2], data[..., 3] / 255
    table = view.table()
    assert (strength - table.abs()).abs().max() < 1 / 255
    clear = table.abs() > 0.1
    assert ((red < blue) == (table > 0))[clear].all()
    assert seen.problems == []


def test_a_cell_is_read_with_the_mouse_and_with_keys(alone):
    view = PositionExplorer(d_model=8)
    seen = alone(view)
    canvas, reading = seen.page.locator("canvas").first, seen.page.locator(".heat output").first
    assert numbers(reading.inner_text()) == [round(view.table()[7, 6].item(), 2)]
    box = canvas.bounding_box()
    seen.page.mouse.move(box["x"] + box["width"] * 4.5 / 8, box["y"] + box["height"] * 7.5 / 64)
    assert reading.inner_text() == "position 7, feature 4: sin(7 / 100) = 0.07"
    seen.page.mouse.down()
    seen.page.mouse.up()
    assert [seen.states(name) for name in ("position", "pair")] == [7, 2]
    seen.page.mouse.move(0, 0)
    for key, position, feature in [
        ("ArrowDown", 8, 4),
        ("ArrowRight", 8, 5),
        ("ArrowRight", 8, 6),
        ("ArrowRight", 8, 7),
        ("ArrowRight", 8, 7),  # there is no feature 8
        ("ArrowUp", 7, 7),
        ("ArrowLeft", 7, 6),
    ]:
        canvas.press(key)
        assert seen.states("position") == position and seen.states("pair") == feature // 2
        value = view.table()[position, feature].item()
        wave = "cos" if feature % 2 else "sin"
        start = f"position {position}, feature {feature}: {wave}({position} / "
        assert reading.inner_text().startswith(start)
        assert numbers(reading.inner_text())[-1] == pytest.approx(value, abs=0.005)
    assert seen.problems == []


def test_the_curves_go_through_the_table_of_python(alone):
    view = PositionExplorer(length=23, d_model=10)
    seen = alone(view)
    for pair in range(5):
        put(seen, pair=pair)
        chart = seen.page.locator("svg.chart[aria-label^='sine and cosine']")
        for look, feature in [("first", 2 * pair), ("second", 2 * pair + 1)]:
            drawn = torch.tensor(drawn_curve(chart, look))[::8]
            torch.testing.assert_close(drawn, view.table()[:, feature], atol=1e-4, rtol=0)
        view.pair = pair
        long = f"{view.wavelength:.3g}" if pair < 3 else f"{view.wavelength:,.0f}".replace(",", " ")
        expect(seen.page.get_by_text(f"One turn takes {long} positions: ")).to_be_visible()


@pytest.mark.parametrize("position, offset", [(7, 5), (0, 64), (30, 0)])
def test_only_the_distance_counts(alone, position, offset):
    seen = alone(PositionExplorer(length=31, d_model=14))
    put(seen, position=position, offset=offset)
    table = sinusoids(200, 14)
    wanted = (table[0] @ table[offset]).item()
    told = seen.page.get_by_text(re.compile(r"^PE\(\d+\) · PE\(\d+\) = "))
    for line, start in zip(told.all(), [position, position + 31], strict=True):
        assert line.inner_text().startswith(f"PE({start}) · PE({start + offset}) = ")
        assert numbers(line.inner_text()) == [pytest.approx(wanted, abs=0.006)]
    chart = seen.page.locator("svg.chart[aria-label^='dot products']")
    points = chart.locator("polyline").get_attribute("points").split()
    rings = [
        f"{ring.get_attribute('cx')},{ring.get_attribute('cy')}"
        for ring in chart.locator("circle").all()
    ]
    assert len(points) == 65 and len(rings) == 33
    for point, ring in zip(points[::2], rings, strict=True):
        there = [float(part) for part in ring.split(",")]
        assert [float(part) for part in point.split(",")] == pytest.approx(there, abs=1e-6)


@pytest.mark.parametrize("pair, position, offset", [(0, 7, 5), (2, 30, 64), (6, 3, 1)])
def test_the_shift_is_a_rotation(alone, pair, position, offset):
    seen = alone(PositionExplorer(d_model=14))
    put(seen, pair=pair, position=position, offset=offset)
    sine, cosine = sinusoids(200, 14)[position + offset, 2 * pair : 2 * pair + 2].tolist()
    for name, wanted in [("sine", sine), ("cosine", cosine)]:
        line = seen.page.get_by_text(re.compile(f"^{name} at {position + offset}: "))
        line = line.inner_text()
        c, one, s, other, result = numbers(line)
        assert result == pytest.approx(wanted, abs=0.006)
        turned = c * one + s * other if name == "sine" else c * one - s * other
        assert turned == pytest.approx(wanted, abs=0.03)
        assert c**2 + s**2 == pytest.approx(1, abs=0.03)
    tip = seen.page.locator("svg.chart path.there").get_attribute("d").split("L")[1]
    x, y = (float(part) for part in tip.split("M")[0].split(","))
    assert math.atan2(95 - y, x - 95) == pytest.approx(math.atan2(sine, cosine), abs=1e-6)


def twins(values):
    """The words for the first two positions whose single numbers are nearly equal."""
    pairs = ((early, later) for later in range(len(values)) for early in range(later))
    early, later = next(pair for pair in pairs if abs(values[pair[0]] - values[pair[1]]) < 0.005)
    return f"rows {early} and {later} nearly equal"


def steps(table):
    """The words for how far neighbours are apart."""
    sizes = table.view(len(table), -1).diff(dim=0).square().mean(-1).sqrt()
    return f"from {sizes.min():.2f} to {sizes.max():.2f}"


PLACES = torch.arange(64.0)
DIGITS = PLACES[:, None].long() >> torch.arange(32) & 1
BROKEN = {
    "whole numbers": {"bounded": "values up to 63", "no end": "values up to 127 by row 127"},
    "position ÷ length": {
        "same step": f"{1 / 64:.3f}; at length 128: {1 / 128:.3f}",
        "no end": f"values up to {127 / 64:.2f} by row 127",
    },
    "sigmoid": {"unique": twins(PLACES.sigmoid()), "same step": steps(PLACES.sigmoid())},
    "one sine": {"unique": twins(PLACES.sin()), "same step": steps(PLACES.sin())},
    "binary digits": {"same step": steps(DIGITS.float())},
    "random vectors": {"same step": "from ", "no end": "no rule tells row 127"},
}


def test_each_scheme_breaks_what_it_is_said_to_break(alone):
    seen = alone(PositionExplorer())
    assert set(BROKEN) == set(SCHEMES)
    assert seen.page.locator("select option").all_inner_texts() == list(SCHEMES)
    good, bad = seen.page.locator(".verdicts").all()
    step = sinusoids(2, 32).diff(dim=0).square().mean().sqrt()
    assert good.locator("li b").all_inner_texts() == ["✓ keeps"] * 4
    assert good.locator("li").nth(2).locator("span").last.inner_text() == f"always {step:.2f}"
    for scheme, wanted in BROKEN.items():
        seen.page.locator("select").select_option(scheme)
        lines = [line.locator("b, span").all_inner_texts() for line in bad.locator("li").all()]
        found = {name: told for mark, name, told in lines if mark == "✗ breaks"}
        assert found.keys() == wanted.keys()
        for name, told in wanted.items():
            assert found[name].startswith(told)
    assert seen.problems == []


def test_sliders_go_as_far_as_python_does(alone):
    view = PositionExplorer(length=40, d_model=14)
    seen = alone(view)
    sliders = seen.page.locator("input[type=range]")
    ends = [[int(s.get_attribute(end)) for end in ("min", "max")] for s in sliders.all()]
    assert ends == [
        [0, len(BASES) - 1],
        [module.SHORTEST, module.LONGEST],
        [0, 6],
        [0, 39],
        [0, module.FARTHEST],
    ]
    for index, base in enumerate(BASES):
        sliders.first.fill(str(index))
        assert seen.states("base") == base
    put(seen, position=39)
    sliders.nth(1).fill("10")
    assert seen.states("position") == 9 and sliders.nth(3).get_attribute("max") == "9"


@pytest.mark.parametrize("width", [500, 600, 900])
def test_nothing_jumps_and_nothing_is_cut(alone, width):
    seen = alone(PositionExplorer())
    page = seen.page
    page.set_viewport_size({"width": width, "height": 900})
    height = page.locator(".live-view").bounding_box()["height"]
    for state in (
        {"scheme": "one sine", "length": 128},
        {"scheme": "position ÷ length", "base": 1_000_000, "pair": 15},
        {"position": 127, "offset": 64, "scheme": "random vectors", "base": 10},
    ):
        put(seen, **state)
        assert page.locator(".live-view").bounding_box()["height"] == height
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_in_jupyterlab_python_hears_of_every_move(run_cells):
    seen = run_cells(
        "from lesson.widgets.position_explorer import PositionExplorer",
        "view = PositionExplorer(d_model=8)\nview",
        "import ipywidgets\n"
        "told = ipywidgets.HTML()\n"
        "view.observe(lambda change: setattr(told, 'value', repr(view)))\n"
        "told",
    )
    page = seen.page
    canvas = page.locator(".position-explorer canvas").first
    canvas.wait_for()
    canvas.scroll_into_view_if_needed()
    canvas.click(position={"x": 5, "y": 5})  # feature 0 of position 1
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    page.get_by_role("slider", name="length").press("Home")
    page.locator(".position-explorer select").select_option("binary digits")
    state = "8 positions of 8 features, base 10000: pair 1, position 2, offset 5"
    expect(page.locator(".widget-html")).to_have_text(
        f"PositionExplorer({state}, beside binary digits)"
    )
    value = sinusoids(8, 8)[2, 2].item()
    expect(page.locator(".heat output").first).to_have_text(
        f"position 2, feature 2: sin(2 / 10) = {value:.2f}"
    )
    strength = torch.tensor(canvas.evaluate(PIXELS)).view(8, 8, 4)[..., 3] / 255
    assert (strength - sinusoids(8, 8).abs()).abs().max() < 1 / 255
    seen.theme("JupyterLab Dark")
    seen.screenshot("position_explorer_dark")
    seen.theme("JupyterLab Light")
    assert seen.errors() == [] and seen.problems == []
