"""What `check` and `hint` answer."""

from dataclasses import dataclass

from torch import Tensor

from lesson.exercises.judging.compare import plain
from lesson.exercises.judging.exercise import Mistake
from lesson.exercises.judging.picture import Picture

LARGEST = 60  # a tensor with more numbers than this is told by its shape, not printed


@dataclass(frozen=True, repr=False)
class Report:
    """How an attempt fared."""

    name: str
    status: str  # "correct", "wrong" or "not attempted"
    reason: str  # in one or two sentences
    inputs: str = ""  # the smallest failing case
    results: str = ""  # expected beside got
    picture: Picture | None = None  # the same to be seen
    mistake: Mistake | None = None  # the known mistake that the attempt behaves like

    def __repr__(self) -> str:
        head = f"{self.name}: {self.status}. {self.reason}"
        return "\n\n".join(filter(None, (head, self.inputs, self.results, self.advice)))

    def _repr_markdown_(self) -> str:
        head = f"**{self.name}: {self.status}.** {self.reason}"
        results = self.picture.html() if self.picture else code(self.results)
        advice = self.advice and f"> {self.advice}"
        return "\n\n".join(filter(None, (head, code(self.inputs), results, advice)))

    @property
    def advice(self) -> str:
        """What to try next."""
        if self.mistake:
            return f"It behaves like “{self.mistake.name}”. {self.mistake.hint}"
        return "" if self.status == "correct" else f'For help: `hint("{self.name}")`.'


@dataclass(frozen=True, repr=False)
class Hint:
    """The lines of help asked for so far."""

    lines: tuple[str, ...]
    total: int

    def __repr__(self) -> str:
        told = [f"Hint {i} of {self.total}: {line}" for i, line in enumerate(self.lines, start=1)]
        return "\n".join(told)

    def _repr_markdown_(self) -> str:
        return "\n".join(f"- {line}" for line in repr(self).splitlines())


@dataclass(frozen=True, repr=False)
class Solution:
    """Code to read."""

    source: str

    def __repr__(self) -> str:
        return self.source

    def _repr_markdown_(self) -> str:
        return code(self.source, "python")


def code(text: str, language: str = "text") -> str:
    """Text in a fixed width, for Markdown; nothing for no text."""
    return text and f"```{language}\n{text}\n```"


def table(values: dict[str, object]) -> str:
    """Named values beside each other."""
    return beside(*(block(*item) for item in values.items())) if values else ""


def block(title: str, value: object) -> list[str]:
    """A title and the value below it."""
    if not isinstance(value, Tensor):
        return [title, plain(value)]
    small = 0 < value.numel() <= LARGEST
    return [f"{title} {tuple(value.shape)}", *(matrices(value) if small else ["…"])]


def matrices(value: Tensor) -> list[str]:
    """One line for each row of a tensor, a blank line between one matrix and the next."""
    rows = [[plain(number) for number in row] for row in value.reshape(-1, value.size(-1)).tolist()]
    width = max(len(cell) for row in rows for cell in row)
    height = value.size(-2) if value.dim() > 1 else 1
    lines = []
    for place, row in enumerate(rows):
        if place and height > 1 and place % height == 0:
            lines.append("")
        lines.append(" ".join(cell.rjust(width) for cell in row))
    return lines


def beside(*blocks: list[str]) -> str:
    """Blocks of lines next to each other, three blanks apart."""
    height = max(map(len, blocks))
    columns = []
    for lines in blocks:
        width = max(map(len, lines))
        columns.append([line.ljust(width) for line in lines + [""] * (height - len(lines))])
    return "\n".join("   ".join(line).rstrip() for line in zip(*columns))
