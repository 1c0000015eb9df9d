"""What `check` and `hint` answer."""

from dataclasses import dataclass

from torch import Tensor

from transformer_lib.exercises.compare import plain
from transformer_lib.exercises.exercise import Mistake

LARGEST = 60  # a tensor with more numbers than this is told by its shape, not printed


@dataclass(frozen=True, repr=False)
class Report:
    """How an attempt fared."""

    name: str
    status: str  # "correct", "wrong" or "not attempted"
    reason: str  # in one or two sentences
    table: str = ""  # the smallest failing case
    mistake: Mistake | None = None  # the known mistake that the attempt behaves like

    def __repr__(self) -> str:
        head = f"{self.name}: {self.status}. {self.reason}"
        return "\n\n".join(part for part in (head, self.table, self.advice) if part)

    def _repr_markdown_(self) -> str:
        head = f"**{self.name}: {self.status}.** {self.reason}"
        table = self.table and f"```text\n{self.table}\n```"
        advice = self.advice and f"> {self.advice}"
        return "\n\n".join(part for part in (head, table, advice) if part)

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


def table(*rows: dict[str, object]) -> str:
    """Named values beside each other, one row of them below the other."""
    return "\n\n".join(beside(*(block(*item) for item in row.items())) for row in rows if row)


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
