"""A tiny course with everything that a page of the book can hold."""

from nbformat import v4

from authoring.builder.canonical import write
from lesson.pictures import framed

DOT = "data:image/png;base64,R0lGODlhAQABAAAAACw="
LIVE = framed(
    "<!DOCTYPE html><title>Counter</title>"
    "<p id='n' class='live-view' style='color: var(--jp-ui-font-color1)'"
    " onclick='this.textContent++'>1</p>",
    f'<img alt="a 1" src="{DOT}">',
)
OPENING = """# One & two

> At the end you can say $e^x$. About 7 minutes. See [the next](01_next.ipynb#Two-words)
> and [a term](words.md#a-term)."""
TEASER = v4.new_output("display_data", {"text/html": f'<img alt="a teaser" src="{DOT}">'})
PRINTED = v4.new_output("stream", text="printed\n")
FIRST = [
    v4.new_markdown_cell(OPENING),
    v4.new_code_cell("import torch"),
    v4.new_markdown_cell("<details><summary>Why</summary>\n\n**b.** Since $-1 < x$.\n</details>"),
    v4.new_markdown_cell(
        "## A $d^2$ section\n\n$$\\frac{Q K^\\top}{\\sqrt{d_k}}$$\n\n| a |\n|---|\n| $x$ |"
    ),
    v4.new_code_cell("...", metadata={"tags": ["exercise"]}, outputs=[PRINTED]),
    v4.new_markdown_cell("#### Solution\n\nIn words.", metadata={"tags": ["solution"]}),
    v4.new_code_cell("answer = 42", metadata={"tags": ["solution"]}),
    v4.new_code_cell("show()", metadata={"tags": ["teaser"]}, outputs=[TEASER]),
    v4.new_code_cell("view", outputs=[v4.new_output("display_data", {"text/html": LIVE})]),
]
NEXT = [
    v4.new_markdown_cell("# Next\n\n> At the end you can go on. About 5 minutes.\n\n## Two words")
]
WORDS = """# Words

Of [One](00_first.ipynb), and [its code](source/00_first.py).

## a term
## a term
### `d_model`
"""


def lay_out(home):
    """Lay out the tiny course in a folder, and return it."""
    write(v4.new_notebook(cells=FIRST), home / "00_first.ipynb")
    write(v4.new_notebook(cells=NEXT), home / "01_next.ipynb")
    (home / "words.md").write_text(WORDS)
    (home / "source").mkdir()
    (home / "source" / "00_first.py").write_text("# %%\n")
    return home
