"""What has been done so far, in a small file that outlives kernels and clones.

For each exercise and quiz it holds how often it was tried and the day of the first success;
nothing that a learner wrote, and no name. The file lies in Jupyter's own data folder, or where
the environment variable ATTENTION_PROGRESS says; the word `off` there means: keep no record.

Each entry is written on its own: lock, read what others have written, change one entry, replace
the file whole. So two kernels do not lose each other's entries, and a crash leaves the old file.
The lock is a file beside it; one that is older than STALE seconds was left by a crash and is
taken over. Where a network drive does not know exclusive creation, the last writer wins.
"""

import json
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import count
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

FORMAT = "attention-by-hand progress 1"
SECTIONS = ("exercises", "quizzes")
PATIENCE = 2.0  # seconds to wait for another kernel's entry
STALE = 10.0  # seconds after which a lock belongs to nobody


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
        with locked(path):
            record = read(path)
            entry = record[section].setdefault(name, {"tries": 0, "done_on": ""})
            if not entry["done_on"]:
                entry["tries"] += 1
                entry["done_on"] = date.today().isoformat() if success else ""
                write_whole(path, json.dumps({"format": FORMAT, **record}, indent=1) + "\n")
    except OSError as error:
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
    """Write a file whole or not at all."""
    half_written = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        half_written.write_text(text, encoding="utf-8", newline="\n")
        os.replace(half_written, path)
    finally:
        half_written.unlink(missing_ok=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Only one process at a time; raises TimeoutError when another one does not finish."""
    lock, until = path.with_name(path.name + ".lock"), time.monotonic() + PATIENCE
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            break
        except FileExistsError:
            remove_stale(lock)
            if time.monotonic() > until:
                raise TimeoutError(f"{lock.name} is held by another kernel") from None
            time.sleep(0.01)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def remove_stale(lock: Path) -> None:
    """Remove a lock whose owner must have crashed."""
    try:
        if time.time() - lock.stat().st_mtime > STALE:
            lock.unlink()
    except FileNotFoundError:
        pass  # its owner has just finished
