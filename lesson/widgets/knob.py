"""A slider over a picture: for figures that Python draws and a learner wants to turn."""

from collections.abc import Callable, Sequence
from functools import cache

import traitlets
from matplotlib.axes import Axes

from lesson.pictures import image_tag
from lesson.widgets.view import View, framed_figure, script


class Knob(View):
    """Move the slider and `draw(value)` is shown for the value under it.

    draw: value → Axes of a figure of its own
    values: what the slider steps through
    start: the value shown first

    Raises ValueError when `start` is not one of the values, and for an index outside them.
    """

    _esm = script(__file__)
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
        self.drawn = cache(lambda index: framed_figure(draw(values[index])))
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

    def frame(self) -> tuple[str, str, int]:
        """The picture under the slider: address, words, width."""
        return self.drawn(self.index)

    def show(self) -> None:
        """Send the picture of the present value."""
        with self.hold_sync():
            self.image, self.alt, self.width = self.frame()

    def to_html(self) -> str:
        """Only the picture: a page without Python cannot draw the next one."""
        return image_tag(*self.frame())

    def __repr__(self) -> str:
        return f"Knob({self.label} = {self.values[self.index]}, one of {len(self.values)})"
