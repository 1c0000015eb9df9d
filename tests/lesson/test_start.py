"""The first page of a notebook."""

import importlib.util

import matplotlib.pyplot as plt
import torch

from lesson import start
from transformer_lib.attention import Attention
from transformer_lib.training import History


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


def test_a_missing_package_is_named_with_its_remedy(monkeypatch):
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "bertviz" else there(name)
    )
    check = start.check_machine()
    assert not check.ready
    [line] = [line for line in repr(check).splitlines() if "MISSING" in line]
    assert line.startswith("bertviz") and "make lab" in line


def test_an_old_python_is_named(monkeypatch):
    monkeypatch.setattr(start, "OLDEST_PYTHON", (99, 1))
    assert not start.check_machine().ready
    assert "99.1 or newer" in repr(start.check_machine())


def test_a_history_is_shown_as_its_curve():
    html = start.training_curve(History(losses=[2.0, 1.0]))
    assert html.startswith("<img ") and "from 2.00 to 1.00 nats" in html
    assert not plt.get_fignums()
