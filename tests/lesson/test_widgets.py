"""Live views as Python sees them: state, pictures, words."""

import matplotlib
import matplotlib.pyplot as plt
import pytest

matplotlib.use("Agg")

from lesson import plots  # noqa: E402
from lesson.widgets.knob import Knob  # noqa: E402
from lesson.widgets.view import View  # noqa: E402


@pytest.fixture
def calls():
    return []


@pytest.fixture
def knob(calls):
    def draw(value):
        calls.append(value)
        return plots.bars({"value": [value]}, ["x"], title=f"value {value}")

    return Knob(draw, [1, 2, 5], label="size", start=2)


def test_the_start_is_drawn(knob):
    assert knob.alt == "Bar chart: value 2. value: x 2.00."
    assert knob.image.startswith("data:image/png;base64,")
    assert repr(knob) == "Knob(size = 2, one of 3)"


def test_moving_the_slider_changes_picture_and_words(knob):
    before = knob.image
    knob.index = 2
    assert "value 5" in knob.alt and knob.image != before
    assert repr(knob) == "Knob(size = 5, one of 3)"


def test_each_value_is_drawn_once(knob, calls):
    for index in (2, 0, 2, 1):
        knob.index = index
    assert sorted(calls) == [1, 2, 5]


def test_no_figure_stays_open(knob):
    knob.index = 2
    assert not plt.get_fignums()


def test_a_saved_page_shows_the_picture(knob):
    data, _ = knob._repr_mimebundle_()
    assert data["text/plain"] == repr(knob)
    assert 'alt="Bar chart: value 2. value: x 2.00."' in data["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in data


def test_a_start_outside_the_values_is_refused():
    with pytest.raises(ValueError, match="start=3 .*3 values .*'size'.* 1, 2, 5"):
        Knob(lambda value: None, [1, 2, 5], label="size", start=3)


@pytest.mark.parametrize("index", [-1, 3])
def test_an_index_outside_the_values_is_refused(knob, index):
    with pytest.raises(ValueError, match=f"index {index} .* 0 to 2"):
        knob.index = index
    assert knob.index == 1


class Counter(View):
    """Counts what the page asks for."""

    askable = ("add", "refuse")

    def __init__(self):
        super().__init__()
        self.added = []

    def add(self, text, more=""):
        self.added.append(text + more)

    def refuse(self):
        raise ValueError("0 is too few; give 1.")

    def hidden(self):
        self.added.append("never")


@pytest.fixture
def counter():
    return Counter()


def test_the_page_asks_for_askable_methods_with_texts(counter):
    counter.hear({"verb": "add", "args": ["a"]})
    counter.hear({"verb": "add", "args": ["b", "c"]})
    assert counter.added == ["a", "bc"] and counter.trouble == ""


def test_a_message_from_the_browser_arrives(counter):
    counter._handle_custom_msg({"verb": "add", "args": ["a"]}, [])
    assert counter.added == ["a"]


def test_what_is_refused_is_told_until_something_is_done(counter):
    counter.hear({"verb": "refuse", "args": []})
    assert counter.trouble == "0 is too few; give 1."
    counter.hear({"verb": "add", "args": ["a"]})
    assert counter.trouble == ""


@pytest.mark.parametrize(
    "message",
    [
        {"verb": "hidden", "args": []},
        {"verb": "close", "args": []},
        {"verb": "add", "args": []},
        {"verb": "add", "args": ["a", "b", "c"]},
        {"verb": "add", "args": [5]},
        {"verb": "add", "args": "a"},
        {"verb": ["add"], "args": ["a"]},
        {"verb": "add"},
        {"source": "a"},
        "add",
        None,
    ],
)
def test_a_message_that_makes_no_sense_is_told_and_nothing_is_done(counter, message):
    counter.hear(message)
    assert counter.trouble.startswith(f"the page asked for {message!r}, but this view takes texts")
    assert "add(text, more=''), refuse(); run the cell again" in counter.trouble
    assert counter.added == []


def test_a_view_that_takes_nothing_says_so():
    view = View()
    view.hear({"verb": "read", "args": ["a"]})
    assert "takes texts for nothing; run the cell again" in view.trouble


def test_a_page_without_a_kernel_carries_no_trouble(counter):
    counter.hear({"verb": "refuse", "args": []})
    assert counter.state() == {}
