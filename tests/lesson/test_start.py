"""The first page of a notebook."""

import subprocess
import sys
import tomllib
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import torch
from packaging.requirements import Requirement

from lesson import start
from transformer_lib.attention import Attention
from transformer_lib.training import History

ROOT = Path(__file__).resolve().parents[2]


def test_begin_gives_the_same_numbers_each_time():
    start.begin()
    first = torch.randn(3)
    start.begin()
    assert torch.equal(first, torch.randn(3))
    assert torch.get_num_threads() == 1


def test_source_is_the_library_s_own():
    assert "def forward(self, q: Tensor" in start.show_source(Attention).data


def test_this_machine_is_ready():
    check = start.check_machine()
    assert check.ready
    assert "MISSING" not in repr(check)


def project():
    """What pyproject.toml asks for, extras left out."""
    lines = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    return [Requirement(line).name for line in lines]


def test_every_package_of_the_project_is_looked_for():
    first, *others = start.needed_packages()
    assert first == "attention-by-hand" and set(others) == set(project())


def without(monkeypatch, name):
    """A machine on which this package is not installed."""
    version = start.metadata.version

    def asked(package):
        if package == name:
            raise start.metadata.PackageNotFoundError
        return version(package)

    monkeypatch.setattr(start.metadata, "version", asked)


@pytest.mark.parametrize("name", ["attention-by-hand", *project()])
def test_a_missing_package_is_named_with_its_remedy(name, monkeypatch):
    without(monkeypatch, name)
    check = start.check_machine()
    assert not check.ready
    [line] = [line for line in repr(check).splitlines() if "MISSING" in line]
    assert line.startswith(name) and "make lab" in line


def test_a_package_whose_module_is_gone_is_missing(monkeypatch):
    there = start.util.find_spec
    monkeypatch.setattr(
        start.util, "find_spec", lambda name: name != "torch" and there(name) or None
    )
    assert [what for what, fine, _ in start.check_machine() if not fine] == ["torch"]


def test_a_course_that_lies_here_but_was_never_installed_says_all_that_is_missing(monkeypatch):
    def nothing(name):
        raise start.metadata.PackageNotFoundError

    monkeypatch.setattr(start.metadata, "requires", nothing)
    monkeypatch.setattr(start.metadata, "version", nothing)
    missing = [what for what, fine, _ in start.check_machine() if not fine]
    assert missing[0] == "attention-by-hand" and set(missing[1:]) == set(project())


def test_the_check_itself_needs_nothing_but_python():
    """Or it could never say what is missing: with every package hidden it still answers."""
    code = f"import sys; sys.path.append({str(ROOT)!r}); "
    code += "from lesson.start import check_machine; print(check_machine())"
    command = [sys.executable, "-I", "-S", "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "attention-by-hand     MISSING  run `make lab` again" in said


def test_an_old_python_is_named(monkeypatch):
    monkeypatch.setattr(start, "OLDEST_PYTHON", (99, 1))
    assert not start.check_machine().ready
    assert "99.1 or newer" in repr(start.check_machine())


def test_a_history_is_shown_as_its_curve():
    html = start.training_curve(History(losses=[2.0, 1.0]))
    assert html.startswith("<img ") and "from 2.00 to 1.00 nats" in html
    assert not plt.get_fignums()
