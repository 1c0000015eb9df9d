"""An exercise is one cell of a source and five of a notebook: there, and back by pull."""

import builtins
import dis
import inspect
import sys
from types import CodeType

import nbformat
import pytest
from nbformat import v4

from authoring import Refused
from authoring.__main__ import ROOT, main
from authoring.builder.canonical import kept_metadata, write
from authoring.builder.exercises import expanded, names_given
from authoring.builder.source import english, korean, read, sources
from lesson.exercises.catalogue import EXERCISES

SOURCE = """\
# %%
from transformer_lib.masks import causal_mask, padding_mask

# %% [markdown] exercise="causal_mask" covers="E2" slideshow={"slide_type": "slide"}
# ## Exercises
#
# ### 1 · Hide the future

# %% [markdown]
# Between the two.

# %% [markdown] exercise="n_pads"
# ### 2 · Padding
#
# The longest sentence has 41 tokens.

# %%
1 + 1
"""
BETWEEN = "# %% [markdown]\n# Between"
BILINGUAL = SOURCE.replace(BETWEEN, f'# %% [markdown] lang="ko"\n# 하나\n\n{BETWEEN}')
FOLDED = {"jp-MarkdownHeadingCollapsed": True, "tags": ["solution"]}
HIDDEN = {"jupyter": {"source_hidden": True}, "tags": ["solution"]}
every_source = pytest.mark.parametrize("path", sources(ROOT), ids=lambda path: path.stem)


def cells_of(tmp_path, text):
    """The notebook's cells, both languages, of a source with this text."""
    path = tmp_path / "01_tiny.py"
    path.write_text(text, encoding="utf-8")
    return expanded(read(path), path.name)


def asking(tmp_path, name, above="### 1 · A heading"):
    """The five cells of one exercise in an otherwise empty source."""
    lines = "".join(f"# {line}\n" for line in above.splitlines())
    return cells_of(tmp_path, f'# %% [markdown] exercise="{name}"\n{lines}')


def test_one_cell_becomes_five(tmp_path):
    cells = cells_of(tmp_path, SOURCE)[1:6]
    statement = EXERCISES["causal_mask"].statement.strip()
    assert [(cell.cell_type, cell.source) for cell in cells] == [
        ("markdown", f"## Exercises\n\n### 1 · Hide the future ★ 4 min\n\n{statement}"),
        (
            "code",
            "def causal_mask_by_you(length):\n"
            '    """True where the key does not come after the query."""\n'
            "    raise NotImplementedError",
        ),
        ("code", 'check("causal_mask", causal_mask_by_you)'),
        ("markdown", "#### Solution"),
        (
            "code",
            "def causal_mask_solution(length):\n"
            "    return torch.ones(length, length, dtype=torch.bool).tril()\n\n\n"
            'check("causal_mask", causal_mask_solution)',
        ),
    ]
    header = {"covers": "E2", "slideshow": {"slide_type": "slide"}}
    expected = [header, {"tags": ["exercise"]}, {}, FOLDED, HIDDEN]
    assert [kept_metadata(cell) for cell in cells] == expected
    assert [cell.metadata["line"] for cell in cells] == [4] * 5


def test_the_learner_s_function_hides_no_other(tmp_path):
    assert asking(tmp_path, "causal_mask")[1].source.startswith("def causal_mask(length):")
    for own in ("import causal_mask", "def causal_mask(x):\n    return x", "causal_mask = 1"):
        code = f"# %%\n%time 1\n{own}\n"
        cells = cells_of(tmp_path, f'{code}\n# %% [markdown] exercise="causal_mask"\n# # A\n')
        assert cells[2].source.startswith("def causal_mask_by_you(length):")
        assert cells[3].source == 'check("causal_mask", causal_mask_by_you)'
    elsewhere = '# %%\ndef f():\n    causal_mask = "causal_mask"\n\n\nprint("causal_mask")\n'
    cells = cells_of(tmp_path, f'{elsewhere}\n# %% [markdown] exercise="causal_mask"\n# # A\n')
    assert cells[2].source.startswith("def causal_mask(length):")


def test_a_repair_begins_with_the_broken_function(tmp_path):
    cells = asking(tmp_path, "repair_mask")
    assert cells[1].source == (
        "def repair_mask(scores, tokens, pad):\n"
        "    mask = ~padding_mask(tokens, pad) & causal_mask(tokens.size(1))\n"
        "    return masked_softmax(scores, mask)"
    )
    assert "repair_mask_given" not in "".join(cell.source for cell in cells)


def test_a_plain_answer_begins_with_dots(tmp_path):
    asked, stub, check, _, solved = asking(tmp_path, "n_pads", above="### 2\n\nIt has 41 tokens.")
    statement = EXERCISES["n_pads"].statement.strip()
    assert asked.source == f"### 2\n\nIt has 41 tokens.\n\n**★ 1 min.** {statement}"
    assert stub.source == "n_pads = ..."
    assert check.source == 'check("n_pads", n_pads)'
    first, second = solved.source.splitlines()
    assert first.startswith("n_pads_solution = 41 - 9  # ")
    assert second == 'check("n_pads", n_pads_solution)'


def test_a_plan_begins_with_dots_too(tmp_path):
    _, stub, _, _, solved = asking(tmp_path, "plan_heads")
    assert stub.source == "plan_heads = ..."
    assert solved.source.startswith("plan_heads_solution = [\n    dict(")
    assert solved.source.endswith('\n]\ncheck("plan_heads", plan_heads_solution)')


def test_an_unknown_exercise_is_told_the_near_ones(tmp_path):
    text = '# %%\n1\n\n# %% [markdown] exercise="casual_mask"\n# ### 1\n'
    near = r"01_tiny.py, line 4: There is no exercise 'casual_mask' among .*: causal_mask\."
    with pytest.raises(Refused, match=near):
        cells_of(tmp_path, text)


@pytest.mark.parametrize(
    "header", ['# %% exercise="n_pads"', '# %% [markdown] lang="ko" exercise="n_pads"']
)
def test_only_english_markdown_asks(tmp_path, header):
    with pytest.raises(Refused, match="line 4: `exercise` is only for English Markdown"):
        cells_of(tmp_path, f"# %% [markdown]\n# One.\n\n{header}\n# 1\n")


def test_korean_text_takes_the_place_of_the_question(tmp_path):
    ours, theirs = (choose(cells_of(tmp_path, BILINGUAL)) for choose in (english, korean))
    assert [cell.source for cell in theirs[1:3]] == ["하나", ours[2].source]
    assert [cell.source for cell in theirs[2:]] == [cell.source for cell in ours[2:]]


@pytest.fixture
def root(tmp_path):
    """A course with the tiny source, its notebook written but not run."""
    (tmp_path / "authoring" / "sources").mkdir(parents=True)
    return lay(tmp_path, SOURCE)


def lay(root, text):
    """Lay a source and its notebook into a course."""
    cells = english(cells_of(root / "authoring" / "sources", text))
    write(v4.new_notebook(cells=cells), root / "notebooks" / "01_tiny.ipynb")
    return root


def source(root):
    """The text of the tiny source."""
    return (root / "authoring" / "sources" / "01_tiny.py").read_text(encoding="utf-8")


def pulled(root, edit=lambda cells: None, *words):
    """The source after a pull; `edit` changes the notebook's cells before, as a browser would."""
    path = root / "notebooks" / "01_tiny.ipynb"
    notebook = nbformat.read(path, as_version=4)
    edit(notebook.cells)
    nbformat.write(notebook, path)
    main(["pull", "01", *words], root)
    return source(root)


def replacing(place, old, new):
    """An edit of one cell's text."""

    def edit(cells):
        assert old in cells[place].source
        cells[place].source = cells[place].source.replace(old, new)

    return edit


def test_pull_without_edits_changes_nothing(root):
    assert pulled(root) == SOURCE
    assert pulled(lay(root, BILINGUAL)) == BILINGUAL


def test_pull_brings_the_author_s_own_lines(root):
    once = SOURCE.replace("Hide the future", "No future")
    assert pulled(root, replacing(1, "Hide the future", "No future")) == once


def test_pull_says_which_korean_text_may_change_too(root, capsys):
    hide = replacing(1, "Hide the future", "No future")
    assert pulled(lay(root, BILINGUAL), hide) == BILINGUAL.replace("Hide the future", "No future")
    assert "The Korean cell after line 4 may need the same change" in capsys.readouterr().out


def test_pull_brings_them_where_they_end_in_no_heading(root):
    assert pulled(root, replacing(7, "41 tokens", "9 tokens")) == SOURCE.replace("41", "9")


def test_pull_brings_what_the_header_says(root):
    def show_later(cells):
        cells[1].metadata["slideshow"] = {"slide_type": "subslide"}

    with pytest.raises(Refused, match="begins with a subslide"):
        pulled(root, show_later)

    def cover_more(cells):
        cells[1].metadata["slideshow"] = {"slide_type": "slide"}
        cells[1].metadata["covers"] = "E2 X1"

    assert pulled(root, cover_more) == SOURCE.replace('"E2"', '"E2 X1"')


@pytest.mark.parametrize(
    "place, old, new",
    [
        (1, "From a length", "From one length"),
        (1, "★ 4 min", "★ 3 min"),
        (2, "NotImplementedError", "ValueError"),
        (3, "check", "print"),
        (4, "Solution", "One solution"),
        (5, "length", "size"),
    ],
)
def test_pull_refuses_what_stands_in_the_topic(root, place, old, new):
    where = r"`causal_mask` was edited, line 4 .* stands in lesson/exercises/topics/masks\.py:"
    with pytest.raises(Refused, match=where):
        pulled(root, replacing(place, old, new))
    assert source(root) == SOURCE


def test_pull_takes_an_exercise_out_whole_or_not_at_all(root):
    def remove_one(cells):
        del cells[3]

    def remove_the_rest(cells):
        del cells[1:5]

    with pytest.raises(Refused, match="lacks the cells at line 4 of the source"):
        pulled(root, remove_one)
    with pytest.raises(Refused, match="a source cannot hold"):
        pulled(root, lambda cells: None, "--drop")
    assert source(root) == SOURCE
    before, _, after = SOURCE.partition('# %% [markdown] exercise="causal_mask"')
    assert pulled(root, remove_the_rest, "--drop") == before + after[after.index("# %%") :]


def loaded(code):
    """The names that compiled code, functions in it included, needs from around it."""
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
            yield step.argval
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from loaded(inner)


@every_source
def test_what_a_solution_uses_is_there_before_it(path):
    there, asked = set(dir(builtins)), 0
    for cell in english(expanded(read(path), path.name)):
        if cell.cell_type != "code":
            continue
        there |= names_given([cell])
        if {"exercise", "solution"} & set(cell.metadata.get("tags", ())):
            missing = set(loaded(compile(cell.source, "", "exec"))) - there
            assert not missing, f"{missing} in {cell.source}"
            asked += 1
    assert asked > 0


@every_source
def test_solutions_are_the_topics_word_for_word(path):
    """None is typed into a source."""
    cells = read(path)
    assert not [c for c in cells if {"exercise", "solution"} & set(c.metadata.get("tags", ()))]
    names = [cell.metadata["exercise"] for cell in cells if "exercise" in cell.metadata]
    solved = [c for c in expanded(cells, path.name) if kept_metadata(c) == HIDDEN]
    for name, cell in zip(names, solved, strict=True):
        answer, _, check = cell.source.partition("\ncheck(")
        topic = inspect.getsource(sys.modules[EXERCISES[name].spec.__module__])
        assert f"\n{answer.rstrip()}\n" in topic
        assert check == f'"{name}", {name}_solution)'
