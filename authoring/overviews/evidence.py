"""The page of evidence: what the course claims, what was measured, and the control beside it.

A row of syllabus.toml says what `kind` it is: an "experiment", whose cells hold a measurement
against its control; an "identity", a definition, shape or formula that code asserts; or a
"quotation" of figures, with its `source`. The numbers come from evidence.json (experiments.py).
"""

import ast
from pathlib import Path

from nbformat import NotebookNode

from authoring import NOTEBOOKS, Refused
from authoring.builder.source import plain
from authoring.experiments import kept
from authoring.overviews.bibliography import section
from authoring.overviews.contents import notebooks
from authoring.overviews.places import Place, places
from authoring.overviews.syllabus import rows

KINDS = ("experiment", "identity", "quotation")
INTRODUCTION = """\
# Evidence

What this course claims is run, and a run counts as evidence when it could have come out otherwise.
So beside each measurement stands its **control**: the same measurement with the claimed cause taken
away, or with the rival explanation in its place. One question is put to both. It has to be answered
*yes* for the measurement and *no* for the control, and the two have to be apart by a margin.

Each experiment was run with three seeds, the starting points of everything that is drawn by chance.
Their numbers stand side by side. Follow a link, change something, and run it yourself.
"""
IDENTITIES = """\
## Definitions, shapes and formulas

These need no control. The code asserts that two ways to compute the same thing agree, or shows the
thing itself.
"""
QUOTATIONS = """\
## Figures of others

These are quoted. Where the course recomputes one, the link leads there.
"""


def questions(cell: NotebookNode) -> list[tuple[str, str]]:
    """The row and the question of each comparison in a cell, in their order."""
    found = []
    for node in ast.walk(ast.parse(plain(cell))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "evidence":
            row, holds = node.args[0].value, node.args[1]
            words = ast.unparse(holds.body if isinstance(holds, ast.Lambda) else holds)
            found.append((node.lineno, row, words))
    return [(row, words) for _, row, words in sorted(found)]


def compared(root: Path) -> list[tuple[str, str, Place, list]]:
    """Every comparison of the course: row, question, place, and what each seed found.

    Raises Refused when the kept results are not those of the notebooks.
    """
    known, done = kept(root), []
    for path in notebooks(root / NOTEBOOKS):
        cells = {place.cell.id: place for _, place in places(path, "control")}
        asked = [(*each, place) for place in cells.values() for each in questions(place.cell)]
        seeds = [run["found"] for run in known.get(path.stem, {"seeds": {}})["seeds"].values()]
        if asked and (not seeds or any(len(found) != len(asked) for found in seeds)):
            counts = [len(found) for found in seeds]
            raise Refused(
                f"evidence.md is left as it was: {path.stem} compares {len(asked)} times and the "
                f"kept runs {counts or 'are missing'}; run `course.py evidence {path.stem[:2]}`."
            )
        for (row, words, place), found in zip(asked, zip(*seeds, strict=True)):
            done.append((row, words, place, found))
    return done


def side(found: list, which: int) -> str:
    """The name of what was measured (1) or of its control (2), and its number for each seed."""
    name = found[0][which][0]
    return f"{name}: {' · '.join(f'{each[which][1]:.3g}' for each in found)}"


def margin(each: list) -> str:
    """How far apart the two had to be."""
    *_, by, times, _ = each
    return f"{by:g}" if times is None else f"{times:g} ×"


def line(*cells: str) -> str:
    """A line of a table."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def experiments(root: Path) -> list[str]:
    """The table of what was measured, row by row of the syllabus."""
    about, done = rows(root), compared(root)
    order = {row: place for place, row in enumerate(about)}
    heads = "claim", "measured", "control", "yes and no to", "apart by", "where"
    lines = [line(*heads), line(*["---"] * len(heads))]
    for row, words, place, found in sorted(done, key=lambda each: order[each[0]]):
        sides = side(found, 1), side(found, 2), f"`{words}`", margin(found[0])
        lines.append(line(f"{row} {about[row]['title']}", *sides, place.link()))
    return lines


def others(root: Path, kind: str, heads: tuple[str, ...]) -> list[str]:
    """The table of rows that need no control, with the first place that covers each."""
    where = {}
    for path in notebooks(root / NOTEBOOKS):
        for row, place in places(path, "covers"):
            where.setdefault(row, place)
    lines = [line(*heads), line(*["---"] * len(heads))]
    for row, what in rows(root).items():
        if what.get("kind") == kind and row in where:
            source = [what["source"]] if "source" in heads else []
            lines.append(line(f"{row} {what['title']}", *source, where[row].link()))
    return lines


def page(root: Path) -> str:
    """The whole page."""
    parts = [INTRODUCTION, *experiments(root), "", IDENTITIES]
    parts += [*others(root, "identity", ("what", "where")), "", QUOTATIONS]
    parts += [*others(root, "quotation", ("what", "source", "where")), *section(root)]
    return "\n".join(parts) + "\n"


def write_evidence(root: Path) -> None:
    """Write evidence.md beside the notebooks, if the syllabus says what kind its rows are."""
    if any("kind" in row for row in rows(root).values()):
        path = root / NOTEBOOKS / "evidence.md"
        path.write_text(page(root), encoding="utf-8", newline="\n")
