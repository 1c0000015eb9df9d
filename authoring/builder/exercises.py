"""An exercise is one cell of a source, and five of a notebook.

    # %% [markdown] exercise="causal_mask"
    # ### 1 · The look-ahead mask

Only these lines are the source's. What is asked below them, the stub, its check and, folded away,
the solution with a check of its own are written from the exercise in `lesson/exercises/topics/`.
"""

import dis
import inspect
from contextlib import suppress

from nbformat import NotebookNode, v4

from authoring import Refused
from authoring.builder.source import is_korean, plain
from lesson.exercises.catalogue import find
from lesson.exercises.judging.exercise import Exercise

KEY = "exercise"  # in the header of a source's cell, and of the cells made from it
FOLDED = {"jp-MarkdownHeadingCollapsed": True, "tags": ["solution"]}
HIDDEN = {"tags": ["solution"], "jupyter": {"source_hidden": True}}


def expanded(cells: list[NotebookNode], where: str) -> list[NotebookNode]:
    """The cells of a source as its notebook has them; Korean text follows what is asked.

    Raises Refused when there is no exercise of that name; it says `where`, in which file.
    """
    names, done, rest = names_given(cells), [], []
    for cell in cells:
        if not is_korean(cell):
            done += rest
            cell, *rest = shown(cell, names, where)
        done.append(cell)
    return done + rest


def shown(cell: NotebookNode, names: set[str], where: str) -> list[NotebookNode]:
    """What a notebook has for one cell of a source: the five of an exercise, or the cell itself."""
    if KEY not in cell.metadata:
        return [cell]
    try:
        exercise = find(cell.metadata[KEY])
    except ValueError as error:
        raise Refused(f"{where}, line {cell.metadata['line']}: {error}") from error
    first = v4.new_markdown_cell(asked(cell.source, exercise), metadata=dict(cell.metadata))
    return [first, *cells_below(exercise, names, cell.metadata["line"])]


def cells_below(exercise: Exercise, names: set[str], line: int) -> list[NotebookNode]:
    """What stands below the question: stub, check, and the solution under its heading."""
    name = exercise.name
    yours, ours = f"{name}_by_you" if name in names else name, f"{name}_solution"
    gap = "\n" if exercise.is_answer else "\n\n\n"
    cells = [
        v4.new_code_cell(stub(exercise, yours), metadata={"tags": ["exercise"]}),
        v4.new_code_cell(f'check("{name}", {yours})'),
        v4.new_markdown_cell("#### Solution", metadata=dict(FOLDED)),
        v4.new_code_cell(
            exercise.code("solution", called=ours) + gap + f'check("{name}", {ours})',
            metadata=dict(HIDDEN),
        ),
    ]
    for cell in cells:
        cell.metadata.update({KEY: name, "line": line})
    return cells


def endings(exercise: Exercise) -> tuple[str, str]:
    """What follows the author's lines: where they end in a heading, and where they do not."""
    effort = f"{'★' * exercise.stars} {exercise.minutes} min"
    statement = exercise.statement.strip()
    return f" {effort}\n\n{statement}", f"\n\n**{effort}.** {statement}"


def asked(lines: str, exercise: Exercise) -> str:
    """What is asked: the author's lines, how hard it is, and the statement."""
    after_heading, after_text = endings(exercise)
    in_heading = lines.splitlines()[-1].startswith("#")
    return lines + (after_heading if in_heading else after_text)


def own_lines(text: str, exercise: Exercise) -> str | None:
    """The author's lines in what is asked; None when the rest is not as `asked` writes it."""
    for ending in endings(exercise):
        lines = text.removesuffix(ending)
        if lines.strip() and asked(lines, exercise) == text:
            return lines
    return None


def stub(exercise: Exercise, called: str) -> str:
    """Where the learner begins: dots, a function to fill in, or a broken one to repair."""
    if exercise.given:
        return exercise.code("given", called)
    if exercise.is_answer:
        return f"{called} = ..."
    goal = inspect.getdoc(exercise.spec).splitlines()[0]
    head = f"def {called}{inspect.signature(exercise.spec)}:"
    return f'{head}\n    """{goal}"""\n    raise NotImplementedError'


def names_given(cells: list[NotebookNode]) -> set[str]:
    """The names that code in a source gives to something, so that a learner must not."""
    names = set()
    for cell in cells:
        if cell.cell_type == "code":
            with suppress(SyntaxError):  # the run will say so, and where
                code = dis.get_instructions(compile(plain(cell), "", "exec"))
                names |= {step.argval for step in code if step.opname == "STORE_NAME"}
    return names
