"""Run an attempt without letting it crash, hang or spoil its inputs."""

import copy
import ctypes
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import NamedTuple

from torch import Tensor

from lesson.exercises.judging.compare import equal


class Outcome(NamedTuple):
    """What came of one call."""

    value: object = None
    error: BaseException | None = None  # instead of a value
    changed: tuple[int, ...] = ()  # which inputs the call overwrote


class TimeUp(BaseException):
    """Thrown into an attempt that runs too long; `except Exception` does not hold it."""


def call(function: Callable, inputs: tuple) -> Outcome:
    """Call a function on a copy of the inputs; whatever it raises is an outcome too."""
    copies = copy.deepcopy(inputs)
    try:
        value = settled(function(*copies))
    except TimeUp:
        raise
    except BaseException as error:
        return Outcome(error=error)
    pairs = enumerate(zip(inputs, copies))
    return Outcome(value, changed=tuple(i for i, pair in pairs if not equal(*pair, tolerance=0)))


def settled(value: object) -> object:
    """A tensor as plain numbers that can be compared and printed; without axes it is a number."""
    if not isinstance(value, Tensor):
        return value
    value = value.detach().cpu().to_dense()
    return value if value.dim() else value.item()


def call_all(function: Callable, cases: list[tuple], seconds: float) -> list[Outcome]:
    """Call a function on case after case; when the time is up, the last outcome says so.

    In a thread, because an alarm works neither on Windows nor outside the main thread.
    """
    outcomes = []
    thread = Thread(target=collect, args=(outcomes, function, cases), daemon=True)
    thread.start()
    try:
        thread.join(seconds)
    except KeyboardInterrupt:  # the stop button, pressed before the time was up
        stop(thread, seconds)
        raise
    finished = outcomes.copy()
    if len(finished) < len(cases):
        finished.append(Outcome(error=stop(thread, seconds)))
    return finished


def collect(outcomes: list[Outcome], function: Callable, cases: list[tuple]) -> None:
    """Append one outcome after the other until all are there or the time is up."""
    with suppress(TimeUp):
        for inputs in cases:
            outcomes.append(call(function, inputs))


def stop(thread: Thread, seconds: float) -> TimeUp:
    """Throw TimeUp into a thread and say honestly whether that ended it."""
    ident = ctypes.c_ulong(thread.ident)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(TimeUp))
    thread.join(timeout=1)
    running = "is still running: Kernel ▸ Restart Kernel ends it"
    end = running if thread.is_alive() else "was stopped"
    return TimeUp(f"It gave no answer within {seconds:g} s and {end}.")
