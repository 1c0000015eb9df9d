"""One thread, one seed, and every device there is."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is first imported

import shutil

import matplotlib.pyplot as plt
import pytest
import torch
from hypothesis import settings
from playwright.sync_api import sync_playwright

from helpers.browser import QUIET, ROOT, Alone, Lab, Visit, find_chromium, write_notebook

# The same examples in every run, and none kept in a folder; a slow machine is no failure.
settings.register_profile("course", derandomize=True, database=None, deadline=None)
settings.load_profile("course")

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


@pytest.fixture(params=DEVICES)
def device(request):
    """The name of each device in turn."""
    return request.param


@pytest.fixture(autouse=True)
def fresh():
    """Every test starts from the same random state and leaves no figure open."""
    torch.manual_seed(0)
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def browser():
    """A real browser."""
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A running JupyterLab on a copy of the notebooks."""
    folder = tmp_path_factory.mktemp("notebooks")
    for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"):
        shutil.copy(path, folder)
    lab = Lab(folder, tmp_path_factory.mktemp("settings"))
    yield lab
    lab.stop()


@pytest.fixture
def windows():
    """The windows that a test opens; they are closed after it."""
    opened = []
    yield opened
    for window in opened:
        window.close()


@pytest.fixture
def visit(request, browser, windows):
    """Open a notebook of the course in JupyterLab, by its name."""

    def open_notebook(name):
        windows.append(Visit(browser, request.getfixturevalue("lab"), name))
        return windows[-1]

    return open_notebook


@pytest.fixture
def run_cells(lab, visit):
    """Run code cells in a notebook of their own in JupyterLab."""

    def run(*cells):
        seen = visit(write_notebook(lab.folder, "cells.ipynb", *cells))
        seen.run_all()
        return seen

    return run


@pytest.fixture
def alone(browser, windows):
    """Open a live view on a page of its own, without kernel and server."""

    def open_view(view):
        windows.append(Alone(browser, view))
        return windows[-1]

    return open_view
