"""People's own files: read whole, or refused with the name of the file and the line."""

import csv
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.errors import refused
from transformer_lib.data import CORPORA
from transformer_lib.files import (
    MAX_LINE,
    atomic,
    read_columns,
    read_labelled,
    read_pairs,
    read_table,
)


def write(tmp_path, content, name="mine.tsv"):
    """A file with this content, text or bytes."""
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# --- what is read ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "Go.\tVa !\nI see.\tJe vois.\n",
        "Go.\tVa !\tCC-BY 2.0 (France) #1 (a) & #2 (b)\nI see.\tJe vois.\tCC-BY 2.0\n",
        "Go.\tVa !\r\nI see.\tJe vois.\r\n",
        "\ufeffGo.\tVa !\nI see.\tJe vois.",
        "Go. \t Va !\n\nI see.\tJe vois.\n \n",
    ],
)
def test_pairs(content, tmp_path):
    assert read_pairs(write(tmp_path, content)) == [("Go.", "Va !"), ("I see.", "Je vois.")]


def test_the_course_reads_its_own_corpora_this_way():
    assert len(read_pairs(CORPORA / "english_french.tsv")) == 15_000
    labels = {label for _, label in read_labelled(CORPORA / "reviews.tsv")}
    assert labels == {"positive", "negative"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("sst.tsv", 'sentence\tlabel\na "fine" film, really \t1\ndull\t0\n'),
        ("mine.csv", 'label,text\n1,"a ""fine"" film, really"\n0,dull\n'),
        ("mine.CSV", 'id,text,label\n7,"a ""fine"" film, really",1\n8,dull,0\n'),
    ],
)
def test_labelled(name, content, tmp_path):
    expected = [('a "fine" film, really', "1"), ("dull", "0")]
    assert read_labelled(write(tmp_path, content, name)) == expected


def test_a_quote_is_an_ordinary_letter_between_tabs(tmp_path):
    path = write(tmp_path, 'sentence\tlabel\n"oh\t1\n')
    assert read_labelled(path) == [('"oh', "1")]


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize("read", [read_pairs, read_labelled, read_table])
@pytest.mark.parametrize("content", ["", "\n\n", "   \n"])
def test_an_empty_file(read, content, tmp_path):
    with refused("mine.tsv", "0 lines of text", "at least 1"):
        read(write(tmp_path, content))


@pytest.mark.parametrize(
    ("line", "columns"), [("no tab here", 1), ("a\tb\tc\td", 4), ("one, two", 1)]
)
def test_a_row_of_another_width(line, columns, tmp_path):
    with refused("mine.tsv, line 3", f"{columns} columns", "2 to 3", "tab"):
        read_pairs(write(tmp_path, f"Go.\tVa !\n\n{line}\n"))


def test_columns_as_many_as_asked(tmp_path):
    with refused("line 1", "2 columns", "3 to 3"):
        read_columns(write(tmp_path, "Go.\tVa !\n"), 3, 3)


@pytest.mark.parametrize(("line", "column"), [("\tVa !", 1), ("Go.\t ", 2), ("Go.\t\tCC-BY", 2)])
def test_half_a_pair(line, column, tmp_path):
    with refused("mine.tsv, line 2", f"column {column} of 2 is empty", "delete the line"):
        read_pairs(write(tmp_path, f"Go.\tVa !\n{line}\n"))


@pytest.mark.parametrize(
    ("encoding", "words"),
    [("latin-1", ["line 2", "byte 4", "not UTF-8"]), ("utf-16", ["line 1", "byte 1", "UTF-8"])],
)
def test_another_encoding(encoding, words, tmp_path):
    content = "Go.\tVa !\nA\tÉté\n".replace("A\tÉté", "It\tÉté").encode(encoding)
    with refused("mine.tsv", *words, "save the file as UTF-8"):
        read_pairs(write(tmp_path, content))


def test_utf_16_without_its_mark(tmp_path):
    with refused("mine.tsv, line 1", "zero byte", "save the file as UTF-8"):
        read_pairs(write(tmp_path, "Go.\tVa !\n".encode("utf-16-le")))


@pytest.mark.parametrize("read", [read_pairs, read_labelled])
def test_a_huge_line(read, tmp_path):
    content = "sentence\tlabel\n" + "a" * MAX_LINE + "\t1\n"
    with refused("mine.tsv, line 2", f"{MAX_LINE} bytes", "break the line up"):
        read(write(tmp_path, content))


def test_a_line_just_short_enough(tmp_path):
    line = "a" * (MAX_LINE - 3) + "\tb\n"
    assert len(line) == MAX_LINE
    assert len(read_pairs(write(tmp_path, line))) == 1


@pytest.mark.parametrize("header", ["sentence\tscore", "phrase\tlabel", "good film\t1"])
def test_a_missing_column(header, tmp_path):
    names = header.replace("\t", ", ")
    with refused("mine.tsv, line 1", names, "label and sentence or text", "add"):
        read_labelled(write(tmp_path, f"{header}\nfine\t1\n"))


def test_a_column_named_twice(tmp_path):
    with refused("mine.csv, line 1", "column label", "2 times", "rename"):
        read_labelled(write(tmp_path, "label,text,label\n1,fine,1\n", "mine.csv"))


def test_a_column_without_a_name(tmp_path):
    with refused("mine.csv, line 1", "column 2 of 3 is empty"):
        read_labelled(write(tmp_path, "label,,text\n1,2,fine\n", "mine.csv"))


def test_the_header_again(tmp_path):
    with refused("mine.tsv, line 3", "header of line 1 again", "delete it"):
        read_labelled(write(tmp_path, "sentence\tlabel\nfine\t1\nsentence\tlabel\ndull\t0\n"))


def test_a_header_and_nothing_under_it(tmp_path):
    with refused("mine.tsv", "ends after line 1", "at least 1 row"):
        read_labelled(write(tmp_path, "sentence\tlabel\n"))


@pytest.mark.parametrize(("row", "columns"), [("fine", 1), ("fine\t1\t1", 3)])
def test_a_row_that_does_not_fit_its_header(row, columns, tmp_path):
    with refused("mine.tsv, line 2", f"{columns} columns", "header has 2", "correct the line"):
        read_labelled(write(tmp_path, f"sentence\tlabel\n{row}\n"))


@pytest.mark.parametrize(("row", "column"), [("\t1", 1), ("fine\t", 2)])
def test_a_label_or_text_left_out(row, column, tmp_path):
    with refused("mine.tsv, line 3", f"column {column} of 2 is empty"):
        read_labelled(write(tmp_path, f"sentence\tlabel\nfine\t1\n{row}\n"))


@pytest.mark.parametrize("row", ['1,"never closed', '1,"closed" too early'])
def test_broken_quotes(row, tmp_path):
    with refused("mine.csv, line 2", "within one line", 'twice: ""'):
        read_labelled(write(tmp_path, f"label,text\n{row}\n0,dull\n", "mine.csv"))


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "notes.txt"
    with atomic(path) as unfinished:
        unfinished.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    with pytest.raises(RuntimeError), atomic(path) as unfinished:
        unfinished.write_text("ha")
        raise RuntimeError
    assert path.read_text() == "whole" and [*path.parent.iterdir()] == [path]


# --- whatever is in it --------------------------------------------------------------------------

CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0\ufeff\t\n\r")
CELLS = st.text(CHARACTERS, max_size=30)
CELL = CELLS.map(str.strip).filter(bool)


@given(st.lists(st.tuples(CELL, CELL), min_size=1), st.sampled_from(["\n", "\r\n"]))
def test_pairs_come_back_as_they_were_written(pairs, end):
    with TemporaryDirectory() as folder:
        text = "".join(f"{there}\t{here}{end}" for there, here in pairs)
        assert read_pairs(write(Path(folder), text)) == pairs


@given(st.lists(st.tuples(CELL, CELL), min_size=1))
def test_a_spreadsheet_s_quotes_come_back(rows):
    with TemporaryDirectory() as folder:
        text = StringIO()
        csv.writer(text).writerows([("sentence", "label"), *rows])
        path = write(Path(folder), text.getvalue(), "mine.csv")
        if ("sentence", "label") in rows:
            with refused("the header of line 1 again"):
                read_labelled(path)
        else:
            assert read_labelled(path) == rows


@given(st.binary(max_size=200))
@pytest.mark.parametrize("name", ["mine.tsv", "mine.csv"])
@pytest.mark.parametrize("reader", [read_pairs, read_labelled])
def test_any_bytes_are_read_or_refused_with_the_file_s_name(reader, name, content):
    with TemporaryDirectory() as folder:
        path = write(Path(folder), content, name)
        try:
            rows = reader(path)
        except ValueError as refusal:
            assert str(path) in str(refusal)
        else:
            assert all(len(row) == 2 and all(row) for row in rows)
