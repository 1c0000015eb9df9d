"""What an exercise is made of."""

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor


class Mistake(NamedTuple):
    """A wrong answer that people really give, and what to tell them."""

    name: str
    function: Callable
    hint: str


def no_inputs() -> list[tuple]:
    """The cases of a number or a shape to fill in: one, and it takes nothing."""
    return [()]


def as_it_is(answer: object) -> object:
    """How most answers are read."""
    return answer


@dataclass(frozen=True)
class Exercise:
    """What is asked, how it is judged and what helps.

    spec: the definition as slow loops, called like the exercise; one without parameters
          asks for a plain answer, a number or a shape
    solution: a short right answer, NAME_solution in the same file: a function, or the plain answer
    statement: what to do, in Markdown: goal, shapes, an example
    stars: how hard it is, from 1 to 3
    minutes: how long it takes
    cases: gives the inputs of each call, the smallest first
    given: the broken function of a repair, NAME_given in the same file; what still behaves like
           it is not attempted
    reads: what of an answer counts, where many answers are right; a plan, say
    tolerance: how far a number may lie from the right one
    notebook: the number of the notebook that asks it, filled in by catalogue.py
    """

    spec: Callable
    solution: object
    statement: str
    stars: int
    minutes: int
    hints: tuple[str, ...]
    mistakes: tuple[Mistake, ...]
    cases: Callable[[], Iterable[tuple]] = no_inputs
    given: Callable | None = None
    reads: Callable[[object], object] = as_it_is
    tolerance: float = 1e-4
    notebook: str = ""

    @property
    def name(self) -> str:
        """What `check` and `hint` call it."""
        return self.spec.__name__

    @property
    def inputs(self) -> list[str]:
        """The names of the inputs."""
        return list(inspect.signature(self.spec).parameters)

    @property
    def is_answer(self) -> bool:
        """True when a number, a shape or a plan is asked for, not a function."""
        return not self.inputs

    def read(self, function: Callable) -> Callable:
        """The function, with what counts of its answer in place of the answer."""
        return lambda *inputs: self.reads(function(*inputs))

    def code(self, role: str, called: str) -> str:
        """What its file says after NAME_role, "solution" or "given", under the name `called`."""
        name = f"{self.name}_{role}"
        text = inspect.getsource(sys.modules[self.spec.__module__])
        return re.sub(rf"\b{name}\b", called, definition(text, name))


def definition(text: str, name: str) -> str:
    """The lines of a Python text that say what a name stands for, comments included."""
    for statement in ast.parse(text).body:
        targets = getattr(statement, "targets", [statement])
        if name in (getattr(target, "id", getattr(target, "name", "")) for target in targets):
            return "\n".join(text.splitlines()[statement.lineno - 1 : statement.end_lineno])
    raise ValueError(f"Needed a definition of {name}, and there is none: write one.")


def draw(seed: int, *shapes: tuple[int, ...]) -> tuple[Tensor, ...]:
    """Tensors of numbers around ±1, one decimal each, the same ones at every call."""
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(shape, generator=generator).mul(10).round() / 10 for shape in shapes)
