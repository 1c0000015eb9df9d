"""The linters, and the formatter of the JavaScript, have nothing to say."""

import json
import platform
import re
import subprocess
import sys
from pathlib import Path
from sysconfig import get_path

import pytest

from lesson.widgets.attention_view import AttentionView
from lesson.widgets.decoder_stepper import DecoderStepper
from lesson.widgets.knob import Knob
from lesson.widgets.knockout_lab import KnockoutLab
from lesson.widgets.position_explorer import PositionExplorer
from lesson.widgets.scaling_explorer import ScalingExplorer
from lesson.widgets.stepper import AttentionStepper
from lesson.widgets.training_scrubber import TrainingScrubber
from lesson.widgets.view import PAGE

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = [*ROOT.glob("lesson/**/*.js"), *ROOT.glob("authoring/pages/**/*.js")]
VIEWS = [
    AttentionStepper,
    AttentionView,
    DecoderStepper,
    Knob,
    KnockoutLab,
    PositionExplorer,
    ScalingExplorer,
    TrainingScrubber,
]
biome_is_here = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="PyPI has Biome for Linux on x86-64 only: the JavaScript was not looked at.",
)
NAMES = {"noUndeclaredVariables": "error", "noUnusedVariables": "error"}


def biome(*words, folder=ROOT):
    """What Biome says; its program lies where Python keeps those of its packages."""
    command = [Path(get_path("scripts")) / "biome", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What Biome says of the names in each view's whole program, its page included."""
    folder = tmp_path_factory.mktemp("programs")
    for view in VIEWS:
        program = view._esm + PAGE.replace("STATE", "{}")
        (folder / f"{view.__name__}.js").write_text(program, encoding="utf-8")
    rules = {"recommended": False, "correctness": NAMES}
    (folder / "biome.json").write_text(json.dumps({"linter": {"rules": rules}}))
    return biome("lint", "--reporter=github", "--max-diagnostics=none", folder=folder).stdout


def test_ruff_finds_nothing():
    notebooks = [str(path) for path in (ROOT / "notebooks").glob("*.ipynb")]
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", ".", *notebooks]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


@biome_is_here
def test_biome_finds_nothing():
    """biome.json takes two rules from lesson/widgets: a view's program is several files one after
    the other, so that a file uses names of others and makes some for them. The two tests below
    ask the same of whole programs. BertViz calls what shim.js makes; d3 and SECTIONS stand on the
    page before the scripts that use them; "use strict" says something in the scripts of
    authoring/pages, which are no modules.
    """
    found = biome("ci", "--colors=off", "--error-on-warnings", "--max-diagnostics=none")
    assert found.returncode == 0, found.stdout + found.stderr
    assert f"Checked {len(SCRIPTS) + 1} files" in found.stdout  # with its own biome.json


@biome_is_here
def test_every_name_in_the_program_of_a_view_is_there(said):
    found = re.findall(r"file=(\w+)\.js,.*::The (\S+) variable is undeclared", said)
    assert found == [] and "parse" not in said, said


@biome_is_here
def test_every_name_in_the_scripts_of_the_views_is_used_by_some_view(said):
    unused = re.findall(r"file=(\w+)\.js,.*::This \w+ (\S+) is unused", said)
    programs = {view.__name__: view._esm for view in VIEWS}
    for name in {name for _, name in unused}:
        made = re.compile(rf"^(function|const|let) {re.escape(name)}\b", re.MULTILINE)
        there = {view for view, program in programs.items() if made.search(program)}
        assert there - {view for view, other in unused if other == name}, f"{name} is unused"


def test_no_line_of_javascript_is_long():
    lines = ((path, line) for path in SCRIPTS for line in path.read_text("utf-8").splitlines())
    assert [(path, line) for path, line in lines if len(line) > 100] == []


def test_python_is_formatted():
    command = [sys.executable, "-m", "ruff", "format", "--no-cache", "--check", "."]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


def test_the_types_of_the_library_fit():
    found = subprocess.run([sys.executable, "-m", "mypy"], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
