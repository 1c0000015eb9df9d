"""The position explorer as Python sees it: state, picture, words, refusals."""

import math

import matplotlib
import matplotlib.pyplot as plt
import pytest

matplotlib.use("Agg")

from lesson.widgets.position_explorer import (  # noqa: E402
    BASES,
    SCHEMES,
    PositionExplorer,
)
from transformer_lib.positions import sinusoids  # noqa: E402


def test_the_table_is_that_of_the_library():
    view = PositionExplorer(length=11, d_model=8, base=100)
    assert view.table().equal(sinusoids(11, 8, 100))
    assert PositionExplorer(d_model=8).table()[7, 4].item() == pytest.approx(math.sin(7 / 100))


@pytest.mark.parametrize("base", BASES)
def test_a_wave_begins_anew_after_its_wavelength(base):
    view = PositionExplorer(d_model=10, base=base)
    view.pair = 3
    angle_per_position = base ** (-6 / 10)
    assert view.wavelength * angle_per_position == pytest.approx(2 * math.pi)


def test_the_words_name_the_state():
    view = PositionExplorer(length=16)
    view.pair, view.position, view.offset, view.scheme = 3, 15, 40, "one sine"
    assert repr(view) == (
        "PositionExplorer(16 positions of 32 features, base 10000: "
        "pair 3, position 15, offset 40, beside one sine)"
    )


def test_the_picture_shows_the_pair_and_the_table():
    view = PositionExplorer(length=17, d_model=6, base=1000)
    view.pair, view.position = 1, 5
    waves = view.draw()
    sine, cosine, here = waves.lines
    assert sine.get_ydata() == pytest.approx(view.table()[:, 2].tolist())
    assert cosine.get_ydata() == pytest.approx(view.table()[:, 3].tolist())
    assert list(here.get_xdata()) == [5, 5]
    assert (waves.figure.axes[1].images[0].get_array() == view.table().numpy()).all()
    plt.close(waves.figure)
    _, alt, _ = view.frame()
    assert "0 to 16: pair 1: one turn in 62.8 positions. sine from 0 to" in alt
    assert "Heat map of sinusoids, 17 positions by 6 features, base 1000." in alt


def test_no_figure_stays_open():
    PositionExplorer().to_html()
    assert not plt.get_fignums()


def test_a_narrow_table_has_the_pair_that_is_shown():
    assert PositionExplorer(d_model=2).pair == 0
    assert PositionExplorer(d_model=6).pair == 2


def test_a_shorter_table_pulls_the_position_along():
    view = PositionExplorer()
    view.position = 40
    view.length = 20
    assert view.position == 19
    view.length = 100
    assert view.position == 19


@pytest.mark.parametrize(
    "name, value, choose",
    [
        ("length", 7, "8 to 128"),
        ("length", 129, "8 to 128"),
        ("pair", -1, "0 to 15"),
        ("pair", 16, "0 to 15"),
        ("position", 64, "0 to 63"),
        ("offset", 65, "0 to 64"),
    ],
)
def test_a_number_that_the_slider_does_not_have_is_refused(name, value, choose):
    view = PositionExplorer()
    before = view.state()
    with pytest.raises(ValueError, match=f"{name}={value} .* slider; choose {choose}"):
        setattr(view, name, value)
    assert view.state() == before


@pytest.mark.parametrize(
    "name, value, choose",
    [("base", 500, "6 .* choose 10, 100, 1000"), ("scheme", "letters", "6 .* whole numbers, ")],
)
def test_an_unknown_choice_is_refused(name, value, choose):
    with pytest.raises(ValueError, match=f"{name}={value!r} .* {choose}"):
        setattr(PositionExplorer(), name, value)


@pytest.mark.parametrize(
    "d_model, message",
    [(7, "d_model=7 is odd"), (0, "d_model=0 .* 2 to 512"), (514, "d_model=514 .* 2 to 512")],
)
def test_a_width_without_pairs_is_refused(d_model, message):
    with pytest.raises(ValueError, match=message):
        PositionExplorer(d_model=d_model)


def test_a_page_is_the_same_every_time():
    assert PositionExplorer(16, 8).document() == PositionExplorer(16, 8).document()


def test_everything_that_moves_is_state():
    state = PositionExplorer().state()
    assert state == {
        "length": 64,
        "d_model": 32,
        "base": 10_000,
        "pair": 4,
        "position": 7,
        "offset": 5,
        "scheme": SCHEMES[0],
    }
