"""One environment in three files, and a set-up that recovers."""

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import course
from authoring.experiments import imported
from lesson import start
from transformer_lib import data

ROOT = Path(__file__).resolve().parent.parent
CPU_INDEX = "--extra-index-url https://download.pytorch.org/whl/cpu"


def requirements():
    """Everything that pyproject.toml asks for, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["dev"]
    return {canonicalize_name(Requirement(line).name): Requirement(line) for line in lines}


def pins(lines):
    """Exact versions by name, from lines such as `torch==2.13.0`; a marker may follow."""
    split = [re.fullmatch(r"([\w.-]+)==([\w.]+)(; .+)?", line) for line in lines]
    assert all(split), [line for line, match in zip(lines, split) if not match]
    return {canonicalize_name(match[1]): match[2] for match in split}


def constraints():
    """The pins of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return pins([line for line in lines if line and not line.startswith("#")])


def conda_pip_lines():
    """The pip section of environment.yml."""
    packages = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    return next(entry["pip"] for entry in packages if isinstance(entry, dict))


def test_constraints_pin_every_requirement_within_its_range():
    for name, requirement in requirements().items():
        assert requirement.specifier.contains(constraints()[name]), requirement


def test_constraints_fit_every_system():
    """No CPU-only build, which other systems lack, and no CUDA lines, which they do not need."""
    assert "+" not in (ROOT / "constraints.txt").read_text()
    assert not [name for name in constraints() if name.startswith(("nvidia", "triton"))]


def test_environment_yml_pins_the_same_versions():
    lines = conda_pip_lines()
    assert lines[:2] == [CPU_INDEX, "-e ."]
    found = pins(lines[2:])
    assert found == {name: constraints()[name] for name in requirements()}


def test_what_fits_only_some_systems_has_the_same_marker_in_environment_yml():
    found = {canonicalize_name(each.name): each for each in map(Requirement, conda_pip_lines()[2:])}
    for name, requirement in requirements().items():
        assert found[name].marker == requirement.marker, name


def test_environment_yml_is_the_one_that_binder_reads():
    assert not (ROOT / "binder").exists() and not (ROOT / ".binder").exists()


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 13)])
def test_an_old_python_is_told_so(version):
    with pytest.raises(course.Trouble, match=rf"Python 3\.{version[1]}, .* needs 3\.11 or newer"):
        course.check_python(version)


def test_this_python_is_new_enough():
    course.check_python(sys.version_info)


def test_course_can_be_read_by_an_old_python():
    ast.parse((ROOT / "course.py").read_text(), feature_version=(3, 6))


class FakeRun:
    """Stands for subprocess.call: remembers the commands, succeeds or fails as told."""

    def __init__(self, status=0):
        self.commands, self.status = [], status

    def __call__(self, command):
        self.commands.append(" ".join(command))
        return self.status

    def count(self, words):
        """How many commands contain these words."""
        return sum(words in command for command in self.commands)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A copy of what the set-up reads, in an empty folder."""
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    monkeypatch.setattr(course, "ROOT", tmp_path)
    monkeypatch.setattr(course, "VENV", tmp_path / ".venv")
    return tmp_path


def alive(command):
    """The answer of a healthy .venv."""
    return f"{course.VENV}|{sys.version_info[0]}|{sys.version_info[1]}"


def test_first_run_makes_and_installs_second_does_nothing(home):
    first, second = FakeRun(), FakeRun()
    course.set_up(first, ask=lambda command: "")
    assert first.count("-m venv --clear") == 1 and first.count("pip install") == 1
    course.set_up(second, ask=alive)
    assert second.commands == []


@pytest.mark.parametrize(
    "answer", ["", "nonsense", "{venv}|3|9", "/usr|{0}|{1}"], ids=["dead", "odd", "old", "outside"]
)
def test_a_broken_venv_is_made_again(home, answer):
    course.set_up(FakeRun(), ask=alive)
    run = FakeRun()
    answer = answer.format(*sys.version_info[:2], venv=course.VENV)
    course.set_up(run, ask=lambda command: answer)
    assert run.count("-m venv --clear") == 1 and run.count("pip install") == 1


def test_an_installation_that_was_cut_short_goes_on(home):
    with pytest.raises(course.Trouble, match="run the same command again; it continues"):
        (home / ".venv").mkdir()
        course.set_up(FakeRun(status=1), ask=alive)
    run = FakeRun()
    course.set_up(run, ask=alive)
    assert run.count("-m venv") == 0 and run.count("pip install") == 1


def test_a_venv_that_cannot_be_made_says_what_is_missing(home):
    with pytest.raises(course.Trouble, match="apt install python3-venv"):
        course.set_up(FakeRun(status=1), ask=lambda command: "")


def test_new_requirements_are_installed(home):
    course.set_up(FakeRun(), ask=alive)
    (home / "constraints.txt").write_text("torch==2.14.0\n")
    run = FakeRun()
    course.set_up(run, ask=alive)
    assert run.count("-m venv") == 0 and run.count("pip install") == 1


def test_an_unknown_verb_names_the_help():
    with pytest.raises(course.Trouble, match="no verb `labb`: .* help"):
        course.main(["labb"])


@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_lab_starts_for_root_too_since_containers_have_nobody_else(user, allowed, monkeypatch):
    monkeypatch.setattr(course.os, "geteuid", lambda: user, raising=False)
    assert ("--allow-root" in course.command_for("lab", [])) == allowed


def test_more_words_reach_the_program_behind_the_verb():
    assert course.command_for("lab", ["--port", "9999"])[-2:] == ["--port", "9999"]
    assert course.command_for("test", ["-x"])[1:] == ["-m", "pytest", "-n", "2", "-x"]
    assert course.command_for("bench", ["--quick"])[1:] == ["benchmarks/run.py", "--quick"]
    assert course.command_for("pull", ["03"])[1:] == ["-m", "authoring", "pull", "03"]


@pytest.mark.parametrize("verb", ["book", "slides"])
def test_course_and_makefile_know_what_makes_pages(verb):
    assert course.command_for(verb, [])[1:] == ["-m", "authoring", verb]
    assert f"course.py {verb} " in course.__doc__
    assert f"course.py {verb}\n" in (ROOT / "Makefile").read_text()


def test_three_places_name_the_same_oldest_python():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">={}.{}".format(*course.NEEDED)
    assert start.OLDEST_PYTHON == course.NEEDED


def third_party(*folders):
    """The modules of others that the files of these folders import: module → a file."""
    found = {}
    for path in (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))):
        file = str(path.relative_to(ROOT))
        found |= {
            name.partition(".")[0]: file for name in imported(path.read_text(encoding="utf-8"))
        }
    own = {path.stem for path in (*ROOT.iterdir(), *(ROOT / "data").iterdir())} | {"helpers"}
    return {m: file for m, file in found.items() if m not in sys.stdlib_module_names | own}


def declared(*extras):
    """The modules that come with what pyproject.toml names, extras of these names included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = sum((project["optional-dependencies"][e] for e in extras), project["dependencies"])
    wanted = {canonicalize_name(Requirement(line).name) for line in lines}
    modules = metadata.packages_distributions().items()
    return {m for m, names in modules if wanted & set(map(canonicalize_name, names))}


@pytest.mark.parametrize(
    ("folders", "extras"),
    [
        (["transformer_lib", "lesson", "data"], []),
        (["authoring", "benchmarks", "tests"], ["dev"]),
    ],
    ids=["what learners run", "what makers run"],
)
def test_what_is_imported_is_declared(folders, extras):
    found = third_party(*folders)
    assert {"torch"} <= found.keys()
    assert {m: file for m, file in found.items() if m not in declared(*extras)} == {}


def test_an_installation_carries_the_corpora_along():
    built = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"][
        "targets"
    ]
    carried = built["wheel"]["force-include"]
    names = {path.name for path in (ROOT / "data").glob("*.tsv")}
    assert carried == {f"data/{name}": f"transformer_lib/corpora/{name}" for name in names}
    assert data.INSIDE == ROOT / "transformer_lib" / "corpora" and data.CORPORA == ROOT / "data"
