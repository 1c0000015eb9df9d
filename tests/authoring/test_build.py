"""The builder on tiny sources: same bytes twice, Korean, failures, pull, student, syllabus."""

import nbformat
import pytest

from authoring import Refused
from authoring.__main__ import main
from authoring.builder.canonical import canonical, write
from authoring.builder.source import read

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
    root = lay(tmp_path_factory.mktemp("built"))
    assert main(["build"], root) == 0
    return {
        name: (root / "notebooks" / name).read_text()
        for name in ("01_sums.ipynb", "ko/01_sums.ipynb")
    }


@pytest.fixture
def root(tmp_path, built):
    """A course with one source, built."""
    root = lay(tmp_path)
    (root / "notebooks" / "ko").mkdir(parents=True)
    for name, text in built.items():
        (root / "notebooks" / name).write_text(text)
    return root


def lay(root):
    """Lay out the tiny course in a folder."""
    (root / "authoring" / "sources").mkdir(parents=True)
    (root / "authoring" / "syllabus.toml").write_text(SYLLABUS)
    write_source(root, SOURCE)
    return root


def write_source(root, text):
    """Write the tiny source."""
    (root / "authoring" / "sources" / "01_sums.py").write_text(text)


def load(root, name="01_sums.ipynb"):
    """A notebook of the tiny course."""
    return nbformat.read(root / "notebooks" / name, as_version=4)


def save_as_browser(root, notebook):
    """Write a notebook as JupyterLab would: its own metadata, ids kept."""
    notebook.metadata["kernelspec"]["display_name"] = "my own kernel"
    for cell in notebook.cells:
        cell.metadata["editable"] = True
    nbformat.write(notebook, root / "notebooks" / "01_sums.ipynb")


def source(root):
    """The text of the tiny source."""
    return (root / "authoring" / "sources" / "01_sums.py").read_text()


def test_two_builds_give_the_same_bytes(root, built):
    assert main(["build", "1"], root) == 0
    for name, text in built.items():
        assert (root / "notebooks" / name).read_text() == text


def test_notebook_holds_what_a_reader_needs(root):
    notebook = load(root)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [1, 2, 3]
    assert [output.output_type for output in code[0].outputs] == ["stream", "execute_result"]
    assert code[1].outputs[0].traceback == ["ZeroDivisionError: division by zero"]
    assert notebook.cells[0].metadata == {"covers": "A1"}
    assert notebook.metadata.keys() == {"kernelspec", "language_info"}


def test_korean_takes_the_place_of_english(root):
    english, korean = load(root), load(root, "ko/01_sums.ipynb")
    assert [cell.source for cell in english.cells][0] == "One and one."
    assert [cell.source for cell in korean.cells][0] == "하나 더하기 하나."
    assert english.cells[1:] == korean.cells[1:]
    assert korean.cells[0].metadata == {"covers": "A1"}


def test_without_korean_text_the_korean_notebook_goes(root):
    write_source(root, "# %%\n1\n")
    assert main(["build"], root) == 0
    assert not (root / "notebooks" / "ko" / "01_sums.ipynb").exists()


def test_a_failing_cell_leaves_the_old_file(root, built, capsys):
    write_source(root, "# %%\n1\n\n# %%\nnonsense + 1\n")
    assert main(["build"], root) == 1
    told = capsys.readouterr().out
    assert "sources/01_sums.py, line 4" in told and "nonsense + 1" in told
    assert "NameError: name 'nonsense' is not defined" in told
    assert (root / "notebooks" / "01_sums.ipynb").read_text() == built["01_sums.ipynb"]


def test_a_promised_error_must_come(root, capsys):
    write_source(root, '# %% tags=["raises-exception"]\n1 / 1\n')
    assert main(["build"], root) == 1
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


def test_an_unknown_number_lists_what_is_there(root):
    with pytest.raises(Refused, match="`07` names 0 sources; .* 01_sums"):
        main(["build", "07"], root)


def test_pull_without_edits_changes_nothing(root):
    save_as_browser(root, load(root))
    main(["pull", "01"], root)
    assert source(root) == SOURCE


def test_pull_brings_edits_and_keeps_the_rest(root, capsys):
    notebook = load(root)
    notebook.cells[0].source = "Two and two."
    notebook.cells[1].source = "print(2 + 2)"
    notebook.cells.insert(1, nbformat.v4.new_code_cell("%timeit 1", metadata={"tags": ["new"]}))
    save_as_browser(root, notebook)
    main(["pull", "1"], root)
    expected = SOURCE.replace("# One and one.", "# Two and two.")
    expected = expected.replace('print("one")\nprint("and one")\n1 + 1', "print(2 + 2)")
    new = '# 하나 더하기 하나.\n\n# %% tags=["new"]\n# %timeit 1\n'
    assert source(root) == expected.replace("# 하나 더하기 하나.\n", new)
    assert "Korean cell after line 1 may need the same change" in capsys.readouterr().out


def test_pull_refuses_to_lose_cells(root):
    notebook = load(root)
    del notebook.cells[1]
    save_as_browser(root, notebook)
    with pytest.raises(Refused, match="lacks the cells at line 7 of the source.*--drop"):
        main(["pull", "1"], root)
    assert source(root) == SOURCE
    main(["pull", "1", "--drop"], root)
    assert 'print("one")' not in source(root) and "하나" in source(root)


def test_pull_refuses_when_the_source_moved_on(root):
    changed = SOURCE.replace("total = 2", "total = 3")
    write_source(root, changed)
    with pytest.raises(Refused, match="changed since the notebook was built"):
        main(["pull", "1"], root)
    assert source(root) == changed


def test_pull_refuses_what_a_source_cannot_hold(root):
    notebook = load(root)
    notebook.cells[1].source = "a = 1\n# %%\nb = 2"
    save_as_browser(root, notebook)
    with pytest.raises(Refused, match="a source cannot hold"):
        main(["pull", "1"], root)
    assert source(root) == SOURCE


def test_pull_refuses_code_with_a_korean_cell(root):
    notebook = load(root)
    notebook.cells[0] = nbformat.v4.new_code_cell("1", id=notebook.cells[0].id)
    save_as_browser(root, notebook)
    with pytest.raises(Refused, match="put Korean text right after"):
        main(["pull", "1"], root)
    assert source(root) == SOURCE


def test_student_copies_have_no_solutions_and_work_is_kept(root, capsys):
    main(["student"], root)
    copy = root / "student" / "01_sums.ipynb"
    assert "solution" not in copy.read_text().lower()
    assert (root / "student" / "ko" / "01_sums.ipynb").exists()
    copy.write_text(copy.read_text().replace("One and one", "My answer"))
    main(["student"], root)
    assert "My answer" in copy.read_text()
    assert "has been worked in" in capsys.readouterr().out


def test_syllabus_lists_what_is_covered_and_what_is_open(root, capsys):
    assert main(["syllabus"], root) == 0
    told = capsys.readouterr().out
    assert "A1   Sums     01_sums" in told and "1 of 2 rows" in told and "Open: A2" in told


def test_syllabus_refuses_a_row_it_does_not_list(root):
    write_source(root, '# %%\n1\n\n# %% covers="A1 Z9"\n2\n')
    with pytest.raises(Refused, match="01_sums.py, line 4: covers `Z9`"):
        main(["syllabus"], root)
