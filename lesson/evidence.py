"""A measurement beside its control: one question is put to both, and their answers must differ.

The control is the same measurement with the claimed cause taken away, or with the rival explanation
in its place. What answers the question alike with and without the cause says nothing about it.
"""

from collections.abc import Callable
from typing import NamedTuple


class Evidence(NamedTuple):
    """One call of `evidence`: what was compared, and what it was."""

    row: str  # of the course's list of topics, such as "A1"
    measured: tuple[str, float]  # what was measured, and how much it was
    control: tuple[str, float]  # what it was held against
    by: float | None  # by how much they must differ at least …
    times: float | None  # … or how many times the larger must be the smaller
    found: bool  # whether all of it was so


FOUND: list[Evidence] = []  # everything that this kernel has compared, in order


def evidence(
    row: str,
    holds: Callable[[float], bool],
    measured: dict[str, float],
    control: dict[str, float],
    by: float | None = None,
    times: float | None = None,
) -> None:
    """Say that a claim holds for what was measured, does not for its control, and by what margin.

    row: the row of the syllabus that is claimed, such as "A1"
    holds: the claim, a question about one number
    measured, control: one name and one number each
    by, times: the margin, one of the two: a least difference, or a least ratio of positive numbers

    Raises AssertionError, with the numbers, when the claim does not hold, when it holds for the
    control as well, or when the two are too near; ValueError for a call that compares nothing.
    """
    ((name, value), (other_name, other)) = one_of_each(row, measured, control)
    margin, apart = far_enough(row, value, other, by, times)
    answers = bool(holds(value)), bool(holds(other))
    found = answers == (True, False) and apart
    FOUND.append(Evidence(row, (name, value), (other_name, other), by, times, found))
    if not found:
        raise AssertionError(
            f"{row} is not shown: {name} is {value:.4g} (the claim holds: {answers[0]}), "
            f"{other_name} is {other:.4g} (it holds: {answers[1]}); needed are True, False and a "
            f"margin of {margin}."
        )
    wide = max(len(name), len(other_name))
    print(f"{name:{wide}}  yes\n{other_name:{wide}}  no\nmargin: {margin}")


def one_of_each(row: str, *sides: dict[str, float]) -> list[tuple[str, float]]:
    """The name and the number of each side, as a plain number."""
    if any(len(side) != 1 for side in sides):
        counts = " and ".join(str(len(side)) for side in sides)
        raise ValueError(
            f"{row}: `measured` and `control` hold {counts} numbers; needed is one each, with its "
            f"name: {{'with attention': 0.97}}."
        )
    return [(name, float(value)) for side in sides for name, value in side.items()]


def far_enough(
    row: str, value: float, other: float, by: float | None, times: float | None
) -> tuple[str, bool]:
    """The margin in words, and whether the two numbers keep it."""
    if (by is None) == (times is None) or (by or times or 0) <= (times is not None):
        raise ValueError(
            f"{row}: the margin came as by={by}, times={times}; give one of the two, `by` above 0 "
            f"or `times` above 1."
        )
    if times is None:
        return f"apart by {by:g} at least", abs(value - other) >= (by or 0)
    large, small = max(value, other), min(value, other)
    return f"{times:g} times at least", small >= 0 and large >= times * small
