"""Bring edits made in the browser back to the percent source.

A built cell's id is made from its text, and the browser keeps ids. So an id that the source
knows marks the same cell, edited or not; every other cell is new. Cells that did not change,
Korean ones included, keep their text in the source to the letter. The five cells of an exercise
go back to the one that asks it; what stands in its topic is edited there.
"""

from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode, v4

from authoring import Refused
from authoring.builder.canonical import cell_ids, kept_metadata
from authoring.builder.exercises import KEY, expanded, names_given, own_lines, shown
from authoring.builder.source import english, is_korean, read, split
from lesson.exercises.catalogue import find
from transformer_lib.files import atomic

AS_WRITTEN = {"notebook_metadata_filter": "-all", "cell_metadata_filter": "all"}


@dataclass
class Written:
    """A cell of the notebook, and how it stands in the source."""

    cell: NotebookNode
    text: str = ""  # nothing for a cell that an exercise adds
    korean: str = ""  # the text of the Korean cell that belongs to it


def written_cells(path: Path) -> dict[str, Written]:
    """The notebook's English cells by id, each with the Korean cell that belongs to it."""
    found, cells = [], read(path)
    names = names_given(cells)
    for cell, text in zip(cells, split(path.read_text(encoding="utf-8")), strict=True):
        if is_korean(cell):
            next(each for each in reversed(found) if each.text).korean = text.rstrip()
        else:
            first, *rest = shown(cell, names, path.name)
            found += [Written(first, text.rstrip()), *map(Written, rest)]
    return dict(zip(cell_ids([each.cell for each in found]), found, strict=True))


def content(cell: NotebookNode) -> tuple:
    """What makes two cells the same to an author."""
    return cell.cell_type, cell.source.strip("\n"), kept_metadata(cell)


def percent(cell: NotebookNode, **more: str) -> str:
    """One cell in percent format, with more in its header."""
    make = v4.new_code_cell if cell.cell_type == "code" else v4.new_markdown_cell
    alone = make(cell.source.strip("\n"), metadata={**more, **kept_metadata(cell)})
    notebook = v4.new_notebook(cells=[alone], metadata={"jupytext": AS_WRITTEN})
    return jupytext.writes(notebook, fmt="py:percent").strip()


def edited(cell: NotebookNode, old: Written | None) -> str:
    """An edited or new cell in percent format; of an exercise, the lines that are the source's.

    Raises Refused when the edit is of what stands in the exercise's topic.
    """
    if old is None or KEY not in old.cell.metadata:
        return percent(cell)
    exercise = find(old.cell.metadata[KEY])
    lines = own_lines(cell.source.strip("\n"), exercise)
    if lines is None:
        topic = exercise.spec.__module__.replace(".", "/")
        raise Refused(
            f"A cell of the exercise `{exercise.name}` was edited, line {old.cell.metadata['line']}"
            f" of the source, and its text stands in {topic}.py: undo it here, edit it there."
        )
    return percent(v4.new_markdown_cell(lines, metadata=cell.metadata), exercise=exercise.name)


def check_same_origin(written: dict[str, Written], cells: list, name: str, drop: bool) -> None:
    """Refuse when the source changed since the build, or when cells would be lost."""
    here = {cell.id for cell in cells}
    unedited = here & set(cell_ids(cells))
    if unedited - written.keys():
        raise Refused(
            f"The source of {name} has changed since the notebook was built, so a pull would undo "
            f"that: set the browser's version aside, build, and make the edits again."
        )
    lost = dict.fromkeys(
        str(cell.cell.metadata["line"]) for key, cell in written.items() if key not in here
    )
    if lost and not drop:
        raise Refused(
            f"The notebook {name} lacks the cells at line {', '.join(lost)} of the source. "
            f"Deleted in the browser? Add --drop. Written since the last build? Build first."
        )


def pull(path: Path, notebook: NotebookNode, drop: bool = False) -> tuple[str, list[str]]:
    """The new text of a source, and notes for the author.

    path: the source
    notebook: as the browser saved it
    drop: the author says that cells missing in the notebook were deleted on purpose

    Raises Refused when text could be lost; nothing is written here.
    """
    written, parts, notes = written_cells(path), [], []
    check_same_origin(written, notebook.cells, path.stem, drop)
    for cell in notebook.cells:
        old = written.get(cell.id)
        same = old is not None and content(old.cell) == content(cell)
        parts.append(old.text if same else edited(cell, old))
        if old is not None and old.korean:
            parts.append(old.korean)
            if not same:
                line = old.cell.metadata["line"]
                notes.append(f"The Korean cell after line {line} may need the same change.")
    return "\n\n".join(filter(None, parts)) + "\n", notes


def pull_file(path: Path, notebook_path: Path, drop: bool = False) -> list[str]:
    """Rewrite a source from its notebook, or leave it alone when the result reads differently."""
    notebook = nbformat.read(notebook_path, as_version=4)
    text, notes = pull(path, notebook, drop)
    with atomic(path) as trial:
        trial.write_text(text, encoding="utf-8", newline="\n")
        cells = english(expanded(read(trial), path.name))
        if [*map(content, cells)] != [*map(content, notebook.cells)]:
            raise Refused(
                f"{path.stem} has a cell that a source cannot hold; edit the source instead."
            )
    return notes
