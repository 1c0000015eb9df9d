"""A measurement beside its control: what counts as shown, and what is refused."""

import pytest

from lesson import evidence as module
from lesson.evidence import evidence


@pytest.fixture(autouse=True)
def found(monkeypatch):
    """What this test has compared."""
    monkeypatch.setattr(module, "FOUND", [])
    return module.FOUND


def above_half(share):
    return share > 0.5


def test_yes_for_the_measurement_no_for_the_control(found, capsys):
    evidence("A1", above_half, {"with": 0.9}, {"without": 0.1}, by=0.6)
    assert capsys.readouterr().out == "with     yes\nwithout  no\nmargin: apart by 0.6 at least\n"
    assert found == [("A1", ("with", 0.9), ("without", 0.1), 0.6, None, True)]


@pytest.mark.parametrize(
    ("measured", "control", "margin"),
    [
        (0.4, 0.1, {"by": 0.2}),  # the claim does not hold
        (0.9, 0.6, {"by": 0.2}),  # it holds without the cause as well
        (0.1, 0.9, {"by": 0.2}),  # the other way round
        (0.9, 0.45, {"by": 0.46}),  # too near
        (0.9, 0.45, {"times": 2.1}),
        (0.9, -0.9, {"times": 2}),  # no ratio of what is below 0
        (float("nan"), 0.1, {"by": 0.2}),
        (0.9, float("nan"), {"by": 0.2}),
    ],
)
def test_what_is_not_shown_stops_with_its_numbers(measured, control, margin, found):
    with pytest.raises(AssertionError, match=f"A1 is not shown: one is {measured:.4g}.* other is"):
        evidence("A1", above_half, {"one": measured}, {"other": control}, **margin)
    assert [each.found for each in found] == [False]


def test_a_smaller_measurement_may_be_the_claim(found):
    evidence("H4", lambda loss: loss < 0.1, {"warm": 0.01}, {"cold": 2.0}, times=100)
    evidence("H4", lambda loss: loss < 0.1, {"warm": 0.0}, {"cold": 2.0}, times=100)
    assert all(each.found for each in found)


def test_tensors_are_numbers_too(found):
    torch = pytest.importorskip("torch")
    evidence("A1", above_half, {"one": torch.tensor(0.75)}, {"other": torch.tensor(0.0)}, by=0.5)
    assert found[0].measured == ("one", 0.75)


@pytest.mark.parametrize("margin", [{}, {"by": 1, "times": 2}, {"by": 0}, {"by": -1}, {"times": 1}])
def test_a_margin_is_one_of_two_and_above_nothing(margin, found):
    with pytest.raises(ValueError, match="A1: the margin came as by=.*`by` above 0 or `times` abo"):
        evidence("A1", above_half, {"one": 1.0}, {"other": 0.0}, **margin)
    assert not found


@pytest.mark.parametrize("side", [{}, {"one": 1.0, "two": 2.0}])
def test_each_side_is_one_number(side):
    with pytest.raises(ValueError, match=f"hold {len(side)} and 1 numbers; needed is one each"):
        evidence("A1", above_half, side, {"other": 0.0}, by=1)
