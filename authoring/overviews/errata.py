"""The page of errata: claims that one reads, each beside the code that decides it.

A row of syllabus.toml with a `claim` and what is `correct` is decided by the code cells whose
header `proves` it; they are shown as the notebooks hold them, outputs included.
"""

import re
from copy import deepcopy
from html import unescape
from pathlib import Path

from nbformat import NotebookNode

from authoring import NOTEBOOKS, Refused
from authoring.builder.canonical import veiled
from authoring.overviews.contents import notebooks
from authoring.overviews.places import Place, places
from authoring.overviews.syllabus import rows

ALT = re.compile(r'<img\b[^>]*\balt="([^"]*)"')
INTRODUCTION = """\
# Errata

Whoever writes five documents makes slips, and the five that this course follows have theirs.
Most of them are read in many other places too, and sound right. So nobody has to be believed:
each claim is run, and the code decides.

The code below needs the cells before it: follow the link into the notebook, run it, change it.
"""


def proofs(root: Path) -> dict[str, list[Place]]:
    """The proofs of each claim, in the order of the course.

    Raises Refused when a claim has no proof, or when a cell proves what is no claim.
    """
    claims, found = [key for key, row in rows(root).items() if "claim" in row], {}
    for path in notebooks(root / NOTEBOOKS):
        for key, proof in places(path, "proves"):
            if key not in claims:
                raise Refused(
                    f"{path.name} proves `{key}`, which syllabus.toml lists without a claim: "
                    f"correct the cell's header, or give the row its `claim` and `correct`."
                )
            found.setdefault(key, []).append(proof)
    if unproved := [key for key in claims if key not in found]:
        raise Refused(
            f"errata.md is left as it was, since no built notebook proves {', '.join(unproved)}: "
            f'write `proves="{unproved[0]}"` above the code that decides it, and build.'
        )
    return found


def printed(cell: NotebookNode) -> str:
    """The outputs of a cell as text; a picture is told by its alt text."""
    parts = []
    for output in veiled(deepcopy(cell.outputs), folded=False):
        data = output.get("data", {})
        if alt := ALT.search(data.get("text/html", "")):
            parts.append(unescape(alt[1]))
        else:
            parts += output.get("traceback", [output.get("text") or data.get("text/plain", "")])
    return "\n".join(part.rstrip("\n") for part in parts if part)


def evidence(proof: Place) -> str:
    """One proof as Markdown: code, what it printed, where it stands."""
    text = printed(proof.cell)
    shown = f"prints\n\n```text\n{text}\n```" if text else "prints nothing: what it asserts holds."
    return f"```python\n{proof.cell.source}\n```\n\n{shown}\n\n→ {proof.link()}\n"


def claim(key: str, row: dict, decided: list[Place]) -> str:
    """One claim with its proofs, as a section that `errata.md#x1` leads to."""
    head = f'<a id="{key.lower()}"></a>\n\n## {row["title"]}\n\n'
    words = f"**One reads.** {row['claim']}\n\n**Correct.** {row['correct']}\n\n"
    return head + words + "\n".join(map(evidence, decided))


def page(root: Path) -> str:
    """The whole page: a table of the claims, then each with its proofs."""
    about, found = rows(root), proofs(root)
    lines = ["| one reads | correct | decided in |", "|---|---|---|"]
    for key, decided in found.items():
        title, short = about[key]["title"], about[key]["example"]
        lines.append(f"| [{title}](#{key.lower()}) | {short} | {decided[0].link()} |")
    sections = [claim(key, about[key], decided) for key, decided in found.items()]
    return "\n".join([INTRODUCTION, *lines, "", *sections])


def write_errata(root: Path) -> None:
    """Write errata.md beside the notebooks, if the syllabus lists a claim."""
    if any("claim" in row for row in rows(root).values()):
        path = root / NOTEBOOKS / "errata.md"
        path.write_text(page(root), encoding="utf-8", newline="\n")
