"""What has been done so far, in a small file that outlives kernels and clones.

For each exercise and quiz it holds how often it was tried and the day of the first success;
nothing that a learner wrote, and no name. The file lies in Jupyter's own data folder, or where
the environment variable ATTENTION_PROGRESS says; the word `off` there means: keep no record.

Each entry is written on its own: lock, read what others have written, change one entry, replace
the file whole. So two kernels do not lose each other's entries, and a crash leaves the old file.
The operating system holds the lock and lets it go with the process that took it.
"""

import json
import os
import warnings
from datetime import date
from itertools import count
from pathlib import Path

from filelock import FileLock
from jupyter_core.paths import jupyter_data_dir

from transformer_lib.files import atomic

FORMAT = "attention-by-hand progress 1"
SECTIONS = ("exercises", "quizzes")
PATIENCE = 2.0  # seconds to wait for another kernel's entry


def place() -> Path | None:
    """The file, or None when no record is to be kept."""
    chosen = os.environ.get("ATTENTION_PROGRESS")
    if chosen == "off":
        return None
    if chosen:
        return Path(chosen).expanduser()
    return Path(jupyter_data_dir()) / "attention-by-hand" / "progress.json"


def note(section: str, name: str, success: bool) -> None:
    """Count one try of an exercise or a quiz; after the first success nothing more is counted.

    A record that cannot be written is no reason to stop: it is told as a warning.
    """
    path = place()
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(path.name + ".lock"), timeout=PATIENCE):
            record = read(path)
            entry = record[section].setdefault(name, {"tries": 0, "done_on": ""})
            if not entry["done_on"]:
                entry["tries"] += 1
                entry["done_on"] = date.today().isoformat() if success else ""
                write_whole(path, json.dumps({"format": FORMAT, **record}, indent=1) + "\n")
    except (OSError, NotImplementedError) as error:  # the latter: a drive without locks
        warnings.warn(f"your progress could not be noted in {path}: {error}.", stacklevel=3)


def recorded() -> dict[str, dict[str, dict]]:
    """Section → name → entry, as noted so far."""
    path = place()
    return read(path) if path else empty()


def empty() -> dict[str, dict[str, dict]]:
    """A record without entries."""
    return {section: {} for section in SECTIONS}


def read(path: Path) -> dict[str, dict[str, dict]]:
    """The record in a file; empty when there is none, or when it is broken and set aside."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return empty()
    except ValueError as error:  # neither JSON nor UTF-8
        return set_aside(path, str(error))
    if not is_sound(record):
        return set_aside(path, f"it is not in the form of {FORMAT!r}")
    return {section: record[section] for section in SECTIONS}


def is_sound(record: object) -> bool:
    """Does a file hold what this version writes?"""
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        return False
    sections = [record.get(section) for section in SECTIONS]
    if not all(isinstance(section, dict) for section in sections):
        return False
    entries = [entry for section in sections for entry in section.values()]
    return all(isinstance(entry, dict) and is_entry(**entry) for entry in entries)


def is_entry(tries: object = None, done_on: object = None, **more: object) -> bool:
    """Is this what one exercise or quiz leaves behind?"""
    return isinstance(tries, int) and isinstance(done_on, str) and not more


def set_aside(path: Path, why: str) -> dict[str, dict[str, dict]]:
    """Keep a broken file under another name, say so, and begin anew."""
    names = (path.with_name(f"{path.stem}.broken-{number}.json") for number in count(1))
    aside = next(name for name in names if not name.exists())
    os.replace(path, aside)
    warnings.warn(
        f"{path} could not be read: {why}. It is kept as {aside.name}, and a new record begins; "
        f"put the old one back when it is repaired.",
        stacklevel=5,
    )
    return empty()


def write_whole(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with atomic(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8", newline="\n")
