"""What all live views share: the way onto a page, with a kernel behind it and without.

A view is three things: its state (traitlets that the browser sees), a script that draws it
and changes it, and a picture of its present state for pages that run no scripts.
"""

import json
import math
from collections.abc import Callable
from functools import partial
from inspect import Signature, signature
from pathlib import Path

import anywidget
import matplotlib.pyplot as plt
import traitlets
from matplotlib.axes import Axes
from torch import Tensor

from lesson.pictures import alt_text, data_uri, framed, image_tag, screen_width

HERE = Path(__file__).parent
PARTS, STYLE, PAGE = (
    (HERE / name).read_text("utf-8") for name in ("view.js", "view.css", "page.js")
)
# Numbers that a page without a kernel takes along besides what it shows first. With commas and
# brackets each has some 7 letters: 100 kB, about as much as the picture that is saved beside it.
MOST_CARRIED = 14_000


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

    The page asks with `ask(model, verb, …)` of view.js for one of the methods in `askable`, with
    texts as arguments; a ValueError from there is shown on the page.
    """

    _css = STYLE
    askable: tuple[str, ...] = ()
    trouble = traitlets.Unicode().tag(sync=True)  # why the page did not get what it asked for last

    def __init__(self, **state):
        super().__init__(**state)
        self.on_msg(lambda view, message, buffers: self.hear(message))

    def hear(self, message: object) -> None:
        """Do what the page asks, or say there why not."""
        with self.hold_sync():
            try:
                self.asked(message)()
                self.trouble = ""
            except ValueError as problem:
                self.trouble = str(problem)

    def asked(self, message: object) -> Callable[[], None]:
        """The call that {"verb": "read", "args": ["I am"]} stands for.

        Raises ValueError for a verb that is not askable, and for arguments that do not fit it.
        """
        known = {verb: signature(getattr(self, verb)) for verb in self.askable}
        match message:
            case {"verb": str(verb), "args": [*texts]} if verb in known:
                if takes(known[verb], texts):
                    return partial(getattr(self, verb), *texts)
        raise ValueError(
            f"the page asked for {message!r}, but this view takes texts for "
            f"{', '.join(f'{verb}{how}' for verb, how in known.items()) or 'nothing'}; "
            f"run the cell again, so that page and view are of one version."
        )

    def draw(self) -> Axes:
        """The present state as a static picture, in a figure of its own."""
        raise NotImplementedError(f"{type(self).__name__} has no picture; give it a method `draw`.")

    def frame(self) -> tuple[str, str, int]:
        """That picture as a page needs it: address, words, width. The figure is closed."""
        return framed_figure(self.draw())

    def state(self) -> dict:
        """Everything that the script may read on a page without a kernel, where nobody answers."""
        inherited = {*anywidget.AnyWidget.class_trait_names(), "trouble"}
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


def takes(method: Signature, texts: list) -> bool:
    """Whether a method can be called with these, all of which have to be texts."""
    try:
        method.bind(*texts)
    except TypeError:
        return False
    return all(isinstance(text, str) for text in texts)


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
