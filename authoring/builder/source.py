"""Read a percent source: the one form of a notebook that is edited by hand.

A cell starts with `# %%` or `# %% [markdown]`; after that may stand
    tags=["solution"]  covers="D2 X6"  proves="X6"  lang="ko"  jupyter={"source_hidden": true}
    jp-MarkdownHeadingCollapsed=true  slideshow={"slide_type": "slide"}
The cells that a teacher shows say how: a new "slide", a further one of the topic ("subslide"), or
a "fragment", which appears on the same slide at the next key press; all others are not shown.
A code cell that decides a claim, by an assert or by what it prints, `proves` it (errata.py).
A Markdown cell with exercise="causal_mask" asks that exercise: it holds the words above what is
asked, a heading in most cases, and exercises.py adds the rest. `read` gives it as it was written.
A Markdown cell with lang="ko" follows the English Markdown cell that it stands for.
"""

import json
import re
from pathlib import Path

import jupytext
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode, from_dict

from authoring import WORKSHOP, Refused
from authoring.builder.canonical import KEPT, slide_type

WRITTEN = {*KEPT, "lang", "exercise"}
SLIDE_TYPES = ("slide", "subslide", "fragment", "skip")


def sources(root: Path) -> list[Path]:
    """The sources of all notebooks, in the order of the course."""
    return sorted((root / WORKSHOP / "sources").glob("[0-9][0-9]_*.py"))


def find(root: Path, word: str) -> Path:
    """The source that a reader means by "3", "03" or "03_topic"."""
    number = word.zfill(2) if word.isdigit() else word
    found = [path for path in sources(root) if number in (path.stem, path.stem[:2])]
    if len(found) != 1:
        there = ", ".join(path.stem for path in sources(root)) or "none yet"
        raise Refused(f"`{word}` names {len(found)} sources; name one of these: {there}.")
    return found[0]


def split(text: str) -> list[str]:
    """The text of each cell as written, header line included."""
    return re.split(r"(?m)^(?=# %%)", text)[1:]


def read(path: Path) -> list[NotebookNode]:
    """The cells of a source in both languages; metadata["line"] says where each one starts."""
    text = path.read_text(encoding="utf-8")
    cells, line = jupytext.reads(text, fmt="py:percent").cells, 1
    if not text.startswith("# %%") or len(cells) != len(split(text)):
        raise Refused(f"{path.name} has text outside its cells; begin the file with a `# %%` line.")
    previous = None
    for cell, chunk in zip(cells, split(text), strict=True):
        cell.metadata.pop("lines_to_next_cell", None)  # jupytext counts blank lines between cells
        check_header(cell, previous, f"{path.name}, line {line}")
        cell.metadata["line"] = line
        line += chunk.count("\n")
        previous = cell
    check_slides(cells, path.name)
    return cells


def plain(cell: NotebookNode) -> str:
    """The code of a cell as Python alone, without IPython's `%time` and its like."""
    return TransformerManager().transform_cell(cell.source)


def check_header(cell: NotebookNode, previous: NotebookNode | None, where: str) -> None:
    """Refuse a cell that is empty, has an unknown key, or a known one in the wrong place."""
    if not cell.source.strip():
        raise Refused(f"{where}: the cell is empty; fill it or remove its `# %%` line.")
    for key in cell.metadata.keys() - WRITTEN:
        raise Refused(f"{where}: unknown key `{key}`; use one of {', '.join(sorted(WRITTEN))}.")
    if "exercise" in cell.metadata and (cell.cell_type != "markdown" or is_korean(cell)):
        raise Refused(f"{where}: `exercise` is only for English Markdown; write `# %% [markdown]`.")
    if "lang" not in cell.metadata:
        return
    if cell.metadata["lang"] != "ko" or cell.cell_type != "markdown":
        raise Refused(f'{where}: `lang` is only for Markdown, and only `lang="ko"`.')
    if previous is None or previous.cell_type != "markdown" or is_korean(previous):
        raise Refused(f"{where}: put Korean text right after the English Markdown cell it is for.")


def check_slides(cells: list[NotebookNode], name: str) -> None:
    """Refuse an unknown kind of slide, and a lecture that does not begin with a slide."""
    for cell in cells:
        written = cell.metadata.get("slideshow")
        if written is not None and written not in [{"slide_type": kind} for kind in SLIDE_TYPES]:
            raise Refused(
                f"{name}, line {cell.metadata['line']}: `slideshow` is {json.dumps(written)}; "
                f'write {{"slide_type": "…"}} with one of {", ".join(SLIDE_TYPES)}.'
            )
    first = next(filter(slide_type, cells), None)
    if first is not None and slide_type(first) != "slide":
        raise Refused(
            f"{name}, line {first.metadata['line']}: the lecture begins with a "
            f"{slide_type(first)}, which needs a slide before it; make it a slide."
        )


def is_korean(cell: NotebookNode) -> bool:
    """True for a cell that only the Korean notebook shows."""
    return cell.metadata.get("lang") == "ko"


def english(cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells of the English notebook."""
    return [cell for cell in cells if not is_korean(cell)]


def korean(cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells of the Korean notebook: a Korean cell takes the place of the one before it.

    It inherits the header of the English cell, so tags and covers are written once.
    """
    chosen = []
    for cell in cells:
        if is_korean(cell):
            inherited = {**chosen.pop().metadata, **cell.metadata}
            cell = from_dict({**cell, "metadata": inherited})
        chosen.append(cell)
    return chosen
