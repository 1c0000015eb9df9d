"""The works that the course names, read from bibliography.toml."""

import re
import tomllib
from pathlib import Path

from authoring import WORKSHOP

PERSON = r"[A-Z][\w’-]+"
SEVERAL = rf"{PERSON}(?: et al\.| and others|(?:, {PERSON})* and {PERSON})"
CITED = re.compile(rf"(?:({SEVERAL}),? \(?|({PERSON})(?:, | \())(1[89]\d\d|20\d\d)\b")
NO_PERSON = set("In Since Until From By After Before Transformer SuperGLUE".split())
HEADING = """\
## Sources

The course follows five documents, in Korean. Facts and figures are theirs where a notebook says so;
the sentences are its own.
"""


def bibliography(root: Path) -> dict[str, list[dict]]:
    """The `document`s and the `work`s; empty lists for a course without the file."""
    path = root / WORKSHOP / "bibliography.toml"
    known = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {"document": [], "work": []} | known


def cited(text: str) -> set[str]:
    """The works that a text names, such as "Shaw et al. 2018", however it writes comma and bracket.

    A year behind a word that nobody is called ("In 2017") is none.
    """
    found = CITED.findall(" ".join(text.split()))
    return {f"{listed(a or b)} {year}" for a, b, year in found if b not in NO_PERSON}


def listed(names: str) -> str:
    """Who wrote a work, as the bibliography writes it: two names, or one and all the others."""
    first, comma, _ = names.partition(",")
    return f"{first} et al." if comma else names.replace("and others", "et al.")


def section(root: Path) -> list[str]:
    """The sources as the last part of a page; nothing where none are listed."""
    known = bibliography(root)
    if not known["work"]:
        return []
    lines = [HEADING]
    lines += [
        f"{n}. {each['title']}: {each['about']}" for n, each in enumerate(known["document"], 1)
    ]
    lines += ["", "And it names these works:", ""]
    for work in sorted(known["work"], key=lambda work: work["name"]):
        lines.append(f"- {work['name']}. *{work['title']}*. {work['where']}.")
    return ["", *lines]
