"""Run every experiment and its control with three seeds, and keep what was found.

A notebook says `seed = 0` once; in its place comes each seed in turn, and all its code is run. What
`lesson.evidence` has compared is kept in evidence.json, and so is each cell that failed. The file
also knows what every notebook's experiments were made of (their code, the library's code behind
them, the corpora), so that only what has changed is run again, and nothing old can pass for new.
"""

import ast
import hashlib
import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from nbformat import NotebookNode, v4

from authoring import NOTEBOOKS, WORKSHOP, Refused
from authoring.builder.exercises import expanded
from authoring.builder.run import MAY_FAIL, Watch, client, for_nobody
from authoring.builder.source import find, plain, read, sources
from transformer_lib.files import atomic

SEEDS = (0, 1, 2)
SEED = re.compile(r"(?m)^seed = 0$")
BEHIND = ("transformer_lib", "lesson.evidence")  # what decides a number; the rest only shows it
REPORT = "import json\nfrom lesson.evidence import FOUND\nprint(json.dumps(FOUND))"


def experiments(root: Path) -> list[Path]:
    """The sources in which something is held against its control."""
    return [path for path in sources(root) if any(map(is_control, read(path)))]


def is_control(cell: NotebookNode) -> bool:
    """Whether a cell holds a measurement against its control."""
    return "control" in cell.metadata


def code(path: Path) -> list[NotebookNode]:
    """The code cells of a notebook, solutions of exercises included: later cells may need them."""
    return [cell for cell in expanded(read(path), path.name) if cell.cell_type == "code"]


def imported(text: str) -> Iterator[str]:
    """The dotted names of all modules that Python code imports, wherever in it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"write the full name of the module {node.module}"
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def made_of(root: Path, path: Path) -> str:
    """A fingerprint of what a notebook's numbers come from; words and comments do not count."""
    cells = [plain(cell) for cell in code(path)]
    digest = hashlib.sha256("".join(map(meaning, cells)).encode())
    waiting, seen = [name for cell in cells for name in imported(cell)], set()
    while waiting:
        name = waiting.pop()
        file = root / f"{name.replace('.', '/')}.py"
        if name.startswith(BEHIND) and name not in seen and file.is_file():
            waiting += imported(file.read_text(encoding="utf-8"))
            seen.add(name)
    for name in sorted(seen):
        text = (root / f"{name.replace('.', '/')}.py").read_text(encoding="utf-8")
        digest.update(f"{name}{meaning(text)}".encode())
    if "transformer_lib.data" in seen:
        for corpus in sorted((root / "data").glob("*.tsv")):
            digest.update(corpus.read_bytes())
    return digest.hexdigest()[:16]


def meaning(text: str) -> str:
    """What Python code does: its tree without comments, places and docstrings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [line for line in body if not is_text(line)]
    return ast.dump(tree)


def is_text(line: ast.stmt) -> bool:
    """Whether a statement is nothing but a text."""
    constant = isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)
    return constant and isinstance(line.value.value, str)


def run_with(root: Path, path: Path, seed: int) -> dict[str, list]:
    """What one seed gives: everything that was `found`, and the cells that `failed`.

    Raises Refused when the notebook does not say its seed once.
    """
    cells = code(path)
    said = sum(len(SEED.findall(cell.source)) for cell in cells)
    if said != 1:
        raise Refused(
            f"{path.name} says `seed = 0` {said} times; needed is once, on a line of its own in "
            f"the first code cell, and `seed` wherever it draws by chance."
        )
    for cell in cells:
        cell.source = SEED.sub(f"seed = {seed}", cell.source)
    notebook = v4.new_notebook(cells=[*cells, v4.new_code_cell(REPORT)])
    for_nobody()
    runner = client(notebook, root / NOTEBOOKS, Watch())
    runner.allow_errors = True
    runner.execute()
    *cells, report = notebook.cells
    return {"found": json.loads(printed(report)), "failed": list(failures(cells))}


def printed(cell: NotebookNode) -> str:
    """What a cell has printed."""
    return "".join(output.get("text", "") for output in cell.outputs)


def failures(cells: list[NotebookNode]) -> Iterator[str]:
    """Each cell that stopped with an error it had not promised: its line and the error."""
    for cell in cells:
        for output in cell.outputs:
            if output.output_type == "error" and MAY_FAIL not in cell.metadata.get("tags", ()):
                yield f"line {cell.metadata['line']}: {output.ename}: {output.evalue}"


def kept(root: Path) -> dict[str, dict]:
    """What was found so far: notebook → what it was made of, and what each seed gave."""
    path = root / WORKSHOP / "evidence.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def keep(root: Path, results: dict[str, dict]) -> None:
    """Write evidence.json."""
    text = json.dumps(dict(sorted(results.items())), indent=1, ensure_ascii=False)
    with atomic(root / WORKSHOP / "evidence.json") as unfinished:
        unfinished.write_text(text + "\n", encoding="utf-8", newline="\n")


def run(root: Path, words: list[str]) -> int:
    """Run what has changed, or the notebooks that are named; returns how many runs went wrong.

    Raises Refused for a notebook without a control.
    """
    there, known = experiments(root), kept(root)
    results = {path.stem: known[path.stem] for path in there if path.stem in known}
    now = {path.stem: made_of(root, path) for path in there}
    stale = [path for path in there if known.get(path.stem, {}).get("made_of") != now[path.stem]]
    named = [find(root, word) for word in words]
    if strangers := [path.stem for path in named if path not in there]:
        raise Refused(
            f"{', '.join(strangers)} has 0 controls; needed is at least 1 to run: write "
            f'`control="A1"` above the code that holds a measurement against its control.'
        )
    for path, seeds in run_each(root, named or stale):
        results[path.stem] = {"made_of": now[path.stem], "seeds": seeds}
        keep(root, results)
    keep(root, results)
    return sum(bool(run["failed"]) for each in results.values() for run in each["seeds"].values())


def run_each(root: Path, paths: list[Path]) -> Iterator[tuple[Path, dict[str, dict]]]:
    """What every seed gives for each notebook, one after the other as they are done.

    As many kernels work side by side as there are processors.
    """
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        waiting = [(path, pool.map(partial(run_with, root, path), SEEDS)) for path in paths]
        for path, found in waiting:
            seeds = dict(zip(map(str, SEEDS), found))
            tell(path.stem, seeds)
            yield path, seeds


def tell(name: str, seeds: dict[str, dict]) -> None:
    """Print how it went with each seed."""
    for seed, found in seeds.items():
        print(f"{name}, seed {seed}: {len(found['found'])} compared", flush=True)
        for line in found["failed"]:
            print(f"  does not hold: {line}", flush=True)
