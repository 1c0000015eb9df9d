"""Cells as HTML that needs no script of others: nbconvert's cells, with formulas as MathML."""

import re
from copy import deepcopy
from functools import cache
from html import escape
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from jinja2 import pass_context
from latex2mathml.converter import convert
from markupsafe import Markup
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode, v4

from authoring.builder.canonical import FOLDED, veiled

MINUS = "<mo>&#x02212;</mo>"
OUTPUTS, DECIDED = ".output_wrapper", "Decided? Then look"
BEFORE_A_SIGN = r"(?:&#x00028;|\[|&#x0002C;|&#x0003D;)</mo>"  # ( [ , =


def mathml(latex: str, display: str = "inline") -> str:
    """A formula as MathML, which browsers draw by themselves; its source stays in `alttext`.

    display: "inline" or "block"
    """
    known = latex.replace("{aligned}", "{align*}")  # the converter knows only the latter
    formula = convert(known, display=display)
    formula = formula.replace("<math ", f'<math alttext="{escape(latex)}" ', 1)
    sign = MINUS.replace("<mo>", '<mo form="prefix">')  # a sign stands closer than a difference
    return re.sub(f"({BEFORE_A_SIGN}){MINUS}", rf"\1{sign}", formula)


class Renderer(IPythonRenderer):
    """Markdown to HTML."""

    def inline_math(self, body: str) -> str:
        """A formula in a line of text."""
        return mathml(body)

    def block_math(self, body: str) -> str:
        """A formula on a line of its own."""
        return mathml(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        """A formula between \\begin and \\end."""
        return mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")

    def block_html(self, html: str) -> str:
        """HTML as it stands; nbconvert would close a <details> before the Markdown inside it."""
        return html


class Body(HTMLExporter):
    """The cells of a notebook, without a page around them."""

    template_name = "basic"
    exclude_input_prompt = True
    exclude_output_prompt = True

    @pass_context
    def markdown2html(self, context, source: str) -> str:
        """Markdown with its pictures inside; nbconvert calls this for cells and outputs."""
        folder = context["resources"]["metadata"]["path"]
        renderer = Renderer(escape=False, embed_images=True, path=folder, exclude_anchor_links=True)
        return MarkdownWithMath(renderer).render(source)


def markdown(text: str) -> Markup:
    """A piece of Markdown that names no files."""
    return Markup(MarkdownWithMath(Renderer()).render(text))


@cache
def exporter() -> Body:
    """One for all calls, because it keeps its templates compiled."""
    return Body()


def to_soup(cells: list[NotebookNode], folder: Path) -> BeautifulSoup:
    """Cells one after the other, their pictures inside; links to notebooks lead to their pages,
    and what a notebook folds is behind a line of words here.

    folder: where the paths of pictures start
    """
    shown = deepcopy(cells)
    for cell in shown:
        veiled(cell.get("outputs", []), folded=False)
    notebook = v4.new_notebook(cells=shown, metadata={"language_info": {"name": "python"}})
    html, _ = exporter().from_notebook_node(notebook, {"metadata": {"path": str(folder)}})
    html = re.sub(r'(<a [^>]*href="[^":]*)\.ipynb', r"\1.html", html)
    soup = BeautifulSoup(html, "html.parser")
    divs = soup.find_all("div", class_="cell", recursive=False)
    for cell, div in zip(cells, divs, strict=True):
        if cell.metadata.get("jupyter", {}).get(FOLDED):
            fold(soup, div.select(OUTPUTS), DECIDED, "answer")
    return soup


def fold(soup: BeautifulSoup, parts: list[Tag], words: str, name: str) -> None:
    """Put neighbouring parts of a page, if there are any, behind a line of words.

    name: what style sheets call the whole
    """
    if parts:
        details = parts[0].wrap(soup.new_tag("details", attrs={"class": name}))
        details.insert(0, soup.new_tag("summary", string=words))
        details.extend(parts[1:])
