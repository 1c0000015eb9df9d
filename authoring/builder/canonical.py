"""The one committed form of a notebook: equal content gives equal bytes.

It holds what a reader needs and nothing that changes from run to run: no timestamps, no
random ids, no widget state (without a kernel it shows as an error), no colour codes.
"""

import hashlib
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4

from transformer_lib.files import atomic

KEPT = (
    "tags",
    "covers",
    "proves",
    "control",
    "jupyter",
    "jp-MarkdownHeadingCollapsed",
    "slideshow",
)
HIDDEN = {"slide_type": "skip"}
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
WIDGET = "application/vnd.jupyter.widget-view+json"
FOLDED = "outputs_hidden"  # in `jupyter`; JupyterLab unfolds the outputs when the cell is run
VEIL = " \n"  # a first line that says nothing: JupyterLab shows the first one of what it folds
QUESTION, REASONS = "> **Predict.**", "<summary>Why</summary>"


def slide_type(cell: NotebookNode) -> str:
    """How a cell comes into a lecture: slide, subslide, fragment, or "" when it is not shown."""
    found = cell.metadata.get("slideshow", {}).get("slide_type", "")
    return "" if found == HIDDEN["slide_type"] else found


def kept_metadata(cell: NotebookNode) -> dict:
    """What the author wrote about a cell, without what the browser or the builder added."""
    kept = {key: cell.metadata[key] for key in KEPT if cell.metadata.get(key)}
    if not slide_type(cell):
        kept.pop("slideshow", None)
    jupyter = {key: value for key, value in kept.pop("jupyter", {}).items() if key != FOLDED}
    return kept | ({"jupyter": jupyter} if jupyter else {})


def metadata_in_a_lecture(cell: NotebookNode) -> dict:
    """The same for a notebook with slides, where JupyterLab shows what does not say `skip`."""
    return {"slideshow": dict(HIDDEN), **kept_metadata(cell)}


def answers(cells: list[NotebookNode]) -> list[bool]:
    """Which cells are run to decide a prediction: the code between the question and its reasons.

    Their outputs are folded, so that a page does not give away what it asks.
    """
    found, asked = [], False
    for cell in cells:
        if cell.cell_type == "markdown":
            if REASONS in cell.source:
                asked = False
            if QUESTION in cell.source:
                asked = True
        found.append(asked and cell.cell_type == "code")
    return found


def cell_ids(cells: list[NotebookNode]) -> list[str]:
    """One id per cell, made from its type and text: it changes only when the cell does."""
    ids = []
    for cell in cells:
        text = cell.cell_type + cell.source
        while (name := hashlib.sha1(text.encode()).hexdigest()[:8]) in ids:
            text += "\0"
        ids.append(name)
    return ids


def canonical_outputs(outputs: list[NotebookNode], count: int) -> list[NotebookNode]:
    """Outputs with neighbouring streams joined, short tracebacks and no widget state."""
    done = []
    for output in map(nbformat.from_dict, outputs):
        data = output.get("data", {})
        if data.pop(WIDGET, None) and data.keys() == {"text/plain"}:
            continue  # a progress bar, say, which shows nothing on a page
        if output.output_type == "error":
            output.traceback = [f"{output.ename}: {output.evalue}"]
        if output.output_type == "execute_result":
            output.execution_count = count
        if done and output.output_type == "stream" and output.name == done[-1].get("name"):
            done[-1].text += output.text
        elif output.get("data") != {}:
            done.append(output)
    return done


def veiled(outputs: list[NotebookNode], folded: bool) -> list[NotebookNode]:
    """Outputs with a blank line before the first text, which folded outputs would give away;
    without one where nothing is folded.
    """
    for place, output in enumerate(outputs):
        texts = output if output.output_type == "stream" else output.get("data", {})
        for kind, text in texts.items():
            if isinstance(text, str) and kind.startswith("text"):
                seen = text.removeprefix(VEIL)
                texts[kind] = VEIL + seen if folded and place == 0 else seen
    return outputs


def canonical(notebook: NotebookNode) -> NotebookNode:
    """A notebook in its committed form; the one that came in is left as it was."""
    cells, count = [], 0
    metadata_of = metadata_in_a_lecture if any(map(slide_type, notebook.cells)) else kept_metadata
    names, folded = cell_ids(notebook.cells), answers(notebook.cells)
    for cell, name, is_answer in zip(notebook.cells, names, folded, strict=True):
        about = {"id": name, "metadata": metadata_of(cell)}
        if is_answer:
            about["metadata"].setdefault("jupyter", {})[FOLDED] = True
        if cell.cell_type == "code":
            count += 1
            outputs = veiled(canonical_outputs(cell.outputs, count), is_answer)
            cells.append(
                v4.new_code_cell(cell.source, outputs=outputs, execution_count=count, **about)
            )
        else:
            cells.append(v4.new_markdown_cell(cell.source, **about))
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return v4.new_notebook(cells=cells, metadata=metadata, nbformat_minor=5)


def to_text(notebook: NotebookNode) -> str:
    """The exact text of the .ipynb file."""
    done = canonical(notebook)
    nbformat.validate(done)
    return nbformat.writes(done, indent=1).rstrip("\n") + "\n"


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook whole or not at all."""
    with atomic(path) as unfinished:
        unfinished.write_text(to_text(notebook), encoding="utf-8", newline="\n")
