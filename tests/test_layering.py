"""The library has an order, and nothing in it points up."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "transformer_lib"
FILES = sorted(LIBRARY.rglob("*.py"))
ARCHITECTURE = ["masks", "attention", "positions", "layers", "model"]
SHOWN = {"pictures", "plots", "lesson", "widgets", "bertviz_views", "exercises"}
FOR_EYES = {"matplotlib", "IPython", "ipywidgets", "anywidget", "bertviz"}


def imported(path):
    """The dotted names of all modules that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: write the full name of the module"
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def part(path):
    """The name right under transformer_lib that a file belongs to."""
    return path.relative_to(LIBRARY).with_suffix("").parts[0]


def own(path):
    """The parts of the library that a file imports."""
    names = [name.split(".") for name in imported(path)]
    return {name[1] for name in names if name[0] == "transformer_lib" and len(name) > 1}


@pytest.mark.parametrize("name", ARCHITECTURE)
def test_architecture_imports_torch_and_what_is_below(name):
    path = LIBRARY / f"{name}.py"
    assert own(path) <= set(ARCHITECTURE[: ARCHITECTURE.index(name)])
    others = {module.split(".")[0] for module in imported(path)} - {"torch", "transformer_lib"}
    assert others <= sys.stdlib_module_names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_only_what_is_shown_imports_pictures(path):
    if part(path) not in SHOWN:
        assert not own(path) & SHOWN
        assert not {name.split(".")[0] for name in imported(path)} & FOR_EYES


def test_the_model_loads_without_pictures():
    code = (
        "import sys, transformer_lib.model; "
        "print(sorted({'matplotlib', 'transformers', 'IPython', 'ipywidgets'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.check_output(command, cwd=ROOT, text=True).strip() == "[]"
