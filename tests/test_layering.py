"""Three houses on four floors, and nothing in them points up."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat import v4

from authoring.builder.run import run
from authoring.experiments import imported

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ["transformer_lib", "lesson", "notebooks", "authoring"]  # each may use those before it
FILES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
LIBRARY = sorted((ROOT / "transformer_lib").glob("*.py"))
ARCHITECTURE = ["masks", "attention", "positions", "layers", "model"]
FOR_EYES = {"matplotlib", "IPython", "ipywidgets", "anywidget", "bertviz", "traitlets"}


def floor(path):
    """Where a file stands; a source in the workshop is a notebook."""
    inside = path.relative_to(ROOT).parts
    return "notebooks" if inside[:2] == ("authoring", "sources") else inside[0]


def above(path):
    """What a file must not use: the floors above its own, and what belongs to none."""
    return {*FLOORS[FLOORS.index(floor(path)) + 1 :], "tests", "helpers", "benchmarks", "course"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_points_up(path):
    assert not {name.split(".")[0] for name in imported(path.read_text(encoding="utf-8"))} & above(
        path
    )


@pytest.mark.parametrize("name", ARCHITECTURE)
def test_architecture_imports_torch_and_what_is_below(name):
    path = ROOT / "transformer_lib" / f"{name}.py"
    names = [each.split(".") for each in imported(path.read_text(encoding="utf-8"))]
    own = {each[1] for each in names if each[0] == "transformer_lib" and len(each) > 1}
    assert own <= set(ARCHITECTURE[: ARCHITECTURE.index(name)])
    others = {each[0] for each in names} - {"torch", "transformer_lib"}
    assert others <= sys.stdlib_module_names


def modules_of(package):
    """The dotted names of a package's modules, programs left out."""
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if path.name not in ("__main__.py", "__init__.py") and "sources" not in parts:
            yield ".".join(parts)


def loaded_by(lines):
    """The names of all modules that a fresh Python holds after these lines."""
    code = "\n".join([*lines, "import sys", "print(*sorted(sys.modules))"])
    command = [sys.executable, "-c", code]
    return subprocess.check_output(command, cwd=ROOT, text=True).split()


IMPORTS = [f"import {name}" for name in modules_of("transformer_lib")]


def test_the_library_is_for_no_eyes():
    loaded = {name.split(".")[0] for name in loaded_by(IMPORTS)}
    assert not loaded & (FOR_EYES | {"transformers"})


def test_the_library_is_for_no_eyes_in_a_kernel_either():
    """Some libraries look whether they run in a notebook, and fetch widgets when they do."""
    lines = [*IMPORTS, "import sys", "print(*{name.split('.')[0] for name in sys.modules})"]
    notebook = v4.new_notebook(cells=[v4.new_code_cell("\n".join(lines))])
    run(notebook, ROOT, "imports")
    loaded = set(notebook.cells[0].outputs[0].text.split())
    assert "transformer_lib" in loaded and not loaded & (FOR_EYES - {"IPython", "traitlets"})


@pytest.mark.parametrize("package", ["transformer_lib", "lesson"])
def test_a_floor_can_be_imported_without_those_above_it(package):
    loaded = {name.split(".")[0] for name in loaded_by(f"import {m}" for m in modules_of(package))}
    assert not loaded & set(FLOORS[FLOORS.index(package) + 1 :])


def test_the_model_loads_torch_and_itself_alone():
    ours = {
        name for name in loaded_by(["import transformer_lib.model"]) if "transformer_lib" in name
    }
    assert ours == {"transformer_lib", *(f"transformer_lib.{name}" for name in ARCHITECTURE)}
    before, after = loaded_by(["import torch"]), loaded_by(["import torch, transformer_lib.model"])
    others = {name.split(".")[0] for name in set(after) - set(before)} - {"transformer_lib"}
    assert others <= sys.stdlib_module_names


def test_the_library_is_flat():
    assert not [
        path for path in (ROOT / "transformer_lib").iterdir() if (path / "__init__.py").exists()
    ]


def test_a_learner_s_room_holds_notebooks_and_what_they_show():
    folder = ROOT / "notebooks"
    found = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    pages = {"errata.md", "evidence.md", "glossary.md", "teaching.md", "pictures"}
    assert {name for name in found if not name.endswith(".ipynb")} == pages


def test_a_check_loads_only_what_it_needs():
    """The first check of a notebook should not wait for files, pieces of words or processes."""
    loaded = set(loaded_by(["import torch, lesson.exercises.core"]))
    assert not {"safetensors", "tokenizers", "sacrebleu", "transformer_lib.training"} & loaded


@pytest.mark.parametrize("file", ["README.md", "transformer_lib/__init__.py"])
def test_what_is_said_about_size_is_true(file):
    """Within a twentieth: the lines of the library, and those of the five files at its heart."""
    text = " ".join((ROOT / file).read_text(encoding="utf-8").split())
    [told] = re.findall(r"(\d) (\d{3}) lines", text)
    [heart] = re.findall(r"(\d{3}) (?:are the Transformer|lines together)", text)
    count = {path.stem: path.read_text(encoding="utf-8").count("\n") for path in LIBRARY}
    assert int("".join(told)) == pytest.approx(sum(count.values()), rel=0.05)
    assert int(heart) == pytest.approx(sum(count[name] for name in ARCHITECTURE), rel=0.05)
