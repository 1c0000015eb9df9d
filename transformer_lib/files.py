"""Files, read whole or not at all, and written whole or not at all.

`read_pairs` takes sentence pairs as Tatoeba and ManyThings ship them, `read_labelled` takes
labelled sentences as in SST-2. Files are UTF-8, with or without a byte-order mark.
Whatever is wrong is refused with the file's name and the line's number, counted from 1.
"""

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MAX_LINE = 10_000  # bytes; a longer line is no sentence, and usually no text file
TEXT_COLUMNS = ("sentence", "text")


def read_pairs(path: str | Path) -> list[tuple[str, str]]:
    """English<TAB>French, one pair a line, with or without a third column of attribution.

    returns [(source, target), …] in the order of the file

    Raises ValueError for a line of another form, and for what `read_lines` refuses.
    """
    return [(row[0], row[1]) for row in read_columns(path, 2, 3)]


def read_columns(path: str | Path, least: int, most: int) -> list[list[str]]:
    """The rows of a tab-separated file without a header, each with `least` to `most` columns.

    Raises ValueError for another number of columns and for an empty text in the first `least`.
    """
    rows = []
    for number, line in read_lines(path):
        row = [cell.strip() for cell in line.split("\t")]
        if not least <= len(row) <= most:
            raise ValueError(
                f"{path}, line {number}: {len(row)} columns; needed are {least} to {most}, "
                f"with a tab between them: correct the line or delete it."
            )
        check_filled(path, number, row[:least])
        rows.append(row)
    return rows


def read_labelled(path: str | Path) -> list[tuple[str, str]]:
    """A table with the columns `sentence` (or `text`) and `label`, in any order, others ignored.

    Commas separate the columns of a file whose name ends in .csv, tabs those of any other.
    returns [(text, label), …] in the order of the file

    Raises ValueError when a column is missing, and for what `read_table` refuses.
    """
    rows = read_table(path)
    columns = list(rows[0])
    text = next((column for column in TEXT_COLUMNS if column in columns), None)
    if text is None or "label" not in columns:
        raise ValueError(
            f"{path}, line 1: the columns are {', '.join(columns)}; needed are label and "
            f"{' or '.join(TEXT_COLUMNS)}: add the missing name to the first line."
        )
    return [(row[text], row["label"]) for row in rows]


def read_table(path: str | Path) -> list[dict[str, str]]:
    """The rows under a header, as {column: cell}.

    Raises ValueError for a header with a name twice, missing or again further down, a row of
    another width, an empty cell, no rows, broken quotes, and for what `read_lines` refuses.
    """
    (_, header), *rows = split_cells(path)
    check_header(path, header)
    if not rows:
        raise ValueError(f"{path} ends after line 1, its header; add at least 1 row.")
    for number, row in rows:
        if row == header:
            raise ValueError(f"{path}, line {number}: the header of line 1 again; delete it.")
        if len(row) != len(header):
            raise ValueError(
                f"{path}, line {number}: {len(row)} columns, but the header has {len(header)}; "
                f"correct the line or delete it."
            )
        check_filled(path, number, row)
    return [dict(zip(header, row, strict=True)) for _, row in rows]


def split_cells(path: str | Path) -> list[tuple[int, list[str]]]:
    """(number, cells) of every line; in .csv, quotes may hold a comma but no line break."""
    comma = Path(path).suffix.lower() == ".csv"
    table = []
    for number, line in read_lines(path):
        try:
            reader = csv.reader(
                [line],
                delimiter="," if comma else "\t",
                quoting=csv.QUOTE_MINIMAL if comma else csv.QUOTE_NONE,
                strict=True,
            )
            table += [(number, [cell.strip() for cell in row]) for row in reader]
        except csv.Error as error:
            raise ValueError(
                f"{path}, line {number}: {error}; a quote opens and closes within one line, "
                f'and one inside a text is written twice: "".'
            ) from None
    return table


def check_header(path: str | Path, header: list[str]) -> None:
    """Refuse a header in which a column cannot be told from another."""
    check_filled(path, 1, header)
    for name in header:
        if header.count(name) > 1:
            raise ValueError(
                f"{path}, line 1: the column {name} comes {header.count(name)} times; "
                f"needed is each name once: rename the others."
            )


def check_filled(path: str | Path, number: int, cells: list[str]) -> None:
    """Refuse a row with an empty cell."""
    if not all(cells):
        empty = cells.index("") + 1
        raise ValueError(
            f"{path}, line {number}: column {empty} of {len(cells)} is empty; "
            f"fill it or delete the line."
        )


def read_lines(path: str | Path) -> list[tuple[int, str]]:
    """(number, text) of every line that is not blank.

    Raises ValueError for a line over MAX_LINE bytes, text that is not UTF-8, and a file
    without text.
    """
    lines, number = [], 0
    with open(path, "rb") as file:
        while raw := file.readline(MAX_LINE + 1):
            number += 1
            text = decode(path, number, raw)
            if text.strip():
                lines.append((number, text))
    if not lines:
        raise ValueError(f"{path} holds 0 lines of text; needed is at least 1.")
    return lines


def decode(path: str | Path, number: int, raw: bytes) -> str:
    """One line as text, without its line end."""
    if len(raw) > MAX_LINE:
        raise ValueError(
            f"{path}, line {number}: longer than {MAX_LINE} bytes; needed is one sentence a line: "
            f"break the line up."
        )
    try:
        text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}, line {number}: byte {error.start + 1} is not UTF-8; "
            f"save the file as UTF-8 in your editor."
        ) from None
    if "\0" in text:
        raise ValueError(
            f"{path}, line {number}: a zero byte, so this is not UTF-8 text; "
            f"save the file as UTF-8 in your editor."
        )
    return text.rstrip("\r\n")


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """A name beside `path` to write under; what was written takes the place of `path` when the
    block ends, and is thrown away when it fails, so that a crash leaves the old file whole.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        yield unfinished
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
