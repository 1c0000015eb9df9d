"""Cells as HTML: formulas that browsers draw by themselves, live pages in their frames."""

import pytest
from bs4 import BeautifulSoup
from nbformat import v4

from authoring.builder.canonical import canonical
from authoring.pages.body import mathml, to_soup
from lesson.pictures import framed


@pytest.mark.parametrize("latex", ["[-1, 2]", "x = -1", "(-y)", "f(x, -y)"])
def test_a_sign_stands_closer_than_a_difference(latex):
    assert '<mo form="prefix">&#x02212;</mo>' in mathml(latex)


def test_a_difference_stays_one():
    assert "prefix" not in mathml("a - b")


@pytest.mark.parametrize("name", ["aligned", "align*"])
def test_equations_below_each_other(name):
    table = BeautifulSoup(mathml(f"\\begin{{{name}}} a &= b \\\\ c &= d \\end{{{name}}}"), "xml")
    assert [len(row.find_all("mtd")) for row in table.find_all("mtr")] == [2, 2]


def test_a_formula_keeps_its_source():
    assert BeautifulSoup(mathml("a < b"), "html.parser").math["alttext"] == "a < b"


def test_a_framed_page_cannot_break_out_of_its_attribute():
    html = framed('<p title="a">"quoted" & <b>bold</b></p>', "<img>")
    assert BeautifulSoup(html, "html.parser").iframe["srcdoc"].count('"') == 4
    assert "&quot;quoted&quot;" in html


def predicted():
    """A prediction as a built notebook has it: question, a run, its reasons, another run."""
    shown = [v4.new_output("stream", name="stdout", text="four\n")]
    return canonical(
        v4.new_notebook(
            cells=[
                v4.new_code_cell("print('before')", outputs=shown),
                v4.new_markdown_cell("> **Predict.** Two and two?"),
                v4.new_code_cell("print('four')", outputs=shown),
                v4.new_markdown_cell("<details><summary>Why</summary>\n\nSo.\n</details>"),
                v4.new_code_cell("print('after')", outputs=shown),
            ]
        )
    )


def test_what_decides_a_prediction_is_folded_and_nothing_else():
    folded = [cell.metadata.get("jupyter", {}).get("outputs_hidden") for cell in predicted().cells]
    assert folded == [None, None, True, None, None]


def test_a_run_in_the_browser_unfolds_and_the_committed_form_folds_again():
    cells = predicted()
    cells.cells[2].metadata.pop("jupyter")
    cells.cells[0].metadata["jupyter"] = {"outputs_hidden": True}
    assert canonical(cells) == predicted()


def test_the_line_that_jupyterlab_shows_of_a_folded_output_says_nothing():
    before, _, answer, _, after = predicted().cells
    assert answer.outputs[0].text == " \nfour\n"
    assert before.outputs[0].text == after.outputs[0].text == "four\n"
    assert canonical(predicted()) == predicted()


def test_on_a_page_the_answer_waits_for_a_click(tmp_path):
    soup = to_soup(predicted().cells, tmp_path)
    (answer,) = soup.select("details.answer")
    assert answer.summary.get_text() == "Decided? Then look"
    assert answer.pre.get_text() == "four\n" and "print('four')" in soup.get_text()
    assert answer.find_parent(class_="cell").get_text().count("four") == 2
