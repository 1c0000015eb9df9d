"""A slider over a picture: for figures that Python draws and a learner wants to turn."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import anywidget
import matplotlib.pyplot as plt
import traitlets
from matplotlib.axes import Axes

from transformer_lib.pictures import alt_text, data_uri, image_tag, screen_width


class Knob(anywidget.AnyWidget):
    """Move the slider and `draw(value)` is shown for the value under it.

    draw: value → Axes of a figure of its own
    values: what the slider steps through
    start: the value shown first

    Raises ValueError when `start` is not one of the values, and for an index outside them.
    """

    _esm = Path(__file__).with_suffix(".js")
    label = traitlets.Unicode().tag(sync=True)
    values = traitlets.List(traitlets.Unicode()).tag(sync=True)
    index = traitlets.Int().tag(sync=True)
    image = traitlets.Unicode().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    width = traitlets.Int().tag(sync=True)

    def __init__(self, draw: Callable[..., Axes], values: Sequence, *, label: str, start):
        if start not in values:
            raise ValueError(
                f"start={start!r} is not among the {len(values)} values of the knob {label!r}; "
                f"choose one of {', '.join(map(str, values))}."
            )
        super().__init__(label=label, values=[f"{value}" for value in values])
        self.drawn = cache(lambda index: self.frame(draw(values[index])))
        self.index = list(values).index(start)
        self.show()
        self.observe(lambda change: self.show(), "index")

    @traitlets.validate("index")
    def within(self, proposal: dict) -> int:
        """An index that the slider has."""
        index = proposal["value"]
        if not 0 <= index < max(1, len(self.values)):
            last = len(self.values) - 1
            raise ValueError(
                f"index {index} is not on the knob {self.label!r}; choose 0 to {last}."
            )
        return index

    @staticmethod
    def frame(ax: Axes) -> tuple[str, str, int]:
        """A drawn picture as the browser needs it: address, words, width. The figure is closed."""
        figure = ax.figure
        frame = data_uri(figure), alt_text(figure), screen_width(figure)
        plt.close(figure)
        return frame

    def show(self) -> None:
        """Send the picture of the present value."""
        with self.hold_sync():
            self.image, self.alt, self.width = self.drawn(self.index)

    def __repr__(self) -> str:
        return f"Knob({self.label} = {self.values[self.index]}, one of {len(self.values)})"

    def _repr_mimebundle_(self, **kwargs):
        """The live view, and the present picture for pages without a kernel."""
        saved = {"text/plain": repr(self), "text/html": image_tag(self.image, self.alt, self.width)}
        live = super()._repr_mimebundle_(**kwargs)
        if live is None:
            return saved
        data, metadata = live
        return data | saved, metadata
