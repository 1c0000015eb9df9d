"""The picture of a report: expected beside got, and which cells are framed."""

import math
import re

import pytest
import torch

from lesson.exercises.core import check
from lesson.exercises.judging.picture import draw, picture_of
from lesson.plots import heatmap


def frames(figure):
    """The (row, column) of the framed cells, side by side."""
    return [
        [(round(p.get_y() + 0.46), round(p.get_x() + 0.46)) for p in ax.patches if not p.get_fill()]
        for ax in figure.axes
    ]


def title(ax):
    """What stands above, wherever the style puts it."""
    return ax.get_title() or ax.get_title(loc="left")


def numbers(ax):
    """What is written in the cells."""
    return [text.get_text() for text in ax.texts]


def test_cells_that_differ_are_framed_on_both_sides():
    picture = check("causal_mask", lambda n: torch.ones(n, n).bool()).picture
    figure = draw(picture)
    assert frames(figure) == [[(0, 1)], [(0, 1)]]
    assert [title(ax) for ax in figure.axes] == ["expected", "got"]
    assert picture.alt == (
        "Expected: True False; True True. Got: True True; True True. Framed: row 0 column 1."
    )


def test_where_everything_differs_nothing_is_framed():
    picture = picture_of(torch.zeros(2, 3), torch.ones(2, 3), 1e-4)
    assert frames(draw(picture)) == [[], []] and "Framed" not in picture.alt


def test_of_a_larger_tensor_the_first_matrix_that_differs_is_drawn():
    expected, got = torch.zeros(2, 3, 2, 5), torch.zeros(2, 3, 2, 5)
    got[1, 2, 0, 4] = 1.0
    picture = picture_of(expected, got, 1e-4)
    assert picture.where == " [1, 2]" and picture.wrong.nonzero().tolist() == [[0, 4]]
    assert title(draw(picture).axes[0]) == "expected [1, 2]"


def test_a_row_is_a_matrix_of_one_row():
    picture = picture_of(torch.arange(3), torch.tensor([0, 2, 2]), 0)
    assert numbers(draw(picture).axes[1]) == ["0", "2", "2"]
    assert frames(draw(picture))[0] == [(0, 1)]


def test_numbers_that_are_none_are_written_out():
    got = torch.tensor([[math.nan, math.inf], [-math.inf, -0.5]])
    picture = picture_of(torch.zeros(2, 2), got, 1e-4)
    assert numbers(draw(picture).axes[1]) == ["nan", "inf", "−inf", "−0.50"]


def test_other_shapes_and_kinds_are_drawn_without_frames():
    for got in (torch.ones(3, 2), torch.ones(2, 3).bool(), torch.ones(1, 7, 2, 3)):
        picture = picture_of(torch.zeros(2, 3), got, 1e-4)
        assert frames(draw(picture)) == [[], []]


@pytest.mark.parametrize("got", [None, 3.0, torch.zeros(0, 3), torch.zeros(2, 41), [[0.0]]])
def test_what_is_no_matrix_is_not_drawn(got):
    assert picture_of(torch.zeros(2, 3), got, 1e-4) is None


def test_a_report_shows_the_picture_and_its_words():
    report = check("softmax_rows", lambda scores: scores.softmax(0))
    page = report._repr_markdown_()
    (alt,) = re.findall(r'<img [^>]*alt="([^"]*)" src="data:image/png;base64,', page)
    assert alt == report.picture.alt and "expected (2, 3)" not in page
    assert "scores (2, 3)" in page and "expected (2, 3)" in repr(report)


def test_a_report_without_a_matrix_is_text():
    report = check("dot_product", lambda q, k: 0)
    assert report.picture is None and "expected   got\n1          0" in report._repr_markdown_()


def test_plus_is_blue_and_minus_red_as_in_every_heat_map():
    numbers = torch.tensor([[1.0, -1.0]])
    report = draw(picture_of(numbers, numbers, tolerance=0.1)).axes[0].images[0]
    heat = heatmap(numbers, signed=True).images[0]
    for image in (report, heat):
        (red, _, blue, _), (red_below, _, blue_below, _) = image.to_rgba(numbers)[0]
        assert blue > red and red_below > blue_below
    assert report.cmap.name == heat.cmap.name
