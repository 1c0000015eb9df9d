"""Is this value the one that was needed, and if not, why not?"""

import math
from numbers import Real

import torch
from torch import Tensor


def kind(value: object) -> str:
    """What sort of value this is; only values of one kind are compared number by number."""
    if isinstance(value, Tensor):
        dtype = str(value.dtype).removeprefix("torch.")
        return f"a {dtype} tensor of shape {tuple(value.shape)}"
    if value is None:
        return "nothing (None)"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, Real):
        return "a number"
    if isinstance(value, (list, tuple)):
        return "a row of values"
    return f"a value of type {type(value).__name__}"


def plain(value: object) -> str:
    """A value in one line: three decimals, never an address in memory."""
    if isinstance(value, float):
        return f"{round(value, 3) + 0.0:.3f}"  # + 0.0 turns -0.000 into 0.000
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(plain, value))
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    if callable(value):
        return getattr(value, "__name__", kind(value))
    return str(value) if isinstance(value, (int, str)) else kind(value)


def equal(one: object, other: object, tolerance: float) -> bool:
    """Are the two of one kind and close enough? NaN equals NaN."""
    if kind(one) != kind(other):
        return False
    if isinstance(one, Tensor):
        return not differing(one, other, tolerance).any()
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(equal(*pair, tolerance) for pair in zip(one, other))
    if isinstance(one, Real):
        both_nan = math.isnan(one) and math.isnan(other)
        return both_nan or math.isclose(one, other, rel_tol=0, abs_tol=tolerance)
    return one == other


def differing(one: Tensor, other: Tensor, tolerance: float) -> Tensor:
    """True where two tensors of one shape differ."""
    return ~torch.isclose(one.double(), other.double(), rtol=0, atol=tolerance, equal_nan=True)


def complaint(needed: object, got: object, tolerance: float) -> str:
    """What is wrong with a value, in one sentence; nothing when it is right."""
    if equal(needed, got, tolerance):
        return ""
    if kind(needed) != kind(got):
        return f"Needed {kind(needed)}, got {kind(got)}."
    if not isinstance(needed, Tensor):
        return f"Needed {plain(needed)}, got {plain(got)}."
    wrong = differing(needed, got, tolerance)
    first = tuple(wrong.nonzero()[0].tolist())
    return (
        f"{wrong.sum()} of {wrong.numel()} places differ, the first at {list(first)}: "
        f"needed {plain(needed[first].item())}, got {plain(got[first].item())}."
    )
