#!/usr/bin/env python3
"""Attention by Hand: one script for everything. Needs Python 3.11 or newer, nothing else.

  python3 course.py lab          open the course in JupyterLab
  python3 course.py test         run every test and every notebook
  python3 course.py build 03     run a source into its notebook; without a number, all of them
  python3 course.py bench        measure how fast it is, beside other implementations
  python3 course.py pull 03      bring edits made in the browser back to the source
  python3 course.py evidence     run each experiment that has changed with three seeds
  python3 course.py student      write a copy without solutions into student/
  python3 course.py book         write the whole course as a web site into build/book/
  python3 course.py slides       write a lecture for each notebook into build/slides/
  python3 course.py syllabus     list what the course covers, and where
  python3 course.py collect DIR  tabulate the exports that a class handed in (--csv FILE)
  python3 course.py recheck DIR  run notebooks that were handed in again, and export what counts
  python3 course.py clean        remove .venv and everything else that can be made again

The first run makes .venv and installs the course into it (a few minutes, almost 2 GB).
More words go to the program behind a verb: `course.py lab --port 9999`, `course.py test -x`.
On Windows type `py course.py` instead of `python3 course.py`.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
NEEDED = (3, 11)
FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"
NOTEBOOK_VERBS = ("build", "pull", "evidence", "student", "book", "slides", "syllabus")
CLASS_VERBS = {
    "collect": ["-m", "lesson.teaching.collect"],
    "recheck": ["-m", "authoring.recheck"],
}
# What JupyterLab leaves alone: questions about news and updates, and a second kind of notebook.
# Live views are saved with the notebook, so that they are there when it is opened again.
LAB = {
    "share/jupyter/lab/settings/overrides.json": {
        "@jupyterlab/apputils-extension:notification": {
            "fetchNews": "false",
            "checkForUpdates": False,
        },
        "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
    },
    "etc/jupyter/labconfig/page_config.json": {"disabledExtensions": {"jupyterlab-jupytext": True}},
}
# One thread: tiny models gain nothing from two. Large thresholds: memory is reused between steps.
SETTINGS = {
    "OMP_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": "1073741824",
    "MALLOC_TRIM_THRESHOLD_": "1073741824",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}


class Trouble(Exception):
    """Something the reader can put right; its message says how."""


def check_python(version):
    """Raise Trouble when this Python is older than the course needs."""
    if tuple(version[:2]) < NEEDED:
        raise Trouble(
            "This is Python {}.{}, and the course needs 3.11 or newer: "
            "install it from python.org and run `python3.11 course.py lab`.".format(*version[:2])
        )


def venv_python():
    """Path of the interpreter inside .venv."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def answer(command):
    """What a command prints, or an empty string when it cannot run or fails."""
    try:
        return subprocess.check_output(command, stderr=subprocess.DEVNULL).decode().strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def venv_works(ask=answer):
    """True when .venv holds a live Python with pip, of the version that runs this script."""
    question = "import sys, pip; print(sys.prefix, *sys.version_info[:2], sep='|')"
    found = ask([str(venv_python()), "-c", question]).split("|")
    if found[1:] != [str(part) for part in sys.version_info[:2]]:
        return False
    return Path(found[0]).resolve() == VENV.resolve()


def fingerprint():
    """Changes when the requirements or the settings change, or when the folder has moved."""
    parts = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
    parts += [str(ROOT).encode(), json.dumps(LAB).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def set_up(run=subprocess.call, ask=answer):
    """Make .venv and install into it, unless that is done. The stamp comes last, so a
    set-up that was cut short is taken up again by the next run."""
    stamp = VENV / "course.stamp"
    works = venv_works(ask)
    if works and stamp.exists() and stamp.read_text() == fingerprint():
        return
    if not works:
        make_venv(run)
    install(run)
    calm_lab()
    stamp.write_text(fingerprint())
    print("Ready.", flush=True)


def make_venv(run):
    """Make .venv afresh, over whatever is there."""
    again = " again" if VENV.exists() else ""
    print(f"Making .venv{again} ...", flush=True)
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    base = getattr(sys, "_base_executable", sys.executable)  # even when .venv itself runs this
    if run([base, "-m", "venv", "--clear", str(VENV)]) != 0:
        raise Trouble(
            "Python could not make .venv (its message is above): "
            "on Debian and Ubuntu, `sudo apt install python3-venv` first, then run this again."
        )


def install(run):
    """Install the course and what it needs, at the exact versions of constraints.txt."""
    print("Installing what the course needs; the first time takes a few minutes ...", flush=True)
    pip = [str(venv_python()), "-m", "pip", "install", "--quiet", "--progress-bar=off"]
    if run([*pip, "-c", "constraints.txt", "-e", ".[dev]"]) != 0:
        raise Trouble(
            "The installation stopped (pip's message is above): "
            "check the network and run the same command again; it continues where it stopped."
        )


def calm_lab():
    """Write JupyterLab's settings for the course into .venv."""
    for name, settings in LAB.items():
        path = VENV / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings, indent=2) + "\n")


def command_for(verb, more):
    """The command line behind a verb, for the Python in .venv."""
    python = str(venv_python())
    if verb == "lab":
        options = [f"--ServerApp.root_dir={ROOT}"]
        if getattr(os, "geteuid", lambda: 1)() == 0:
            options.append("--allow-root")  # in a container there is often nobody else
        if (ROOT / FIRST_NOTEBOOK).exists():
            options.append(f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}")
        return [python, "-m", "jupyterlab", *options, *more]
    if verb == "test":
        return [python, "-m", "pytest", "-n", "2", *more]
    if verb == "bench":
        return [python, "benchmarks/run.py", *more]
    if verb in CLASS_VERBS:
        return [python, *CLASS_VERBS[verb], *more]
    return [python, "-m", "authoring", verb, *more]


def hand_over(command):
    """Run the command in place of this script, so that Ctrl-C reaches it alone."""
    if os.name == "nt":
        return subprocess.call(command)  # Windows cannot replace a running program
    os.execv(command[0], command)


def clean():
    """Remove what can be made again: .venv, student/, caches."""
    made = [VENV, ROOT / "student", ROOT / "build"]
    for name in ("__pycache__", ".ipynb_checkpoints", ".*_cache", ".hypothesis", "*.egg-info"):
        made += [path for path in ROOT.rglob(name) if VENV not in path.parents]
    for path in made:
        if path.exists():
            print(f"Removing {path.relative_to(ROOT)}")
            shutil.rmtree(str(path))


def main(words):
    """Do what the words on the command line ask for and return the exit status."""
    verb, more = (words or ["help"])[0], words[1:]
    if verb in ("help", "-h", "--help"):
        print(__doc__.strip())
        return 0
    if verb == "clean":
        return clean()
    if verb not in ("lab", "test", "bench", *NOTEBOOK_VERBS, *CLASS_VERBS):
        raise Trouble(f"There is no verb `{verb}`: `python3 course.py help` lists them.")
    here = os.getcwd()
    os.chdir(str(ROOT))
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    if verb != "lab":
        os.environ["ATTENTION_PROGRESS"] = "off"  # only what a learner runs is progress
    set_up()
    if verb in CLASS_VERBS:
        os.chdir(here)  # a teacher names folders from where they stand
    return hand_over(command_for(verb, more))


if __name__ == "__main__":
    try:
        check_python(sys.version_info)
        sys.exit(main(sys.argv[1:]))
    except Trouble as trouble:
        sys.exit(str(trouble))
    except KeyboardInterrupt:
        sys.exit("Stopped; run the same command again to go on.")
