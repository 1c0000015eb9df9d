"""The scaling explorer in a browser: what is drawn are the numbers of Python and torch."""

import math
import re

import pytest
import torch
from playwright.sync_api import expect

from lesson.widgets.scaling_explorer import (
    SIZES,
    ScalingExplorer,
    entropy,
    jacobian_norm,
)

POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
SETTINGS = [(1, 0), (4, 3), (64, 0), (256, 7), (1024, 0), (1024, 3)]  # d_k and query


@pytest.fixture(scope="module")
def view():
    return ScalingExplorer()


def put(seen, view, **state):
    """Set state on the page of its own and in Python."""
    for name, value in state.items():
        change = "([name, value]) => document.getElementById('view').model.set(name, value)"
        seen.page.evaluate(change, [name, value])
        setattr(view, name, value)


def words(seen, panel):
    """The lines under the picture of a panel."""
    return seen.page.locator(".panel").nth(panel).locator(".words div").all_inner_texts()


def value(text):
    """A number of the page: 0.37, 0.07 bits or 5.0 · 10⁻⁶."""
    digits, _, power = text.removesuffix(" bits").partition(" · 10")
    return float(digits) * 10.0 ** int(power.translate(POWERS) or 0)


def heights(seen, panel):
    """The bars of a panel, as shares of the height of its axes."""
    chart = seen.page.locator(".panel").nth(panel).locator("svg.chart")
    grid = [float(line.get_attribute("y1")) for line in chart.locator("line.rule").all()]
    bars = [float(bar.get_attribute("height")) for bar in chart.locator("rect").all()]
    return torch.tensor(bars) / (max(grid) - min(grid))


@pytest.mark.parametrize("scaled", [False, True])
def test_the_bars_are_the_weights_of_python(alone, view, scaled):
    seen = alone(view)
    for d_k, query in SETTINGS:
        put(seen, view, d_k=d_k, query=query, scaled=scaled)
        weights = view.weights(scaled)
        torch.testing.assert_close(heights(seen, 1).double(), weights, atol=1e-4, rtol=0)
        written = seen.page.locator(".panel").nth(1).get_by_text(re.compile(r"^\d\.\d\d$"))
        for text, weight in zip(written.all_text_contents(), weights.tolist(), strict=True):
            assert float(text) == pytest.approx(weight, abs=0.006)
        top = weights.argmax().item()
        assert words(seen, 1)[0].startswith(f"key {top} takes {weights[top]:.2f}")
    assert seen.problems == []


@pytest.mark.parametrize("panel, measure, state", [(2, entropy, 0), (3, jacobian_norm, 1)])
def test_entropy_and_gradient_are_those_of_python(alone, view, panel, measure, state):
    seen = alone(view)
    for d_k, query in SETTINGS:
        put(seen, view, d_k=d_k, query=query)
        for side, line in enumerate(words(seen, panel)):
            name, own, median = re.fullmatch(r"(.+): (.+), median (.+)", line).groups()
            assert name == ["not divided", "divided by √d_k"][side]
            wanted = measure(view.weights(bool(side))).item()
            assert value(own) == pytest.approx(wanted, rel=0.06, abs=0.006 * (panel == 2))
            wanted = (view.entropies, view.gradients)[state][side][SIZES.index(d_k)]
            assert value(median) == pytest.approx(wanted, rel=0.06, abs=0.006 * (panel == 2))
    assert seen.problems == []


def test_the_curves_are_the_medians_of_python(alone, view):
    seen = alone(view)
    chart = seen.page.locator(".panel").nth(3).locator("svg.chart")
    grid = [float(line.get_attribute("y1")) for line in chart.locator("line.rule").all()]
    decade = (max(grid) - min(grid)) / 8  # the axis runs from 1e-8 to 1
    for look, medians in zip(["second", "first"], view.gradients, strict=True):
        points = chart.locator(f"polyline.{look}").get_attribute("points").split()
        powers = [(min(grid) - float(point.split(",")[1])) / decade for point in points]
        assert powers == pytest.approx([math.log10(median) for median in medians], abs=1e-3)


@pytest.mark.parametrize("scaled", [False, True])
def test_the_histogram_counts_every_score(alone, view, scaled):
    seen = alone(view)
    for d_k, _ in SETTINGS:
        put(seen, view, d_k=d_k, scaled=scaled)
        counts = torch.tensor(view.histograms[scaled][SIZES.index(d_k)])
        shares = counts / counts.sum()
        torch.testing.assert_close(heights(seen, 0), shares / 0.4, atol=1e-4, rtol=0)
        deviation, beyond = words(seen, 0)
        wanted = view.deviations[scaled][SIZES.index(d_k)]
        assert deviation.startswith(f"standard deviation {wanted:.2f}, close to √{d_k}")
        assert beyond.startswith(f"{100 * (shares[0] + shares[-1]):.0f} % lie beyond ±32")


def test_slider_and_switch_are_worked_with_keys(alone, view):
    put(seen := alone(view), view, d_k=64, query=0, scaled=False)
    page = seen.page
    page.get_by_role("slider", name="d_k").press("ArrowRight")
    assert seen.states("d_k") == 128
    page.get_by_role("slider", name="d_k").press("End")
    assert seen.states("d_k") == SIZES[-1]
    page.get_by_role("slider", name="query").press("End")
    assert seen.states("query") == len(view.scores[0][0]) - 1
    page.get_by_role("checkbox").press(" ")
    assert seen.states("scaled") is True
    assert page.locator(".now").all_inner_texts() == [words(seen, panel)[1] for panel in (2, 3)]


@pytest.mark.parametrize("width", [500, 600, 900])
def test_nothing_jumps_and_nothing_is_cut(alone, view, width):
    seen = alone(view)
    page = seen.page
    page.set_viewport_size({"width": width, "height": 900})
    put(seen, view, d_k=1, query=0, scaled=False)
    height = page.locator(".live-view").bounding_box()["height"]
    for d_k, query in SETTINGS:
        for scaled in (True, False):
            put(seen, view, d_k=d_k, query=query, scaled=scaled)
            assert page.locator(".live-view").bounding_box()["height"] == height
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_in_jupyterlab_python_hears_of_every_move(run_cells):
    seen = run_cells(
        "from lesson.widgets.scaling_explorer import ScalingExplorer, entropy",
        "view = ScalingExplorer()\nview",
        "import ipywidgets\n"
        "told = ipywidgets.HTML()\n"
        "def tell(change):\n"
        "    told.value = f'{view!r}: {entropy(view.weights(view.scaled)):.2f} bits'\n"
        "view.observe(tell)\n"
        "told",
    )
    page = seen.page
    page.locator(".scaling-explorer").wait_for()
    page.get_by_role("slider", name="query").press("ArrowRight")
    page.get_by_role("slider", name="d_k").press("ArrowLeft")
    page.locator(".scaling-explorer input[type=checkbox]").click()
    told = page.locator(".widget-html")
    state = "ScalingExplorer(d_k = 32, scores divided by √d_k, query 1)"
    expect(told).to_contain_text(state)
    bits = told.inner_text().removeprefix(f"{state}: ")
    expect(page.locator(".now").first).to_contain_text(f"divided by √d_k: {bits}")
    seen.theme("JupyterLab Dark")
    page.locator(".scaling-explorer").scroll_into_view_if_needed()
    seen.screenshot("scaling_explorer_dark")
    seen.theme("JupyterLab Light")
    assert seen.errors() == [] and seen.problems == []
