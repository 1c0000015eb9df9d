"""The builder on tiny sources: same bytes twice, Korean, failures, pull, student, syllabus."""

import nbformat
import pytest

import build
from builder import Refused
from builder.canonical import canonical, write
from builder.source import read

SOURCE = """\
# %% [markdown] covers="A1"
# One and one.

# %% [markdown] lang="ko"
# 하나 더하기 하나.

# %%
print("one")
print("and one")
1 + 1

# %% tags=["raises-exception"]
1 / 0

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
total = 2
"""
SYLLABUS = (
    '[A1]\ntitle = "Sums"\nexample = "1 + 1"\n\n[A2]\ntitle = "Products"\nexample = "1 x 1"\n'
)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The texts of both notebooks after one build."""
    home = lay(tmp_path_factory.mktemp("built") / "notebooks")
    assert build.main(["build"], home) == 0
    return {name: (home / name).read_text() for name in ("01_sums.ipynb", "ko/01_sums.ipynb")}


@pytest.fixture
def home(tmp_path, built):
    """A folder of notebooks with one source, built."""
    home = lay(tmp_path / "notebooks")
    (home / "ko").mkdir()
    for name, text in built.items():
        (home / name).write_text(text)
    return home


def lay(home):
    """Lay out the tiny course in a folder."""
    (home / "source").mkdir(parents=True)
    (home / "source" / "01_sums.py").write_text(SOURCE)
    (home / "syllabus.toml").write_text(SYLLABUS)
    return home


def load(home, name="01_sums.ipynb"):
    """A notebook of the tiny course."""
    return nbformat.read(home / name, as_version=4)


def save_as_browser(home, notebook):
    """Write a notebook as JupyterLab would: its own metadata, ids kept."""
    notebook.metadata["kernelspec"]["display_name"] = "my own kernel"
    for cell in notebook.cells:
        cell.metadata["editable"] = True
    nbformat.write(notebook, home / "01_sums.ipynb")


def source(home):
    """The text of the tiny source."""
    return (home / "source" / "01_sums.py").read_text()


def test_two_builds_give_the_same_bytes(home, built):
    assert build.main(["build", "1"], home) == 0
    for name, text in built.items():
        assert (home / name).read_text() == text


def test_notebook_holds_what_a_reader_needs(home):
    notebook = load(home)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [1, 2, 3]
    assert [output.output_type for output in code[0].outputs] == ["stream", "execute_result"]
    assert code[1].outputs[0].traceback == ["ZeroDivisionError: division by zero"]
    assert notebook.cells[0].metadata == {"covers": "A1"}
    assert notebook.metadata.keys() == {"kernelspec", "language_info"}


def test_korean_takes_the_place_of_english(home):
    english, korean = load(home), load(home, "ko/01_sums.ipynb")
    assert [cell.source for cell in english.cells][0] == "One and one."
    assert [cell.source for cell in korean.cells][0] == "하나 더하기 하나."
    assert english.cells[1:] == korean.cells[1:]
    assert korean.cells[0].metadata == {"covers": "A1"}


def test_without_korean_text_the_korean_notebook_goes(home):
    (home / "source" / "01_sums.py").write_text("# %%\n1\n")
    assert build.main(["build"], home) == 0
    assert not (home / "ko" / "01_sums.ipynb").exists()


def test_a_failing_cell_leaves_the_old_file(home, built, capsys):
    (home / "source" / "01_sums.py").write_text("# %%\n1\n\n# %%\nnonsense + 1\n")
    assert build.main(["build"], home) == 1
    told = capsys.readouterr().out
    assert "source/01_sums.py, line 4" in told and "nonsense + 1" in told
    assert "NameError: name 'nonsense' is not defined" in told
    assert (home / "01_sums.ipynb").read_text() == built["01_sums.ipynb"]


def test_a_promised_error_must_come(home, capsys):
    (home / "source" / "01_sums.py").write_text('# %% tags=["raises-exception"]\n1 / 1\n')
    assert build.main(["build"], home) == 1
    assert "tagged raises-exception and raised none" in capsys.readouterr().out


def test_widgets_leave_no_state(tmp_path):
    code = nbformat.v4.new_code_cell("slider")
    bar = {"text/plain": "0%", "application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
    slider = bar | {"text/plain": "slider", "text/html": "<img alt='a picture'>"}
    code.outputs = [nbformat.v4.new_output("display_data", data=data) for data in (bar, slider)]
    notebook = nbformat.v4.new_notebook(cells=[code], metadata={"widgets": {"state": {}}})
    done = canonical(notebook)
    kept = {"text/plain": "slider", "text/html": "<img alt='a picture'>"}
    assert [output.data for output in done.cells[0].outputs] == [kept]
    assert "widgets" not in done.metadata


def test_equal_cells_have_ids_of_their_own(tmp_path):
    cells = [nbformat.v4.new_code_cell("1") for _ in range(3)]
    write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    assert len({cell.id for cell in nbformat.read(tmp_path / "a.ipynb", as_version=4).cells}) == 3


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x = 1\n", "bad.py has text outside its cells"),
        ("# %%\n1\n\n# %%\n", "bad.py, line 4: the cell is empty"),
        ('# %% covrs="A1"\n1\n', "line 1: unknown key `covrs`"),
        ('# %% lang="ko"\n1\n', "line 1: `lang` is only for Markdown"),
        ('# %%\n1\n\n# %% [markdown] lang="ko"\n# 하나\n', "line 4: put Korean text right after"),
    ],
)
def test_a_bad_source_is_refused(tmp_path, text, complaint):
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises(Refused, match=complaint):
        read(tmp_path / "bad.py")


def test_an_unknown_number_lists_what_is_there(home):
    with pytest.raises(Refused, match="`07` names 0 sources; .* 01_sums"):
        build.main(["build", "07"], home)


def test_pull_without_edits_changes_nothing(home):
    save_as_browser(home, load(home))
    build.main(["pull", "01"], home)
    assert source(home) == SOURCE


def test_pull_brings_edits_and_keeps_the_rest(home, capsys):
    notebook = load(home)
    notebook.cells[0].source = "Two and two."
    notebook.cells[1].source = "print(2 + 2)"
    notebook.cells.insert(1, nbformat.v4.new_code_cell("%timeit 1", metadata={"tags": ["new"]}))
    save_as_browser(home, notebook)
    build.main(["pull", "1"], home)
    expected = SOURCE.replace("# One and one.", "# Two and two.")
    expected = expected.replace('print("one")\nprint("and one")\n1 + 1', "print(2 + 2)")
    new = '# 하나 더하기 하나.\n\n# %% tags=["new"]\n# %timeit 1\n'
    assert source(home) == expected.replace("# 하나 더하기 하나.\n", new)
    assert "Korean cell after line 1 may need the same change" in capsys.readouterr().out


def test_pull_refuses_to_lose_cells(home):
    notebook = load(home)
    del notebook.cells[1]
    save_as_browser(home, notebook)
    with pytest.raises(Refused, match="lacks the cells at line 7 of the source.*--drop"):
        build.main(["pull", "1"], home)
    assert source(home) == SOURCE
    build.main(["pull", "1", "--drop"], home)
    assert 'print("one")' not in source(home) and "하나" in source(home)


def test_pull_refuses_when_the_source_moved_on(home):
    changed = SOURCE.replace("total = 2", "total = 3")
    (home / "source" / "01_sums.py").write_text(changed)
    with pytest.raises(Refused, match="changed since the notebook was built"):
        build.main(["pull", "1"], home)
    assert source(home) == changed


def test_pull_refuses_what_a_source_cannot_hold(home):
    notebook = load(home)
    notebook.cells[1].source = "a = 1\n# %%\nb = 2"
    save_as_browser(home, notebook)
    with pytest.raises(Refused, match="a source cannot hold"):
        build.main(["pull", "1"], home)
    assert source(home) == SOURCE


def test_pull_refuses_code_with_a_korean_cell(home):
    notebook = load(home)
    notebook.cells[0] = nbformat.v4.new_code_cell("1", id=notebook.cells[0].id)
    save_as_browser(home, notebook)
    with pytest.raises(Refused, match="put Korean text right after"):
        build.main(["pull", "1"], home)
    assert source(home) == SOURCE


def test_student_copies_have_no_solutions_and_work_is_kept(home, capsys):
    build.main(["student"], home)
    copy = home.parent / "student" / "01_sums.ipynb"
    assert "solution" not in copy.read_text().lower()
    assert (home.parent / "student" / "ko" / "01_sums.ipynb").exists()
    copy.write_text(copy.read_text().replace("One and one", "My answer"))
    build.main(["student"], home)
    assert "My answer" in copy.read_text()
    assert "has been worked in" in capsys.readouterr().out


def test_syllabus_lists_what_is_covered_and_what_is_open(home, capsys):
    assert build.main(["syllabus"], home) == 0
    told = capsys.readouterr().out
    assert "A1   Sums     01_sums" in told and "1 of 2 rows" in told and "Open: A2" in told


def test_syllabus_refuses_a_row_it_does_not_list(home):
    (home / "source" / "01_sums.py").write_text('# %%\n1\n\n# %% covers="A1 Z9"\n2\n')
    with pytest.raises(Refused, match="01_sums.py, line 4: covers `Z9`"):
        build.main(["syllabus"], home)
