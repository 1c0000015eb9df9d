"""The table of notebooks in the README, read off the notebooks: promise, minutes, picture."""

import base64
import re
from html import escape, unescape
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from authoring import NOTEBOOKS, Refused

BEGIN, END = "<!-- notebooks: written by course.py build -->\n", "<!-- notebooks: end -->\n"
OPENING = re.compile(r"# (?P<title>[^\n]+)\n+(?P<quote>(?:>[^\n]*\n?)+)")
MINUTES = re.compile(r"\bAbout\s+(\d+)\s+minutes")
IMAGE = re.compile(r'<img [^>]*alt="(?P<alt>[^"]*)" src="data:image/png;base64,(?P<png>[^"]+)"')
TEASER = "teaser"  # the tag of the cell whose picture stands for the notebook


def notebooks(folder: Path) -> list[Path]:
    """The built notebooks of a folder, in the order of the course."""
    return sorted(folder.glob("[0-9][0-9]_*.ipynb"))


def opening(notebook: NotebookNode) -> tuple[str, str, int]:
    """Title, promise and minutes, as the first cell says them.

    Raises Refused when one of them is missing there.
    """
    text = notebook.cells[0].source
    found = OPENING.match(text)
    quote = " ".join(line.lstrip("> ") for line in found["quote"].split("\n")) if found else ""
    minutes = MINUTES.search(quote)
    if not minutes:
        raise Refused(
            f"the first cell begins {text[:40]!r}; needed are a title and below it a quote that "
            f"says what one can do at the end and `About N minutes`."
        )
    promise = re.split(r"\bAbout\b", quote)[0].strip().rstrip(".")
    return found["title"], promise.removeprefix("At the end you can "), int(minutes[1])


def teaser(notebook: NotebookNode) -> tuple[str, bytes] | None:
    """Words and bytes of the picture under the cell tagged `teaser`, if there is one."""
    for cell in notebook.cells:
        if TEASER in cell.metadata.get("tags", ()):
            for output in cell.outputs:
                found = IMAGE.search(output.get("data", {}).get("text/html", ""))
                if found:
                    return titles(unescape(found["alt"])), base64.b64decode(found["png"])
    return None


def titles(told: str) -> str:
    """What a picture is and the title of each panel, out of all that is told about it."""
    first, *more = told.split(". ")
    kind = first.partition(": ")[0] + ": "
    return "; ".join([first, *(x.removeprefix(kind) for x in more if x.startswith(kind))])


def row(root: Path, path: Path) -> str:
    """One notebook's line of the table; its picture is written beside the notebooks."""
    notebook = nbformat.read(path, as_version=4)
    title, promise, minutes = opening(notebook)
    shown, image = teaser(notebook), ""
    if shown:
        picture = path.parent / "pictures" / f"{path.stem}.png"
        picture.parent.mkdir(exist_ok=True)
        picture.write_bytes(shown[1])
        address = picture.relative_to(root).as_posix()
        image = f'<img src="{address}" width="240" alt="{escape(shown[0])}">'
    number = path.stem[:2]
    return f"| [{number} {title}]({NOTEBOOKS}/{path.name}) | {promise} | {minutes} | {image} |"


def table(root: Path) -> str:
    """The whole table, one line for each notebook."""
    lines = ["| notebook | afterwards you can | minutes | |", "|---|---|---|---|"]
    lines += [row(root, path) for path in notebooks(root / NOTEBOOKS)]
    return "\n".join(lines) + "\n"


def write_contents(root: Path) -> None:
    """Put the table into the README, if it has a place for it."""
    readme = root / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    if BEGIN in text and END in text:
        before, _, rest = text.partition(BEGIN)
        after = rest.partition(END)[2]
        readme.write_text(f"{before}{BEGIN}{table(root)}{END}{after}", encoding="utf-8")
