"""Experiments and their controls: run with every seed, kept, shown on a page, and never stale."""

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest

from authoring import Refused, experiments
from authoring.__main__ import main
from authoring.builder.source import read, sources
from authoring.overviews.bibliography import bibliography, cited
from authoring.overviews.evidence import KINDS, page, questions
from authoring.overviews.syllabus import rows

ROOT = Path(__file__).resolve().parents[2]
ROWS = rows(ROOT)
CONTROLS = [c for path in sources(ROOT) for c in read(path) if experiments.is_control(c)]
CLAIMED = [row for row, what in ROWS.items() if what.get("kind") == "experiment"]
SOURCE = """\
# %% [markdown] covers="A1 A2 A3"
# # Sums
#
# > At the end you can add. About 2 minutes.

# %%
import random

from lesson.evidence import evidence
from transformer_lib.sums import add

seed = 0
random.seed(seed)

# %% [markdown]
# ## Added or not?

# %% control="A1"
some = random.random() + 1
evidence("A1", lambda total: total > 2, {"added": add(some, 2)}, {"not added": some}, by=1.5)

# %%
assert seed < HIGHEST, "a high seed"
"""
LIBRARY = '"""Sums."""\n\n\ndef add(a, b):\n    """a + b"""\n    return a + b  # the sum\n'
SYLLABUS = """\
[A1]
title = "Sums"
example = "1 + 1"
kind = "experiment"

[A2]
title = "What a sum is"
example = "a + b"
kind = "identity"

[A3]
title = "Old sums"
example = "3"
kind = "quotation"
source = "Euclid"
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A course of one notebook with one experiment; its kernels find no other."""
    for folder in ("authoring/sources", "notebooks", "transformer_lib", "lesson"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "__init__.py").touch()
    write(tmp_path, SOURCE.replace("HIGHEST", "9"))
    (tmp_path / "authoring/syllabus.toml").write_text(SYLLABUS)
    (tmp_path / "transformer_lib/sums.py").write_text(LIBRARY)
    shutil.copy(ROOT / "lesson/evidence.py", tmp_path / "lesson/evidence.py")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def write(root, text):
    (root / "authoring/sources/01_sums.py").write_text(text)


def runs(root, monkeypatch):
    """The notebooks that a call of the verb runs."""
    count = []

    def run_each(root, paths):
        count.extend(path.stem for path in paths)
        return [(path, {"0": {"found": [], "failed": []}}) for path in paths]

    monkeypatch.setattr(experiments, "run_each", run_each)
    experiments.run(root, [])
    return count


def test_each_seed_takes_the_place_of_the_first(root):
    path = root / "authoring/sources/01_sums.py"
    found = [experiments.run_with(root, path, seed)["found"] for seed in (0, 2)]
    (first,), (other,) = found
    assert first[0] == other[0] == "A1" and first[-1] is other[-1] is True
    assert first[1][1] != other[1][1]


def test_a_cell_that_fails_with_another_seed_is_told_and_kept(root, capsys):
    write(root, SOURCE.replace("HIGHEST", "2"))
    assert main(["build"], root) == 1  # evidence.md is refused: nothing has been run
    assert "run `course.py evidence 01`" in capsys.readouterr().out
    assert main(["evidence"], root) == 1
    assert "seed 2: 1 compared" in (said := capsys.readouterr().out)
    assert "does not hold: line 22: AssertionError: a high seed" in said
    kept = json.loads((root / "authoring/evidence.json").read_text())["01_sums"]["seeds"]
    assert [bool(kept[seed]["failed"]) for seed in "012"] == [False, False, True]
    text = (root / "notebooks/evidence.md").read_text()
    assert "| A1 Sums | added: 3" in text and " | `total > 2` | 1.5 | [01 Sums · Added or" in text
    assert "| A2 What a sum is | [01 Sums · Sums](01_sums.ipynb#" in text
    assert "| A3 Old sums | Euclid | [01 Sums" in text
    assert text == page(root)


def test_only_what_has_changed_runs_again(root, monkeypatch):
    assert runs(root, monkeypatch) == ["01_sums"]
    assert runs(root, monkeypatch) == []
    library = root / "transformer_lib/sums.py"
    library.write_text(LIBRARY.replace("# the sum", "# a sum").replace('a + b"""', 'A sum."""'))
    write(root, SOURCE.replace("HIGHEST", "9").replace("## Added or not?", "## Added?"))
    assert runs(root, monkeypatch) == []
    library.write_text(LIBRARY.replace("return a + b", "return b + a"))
    assert runs(root, monkeypatch) == ["01_sums"]
    write(root, SOURCE.replace("HIGHEST", "8"))
    assert runs(root, monkeypatch) == ["01_sums"]


@pytest.mark.parametrize("seed", ["seed = 1\n", "seed = 0\nseed = 0\n"])
def test_a_notebook_says_its_seed_once(root, seed):
    write(root, SOURCE.replace("seed = 0\n", seed).replace("HIGHEST", "9"))
    with pytest.raises(Refused, match=r"01_sums.py says `seed = 0` [02] times; needed is once"):
        experiments.run_with(root, root / "authoring/sources/01_sums.py", 1)


def test_kept_runs_of_other_experiments_are_refused(root):
    main(["evidence"], root)
    main(["build"], root)
    notebook = root / "notebooks/01_sums.ipynb"
    cells = nbformat.read(notebook, as_version=4)
    cells.cells[-2].source += "\n" + cells.cells[-2].source.splitlines()[-1]
    nbformat.write(cells, notebook)
    with pytest.raises(Refused, match=r"01_sums compares 2 times and the kept runs \[1, 1, 1\]"):
        page(root)


@pytest.mark.parametrize("row", ROWS)
def test_each_row_says_what_kind_it_is(row):
    what = ROWS[row]
    assert ("kind" in what) != row.startswith("X")
    assert what.get("kind", "identity") in KINDS
    assert ("source" in what) == (what.get("kind") == "quotation")


@pytest.mark.parametrize("row", CLAIMED)
def test_every_experiment_has_a_control(row):
    compared = {asked for cell in CONTROLS for asked, _ in questions(cell)}
    assert row in compared, f'{row} has no cell that says `control="{row}"`'


@pytest.mark.parametrize("path", experiments.experiments(ROOT), ids=lambda path: path.stem)
def test_the_experiments_of_today_were_run_with_three_seeds(path):
    kept = experiments.kept(ROOT).get(path.stem, {})
    assert kept.get("made_of") == experiments.made_of(ROOT, path), "run: course.py evidence"
    assert set(kept["seeds"]) == set(map(str, experiments.SEEDS))
    for run in kept["seeds"].values():
        assert run["found"] and all(found[-1] for found in run["found"]) and not run["failed"]


def test_a_notebook_without_a_control_has_nothing_to_run(root):
    write(root, SOURCE.replace(' control="A1"', "").replace("HIGHEST", "9"))
    with pytest.raises(Refused, match="01_sums has 0 controls; needed is at least 1"):
        experiments.run(root, ["01"])


@pytest.mark.parametrize("cell", CONTROLS, ids=lambda cell: cell.metadata["control"])
def test_a_control_compares_the_rows_that_its_header_names(cell):
    assert {row for row, _ in questions(cell)} == set(cell.metadata["control"].split())


def test_works_are_found_however_they_are_written():
    text = "as Vaswani et al. (2017) say; (Shaw et al., 2018); Lin, 2004. In 2017, Transformer 2017"
    wanted = {"Vaswani et al. 2017", "Shaw et al. 2018", "Lin 2004", "Smith and Topin 2018"}
    text += "; Smith\nand Topin 2018; Bengio, Simard and Frasconi, 1994; Cho and others (2014)"
    wanted |= {"Bengio et al. 1994", "Cho et al. 2014"}
    assert cited(text) == wanted


def test_every_work_that_is_named_is_in_the_bibliography_and_no_other():
    files = [*(ROOT / "transformer_lib").glob("*.py"), *(ROOT / "lesson").rglob("*.py")]
    files += [*sources(ROOT), *(ROOT / "lesson/exercises/bank").glob("*.toml")]
    files += [ROOT / "authoring/syllabus.toml", ROOT / "authoring/glossary.toml"]
    comment = re.compile(r"(?m)^ *# ?")
    named = set().union(*(cited(comment.sub("", f.read_text(encoding="utf-8"))) for f in files))
    listed = [work["name"] for work in bibliography(ROOT)["work"]]
    assert len(listed) == len(set(listed))
    assert named - set(listed) == set(), "add it to authoring/bibliography.toml"
    assert set(listed) - named == set(), "nothing names it: take it out of the bibliography"


def test_the_page_is_up_to_date():
    shown = (ROOT / "notebooks/evidence.md").read_text(encoding="utf-8")
    assert shown == page(ROOT), "run: course.py evidence"
