"""What a class has done: all exports of a folder in two tables.

    python3 course.py collect FOLDER                    print the tables
    python3 course.py collect FOLDER --csv class.csv    … and a file for a spreadsheet

Sub-folders are read too. Files that are not exports are named at the end, and the exit status
is 1; the others count all the same. Several exports under one name are merged: of each exercise
and quiz the entry that is further on counts. Who typed no name goes by the file's.
"""

import argparse
import sys
from pathlib import Path

from lesson.exercises.progress import FORMATS
from lesson.teaching.handed_in import HandedIn, read_export
from lesson.teaching.learners import learners_of
from lesson.teaching.tables import (
    by_exercise,
    by_learner,
    is_class,
    table,
    write_class,
)


def read_folder(folder: Path) -> tuple[list[HandedIn], list[str]]:
    """All exports below a folder, and a sentence for each file that is not one.

    Raises ValueError when there is no .csv or .json file to read.
    """
    exports, refused = [], []
    for path in sorted(path for path in folder.rglob("*") if may_be_export(path)):
        nameless = path.relative_to(folder).with_suffix("").as_posix()
        try:
            if not is_class(path):
                exports.append(read_export(path, nameless))
        except (ValueError, OSError) as trouble:
            refused.append(str(trouble))
    if not exports and not refused:
        raise ValueError(
            f"{folder} holds 0 exports; needed is a folder of .csv or .json files that "
            f"`export_progress` wrote: check its name."
        )
    return exports, refused


def may_be_export(path: Path) -> bool:
    """Is this a .csv or .json file, and not one that a system hides?"""
    return path.suffix.lower() in FORMATS and not path.name.startswith(".") and path.is_file()


def collect(folder: Path, target: Path | None) -> int:
    """Print both tables and what was refused; returns the exit status."""
    exports, refused = read_folder(folder)
    learners = learners_of(exports)
    print(f"Learners: {len(learners)}, exports: {len(exports)}\n")
    print(table(by_learner(learners)), table(by_exercise(learners)), sep="\n\n")
    if target:
        write_class(target, learners)
    if refused:
        print(f"\nFiles that do not count: {len(refused)}", *refused, sep="\n  ")
    return min(len(refused), 1)


def main(words: list[str]) -> int:
    """Do what the command line asks for and return the exit status."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("collect", description=__doc__, formatter_class=form)
    parser.add_argument("folder", type=Path, help="where the exports are")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write a row for each learner")
    asked = parser.parse_args(words)
    sys.stdout.reconfigure(errors="replace")  # a console that lacks a letter shows ?
    return collect(asked.folder, asked.csv)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (ValueError, OSError) as trouble:
        sys.exit(str(trouble))
