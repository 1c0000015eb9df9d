"""What the course covers: the rows of syllabus.toml against the `covers` of the sources."""

import tomllib
from pathlib import Path

from authoring import WORKSHOP, Refused
from authoring.builder.source import read, sources


def rows(root: Path) -> dict[str, dict]:
    """The rows by id, in the order of the course: title, and the example that shows it."""
    return tomllib.loads((root / WORKSHOP / "syllabus.toml").read_text(encoding="utf-8"))


def covered(root: Path) -> dict[str, list[str]]:
    """For each row the names of the notebooks that cover it.

    Raises Refused when a source names a row that does not exist.
    """
    found = {row: [] for row in rows(root)}
    for path in sources(root):
        for cell in read(path):
            for row in cell.metadata.get("covers", "").split():
                if row not in found:
                    where = f"{path.name}, line {cell.metadata['line']}"
                    raise Refused(f"{where}: covers `{row}`, which syllabus.toml does not list.")
                if path.stem not in found[row]:
                    found[row].append(path.stem)
    return found


def table(root: Path) -> str:
    """A readable table of all rows, then the rows that are still open."""
    titles, found = rows(root), covered(root)
    wide = max(len(row["title"]) for row in titles.values())
    lines = [f"{'row':4} {'what':{wide}} where"]
    for key, names in found.items():
        lines.append(f"{key:4} {titles[key]['title']:{wide}} {', '.join(names) or '-'}")
    still_open = [key for key, names in found.items() if not names]
    lines += ["", f"{len(found) - len(still_open)} of {len(found)} rows are covered."]
    return "\n".join(lines + ([f"Open: {' '.join(still_open)}"] if still_open else []))
