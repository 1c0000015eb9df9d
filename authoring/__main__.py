"""The verbs of the workshop, as `course.py` knows them: build, pull, evidence, student, …"""

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from nbformat import NotebookNode, v4

from authoring import NOTEBOOKS, Refused, experiments
from authoring.builder.canonical import write
from authoring.builder.exercises import expanded
from authoring.builder.pull import pull_file
from authoring.builder.run import run
from authoring.builder.source import english, find, is_korean, korean, read, sources
from authoring.builder.student import write_copy
from authoring.overviews.contents import notebooks, write_contents
from authoring.overviews.errata import write_errata
from authoring.overviews.evidence import write_evidence
from authoring.overviews.glossary import write_glossary
from authoring.overviews.syllabus import table
from authoring.pages.book.site import write_book
from authoring.pages.slides.decks import write_decks

ROOT = Path(__file__).resolve().parents[1]


def build_one(root: Path, path: Path) -> float:
    """Run one source and write its notebook, and the Korean one where there is Korean text.

    Returns the seconds of the slowest cell. Raises Refused, and writes nothing, when a cell fails.
    """
    cells, home = expanded(read(path), path.name), root / NOTEBOOKS
    home.mkdir(exist_ok=True)
    notebook = v4.new_notebook(cells=english(cells))
    slowest = run(notebook, home, path.relative_to(root).as_posix())
    name = path.with_suffix(".ipynb").name
    write(notebook, home / name)
    if any(map(is_korean, cells)):
        write(with_outputs(korean(cells), notebook), home / "ko" / name)
    else:
        (home / "ko" / name).unlink(missing_ok=True)
    return slowest


def with_outputs(cells: list[NotebookNode], executed: NotebookNode) -> NotebookNode:
    """A notebook of these cells whose code cells are those of the executed one."""
    code = (cell for cell in executed.cells if cell.cell_type == "code")
    return v4.new_notebook(cells=[next(code) if c.cell_type == "code" else c for c in cells])


def build(root: Path, words: list[str]) -> int:
    """Build the named notebooks, or all, and what is written from them; 1 when any failed."""
    failed = 0
    for path in [find(root, word) for word in words] or sources(root):
        started = time.perf_counter()
        try:
            slowest = build_one(root, path)
        except Refused as trouble:
            failed += 1
            print(f"{trouble}\n\n{path.stem}.ipynb is left as it was.\n", flush=True)
        else:
            took = time.perf_counter() - started
            print(f"{path.stem}: {took:.0f} s, slowest cell {slowest:.1f} s", flush=True)
    return min(failed + write_overviews(root), 1)


def write_overviews(root: Path) -> int:
    """Write the README's table, errata, evidence and glossary; returns how many were refused."""
    failed = 0
    for write_overview in (write_contents, write_errata, write_evidence, write_glossary):
        try:
            write_overview(root)
        except Refused as trouble:
            failed += 1
            print(trouble, flush=True)
    return failed


def pull(root: Path, words: list[str]) -> int:
    """Bring one notebook's edits back to its source."""
    names = [word for word in words if word != "--drop"]
    if len(names) != 1:
        raise Refused(f"`pull` takes one number and got {len(names)}: try `course.py pull 03`.")
    path = find(root, names[0])
    notebook_path = root / NOTEBOOKS / path.with_suffix(".ipynb").name
    if not notebook_path.exists():
        raise Refused(f"{notebook_path.name} is not built yet: run `course.py build {names[0]}`.")
    for note in pull_file(path, notebook_path, drop="--drop" in words):
        print(note)
    edited = path.relative_to(root).as_posix()
    print(f"{edited} has the edits; `course.py build {names[0]}` runs it again.")
    return 0


def evidence(root: Path, words: list[str]) -> int:
    """Run the experiments that have changed with three seeds, and write evidence.md."""
    wrong = experiments.run(root, words)
    write_evidence(root)
    print("notebooks/evidence.md shows what was found.")
    return min(wrong, 1)


def student(root: Path, words: list[str]) -> int:
    """Write copies without solutions into student/, beside the notebooks' folder."""
    home = root / NOTEBOOKS
    for path in notebooks(home) + notebooks(home / "ko"):
        copy = root / "student" / path.relative_to(home)
        if write_copy(path, copy):
            print(f"student/{path.relative_to(home)}")
        else:
            print(f"{copy.name} has been worked in and is left alone; move it to get a fresh one.")
    return 0


def book(root: Path, words: list[str]) -> int:
    """Write the whole course as a web site into build/book/, afresh."""
    cover, count = make(root, "book", write_book)
    print(f"{cover} is the cover of {count} pages; they open without internet.")
    return 0


def slides(root: Path, words: list[str]) -> int:
    """Write each notebook's slides as a deck into build/slides/, afresh."""
    index, count = make(root, "slides", write_decks)
    print(f"{index} lists {count} lectures; they open without internet.")
    return 0


def make(root: Path, name: str, write_pages: Callable[..., int]) -> tuple[str, int]:
    """Write pages afresh into a folder of build/, and Korean ones below it when there are Korean
    notebooks; returns the address of the first page and how many there are."""
    home, target = root / NOTEBOOKS, root / "build" / name
    shutil.rmtree(target, ignore_errors=True)
    bilingual = (home / "ko").exists()
    count = write_pages(home, target, {"ko/index.html": "한국어"} if bilingual else {})
    if bilingual:
        count += write_pages(home / "ko", target / "ko", {"../index.html": "English"}, "ko")
    return f"build/{name}/index.html", count


def syllabus(root: Path, words: list[str]) -> int:
    """Print what is covered, where, and what is still open."""
    print(table(root))
    return 0


VERBS = {
    "build": build,
    "pull": pull,
    "evidence": evidence,
    "student": student,
    "book": book,
    "slides": slides,
    "syllabus": syllabus,
}


def main(words: list[str], root: Path = ROOT) -> int:
    """Do what the words ask for and return the exit status."""
    if not words or words[0] not in VERBS:
        raise Refused(f"Say one of {', '.join(VERBS)}; `course.py help` explains them.")
    return VERBS[words[0]](root, words[1:])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refused as trouble:
        sys.exit(str(trouble))
