"""What all live views share: the way onto a page, with a kernel behind it and without.

A view is three things: its state (traitlets that the browser sees), a script that draws it
and changes it, and a picture of its present state for pages that run no scripts.
"""

import json
import math
from pathlib import Path

import anywidget
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from torch import Tensor

from lesson.pictures import alt_text, data_uri, framed, image_tag, screen_width

HERE = Path(__file__).parent
PARTS, STYLE, PAGE = (
    (HERE / name).read_text("utf-8") for name in ("view.js", "view.css", "page.js")
)


def script(path: str, *shared: str) -> str:
    """The program of the view whose Python file this is.

    view.js, then the scripts named (chart.js, say), then the .js of its name
    """
    names = *shared, Path(path).with_suffix(".js")
    return PARTS + "".join((HERE / name).read_text("utf-8") for name in names)


def style(*shared: str) -> str:
    """The looks of a view: view.css, then the style sheets named (chart.css, say)."""
    return STYLE + "".join((HERE / name).read_text("utf-8") for name in shared)


class View(anywidget.AnyWidget):
    """A live view. A new one sets `_esm = script(__file__)`, names its state as traitlets with
    `.tag(sync=True)`, and says what it shows in `draw` and `__repr__`.
    """

    _css = STYLE

    def draw(self) -> Axes:
        """The present state as a static picture, in a figure of its own."""
        raise NotImplementedError(f"{type(self).__name__} has no picture; give it a method `draw`.")

    def frame(self) -> tuple[str, str, int]:
        """That picture as a page needs it: address, words, width. The figure is closed."""
        return framed_figure(self.draw())

    def state(self) -> dict:
        """Everything that the script may read."""
        inherited = anywidget.AnyWidget.class_trait_names()
        names = self.trait_names(sync=True)
        own = (name for name in names if name not in inherited and not name.startswith("_"))
        return {name: getattr(self, name) for name in sorted(own)}

    def document(self) -> str:
        """A whole HTML page of its own with the view on it, alive without kernel and internet."""
        state = json.dumps(self.state(), ensure_ascii=False, separators=(",", ":"))
        state = state.replace("</", "<\\/")
        program = f"{self._esm}\n{PAGE.replace('STATE', state)}"
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8">'
            f"<title>{type(self).__name__}</title><style>{self._css}</style>"
            f'<body><div id="view"></div><script type="module">{program}</script></body></html>'
        )

    def to_html(self) -> str:
        """Without a kernel: the view in a frame, or the picture where frames are cut."""
        return framed(self.document(), image_tag(*self.frame()))

    def _repr_mimebundle_(self, **kwargs):
        """The live view, and what is left of it without a kernel."""
        saved = {"text/plain": repr(self), "text/html": self.to_html()}
        live = super()._repr_mimebundle_(**kwargs)
        if live is None:
            return saved
        data, metadata = live
        return data | saved, metadata


def framed_figure(ax: Axes) -> tuple[str, str, int]:
    """A drawn picture as address, words and width; its figure is closed."""
    figure = ax.figure
    frame = data_uri(figure), alt_text(figure), screen_width(figure)
    plt.close(figure)
    return frame


def as_lists(values: Tensor, decimals: int = 4) -> list:
    """A tensor as a page reads it: nested lists of rounded numbers, None for NaN."""

    def blanked(part):
        if isinstance(part, list):
            return [blanked(each) for each in part]
        return None if math.isnan(part) else part

    return blanked(values.double().round(decimals=decimals).tolist())
