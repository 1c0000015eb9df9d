"""Cells as HTML: formulas that browsers draw by themselves, live pages in their frames."""

import pytest
from bs4 import BeautifulSoup

from authoring.pages.body import mathml
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
