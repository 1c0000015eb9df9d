"""A real JupyterLab in a real browser, for the tests that have to see what a learner sees."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
HOW = "install it (Debian, Ubuntu: `sudo apt-get install chromium`) or set CHROMIUM to its path"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str:
    """Path of the browser; on a Debian machine of its own (root) it is installed first.

    Without a browser the test fails where CI is set, and is skipped with the remedy elsewhere.
    """
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found and shutil.which("apt-get") and os.geteuid() == 0:
        for step in (["update", "-qq"], ["install", "-y", "-qq", "chromium"]):
            subprocess.run(["apt-get", *step], check=True, stdout=subprocess.DEVNULL)
        found = shutil.which("chromium")
    if not found:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(f"no Chromium on this machine, so nothing was looked at: {HOW}.")
    return found


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Lab:
    """JupyterLab over a folder, with settings of its own so that nobody's are touched."""

    def __init__(self, folder: Path, settings: Path):
        self.folder = folder
        self.address = f"http://127.0.0.1:{free_port()}"
        options = [
            "--no-browser",
            "--allow-root",
            "--expose-app-in-browser",
            f"--port={self.address.rpartition(':')[2]}",
            f"--ServerApp.root_dir={folder}",
            "--IdentityProvider.token=",
        ]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env=os.environ | {"JUPYTER_CONFIG_DIR": str(settings), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.wait()

    def wait(self, seconds: float = 60) -> None:
        """Until the server answers."""
        until = time.monotonic() + seconds
        while True:
            try:
                urllib.request.urlopen(f"{self.address}/api").close()
                return
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
                time.sleep(0.2)

    def stop(self) -> None:
        """End the server and its kernels."""
        self.process.terminate()
        self.process.wait(20)


class Window:
    """One browser window, which keeps a list of everything that goes wrong in it."""

    def __init__(self, browser, own: tuple[str, ...] = ()):
        self.page = browser.new_page(viewport={"width": 1280, "height": 1000})
        self.own, self.problems = ("data:", "blob:", "about:", *own), []
        self.page.on("request", self.watch_host)
        self.page.on("console", self.watch_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))

    def watch_host(self, request) -> None:
        """Note a request that leaves this machine."""
        if not request.url.startswith(self.own):
            self.problems.append(f"request to another host: {request.url}")

    def watch_console(self, message) -> None:
        """Note what the browser complains about."""
        if message.type == "error":
            self.problems.append(f"console: {message.text}")

    def screenshot(self, name: str) -> None:
        """Keep a picture for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    def close(self) -> None:
        """Close the window."""
        self.page.close()


class Alone(Window):
    """A live view on a page of its own, without kernel and server."""

    def __init__(self, browser, view):
        super().__init__(browser)
        self.page.set_content(view.document())
        self.page.locator(".live-view").wait_for()

    def states(self, name: str):
        """What the page holds as the state `name`."""
        return self.page.evaluate("name => document.getElementById('view').model.get(name)", name)


class Visit(Window):
    """A notebook in JupyterLab."""

    def __init__(self, browser, lab: Lab, notebook: str):
        super().__init__(browser, own=(lab.address, "ws://127.0.0.1"))
        self.page.goto(f"{lab.address}/lab/tree/{notebook}?reset")
        ready = "() => window.jupyterapp?.shell.currentWidget?.content?.widgets?.length > 0"
        self.page.wait_for_function(ready, timeout=60_000)
        self.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.ready")

    def run_all(self) -> None:
        """Run every cell and wait for the last one."""
        self.page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")

    def errors(self) -> list[str]:
        """The error outputs of all cells."""
        return self.page.evaluate(
            """() => jupyterapp.shell.currentWidget.content.widgets
                .filter(cell => cell.model.type === "code")
                .flatMap(cell => cell.model.outputs.toJSON())
                .filter(output => output.output_type === "error")
                .map(output => `${output.ename}: ${output.evalue}`)"""
        )

    def theme(self, name: str) -> None:
        """Switch JupyterLab to "JupyterLab Light" or "JupyterLab Dark", and wait until it shows."""
        change = "name => jupyterapp.commands.execute('apputils:change-theme', {theme: name})"
        self.page.evaluate(change, name)
        self.page.wait_for_selector(f"body[data-jp-theme-name='{name}']", state="attached")
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    def close(self) -> None:
        """End the kernel and close the window."""
        self.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        super().close()


def write_notebook(folder: Path, name: str, *cells: str) -> str:
    """A notebook of these code cells; returns its name."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}  # or JupyterLab asks
    code = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=code, metadata=kernel), folder / name)
    return name


def assert_marked(place, words: list[str]) -> None:
    """These words inside `place`, and no others, are marked as unknown, with a star behind."""
    marked = place.locator(".unknown")
    assert marked.all_inner_texts() == words
    star = "node => getComputedStyle(node, '::after').content"
    assert [node.evaluate(star) for node in marked.all()] == ['"*"'] * len(words)


def eventually(page, check):
    """Python answers when it is done; the last of many tries says what is still wrong."""
    for _ in range(50):
        try:
            return check()
        except AssertionError:
            page.wait_for_timeout(100)
    check()
