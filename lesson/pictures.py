"""A figure as a page shows it: one style, sharp, with its words for those who cannot see it."""

import base64
from html import escape
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
from IPython import get_ipython
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

DPI = 100
COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"]  # Okabe and Ito
STYLE = {
    "figure.dpi": DPI,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": plt.cycler(color=COLORS),
    "hatch.linewidth": 0.6,
}


def use_style() -> None:
    """One look for all figures, Korean letters included.

    In a notebook a figure is shown once, with its alt text; Axes at the end of a cell are not.
    """
    plt.rcParams.update(STYLE)
    carrier = find_spec("koreanize_matplotlib")  # the font is used, the module never imported
    if carrier and carrier.origin:
        for font in Path(carrier.origin).parent.glob("fonts/NanumGothic*.ttf"):
            font_manager.fontManager.addfont(font)
        plt.rcParams["font.family"] = ["DejaVu Sans", "NanumGothic"]
    shell = get_ipython()
    if shell is not None:
        plt.switch_backend(plt.get_backend())  # now, or it puts its own printer back later
        shell.display_formatter.ipython_display_formatter.for_type(Axes, lambda ax: None)
        formatters = shell.display_formatter.formatters
        formatters["image/png"].type_printers.pop(Figure, None)
        formatters["text/html"].for_type(Figure, picture)


def alt_text(figure: Figure) -> str:
    """What the picture shows, in words: the labels of its Axes."""
    labels = (axes.get_label() for axes in figure.axes)
    return " ".join(label for label in labels if label and not label.startswith("<"))


def png(figure: Figure) -> bytes:
    """The figure as the bytes of a PNG file, at twice the screen's resolution."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=2 * DPI)
    return buffer.getvalue()


def data_uri(figure: Figure) -> str:
    """The figure as an address that holds the whole PNG."""
    return f"data:image/png;base64,{base64.b64encode(png(figure)).decode()}"


def picture(figure: Figure) -> str:
    """The figure as an HTML image that carries its alt text and needs no other file."""
    return image_tag(data_uri(figure), alt_text(figure), screen_width(figure))


def screen_width(figure: Figure) -> int:
    """How many pixels of the page the figure takes."""
    return round(figure.get_figwidth() * DPI)


def image_tag(address: str, alt: str, width: int) -> str:
    """An HTML image that shrinks on a narrow page."""
    return f'<img width="{width}" style="max-width: 100%" alt="{escape(alt)}" src="{address}">'


# Runs in the page when the frame has loaded: the picture makes room, the frame is as tall as its
# page and stays so when the page grows.
FIT = (
    "const frame = this, page = this.contentDocument.documentElement;"
    "frame.previousElementSibling.hidden = true;"
    "new ResizeObserver(() => {"
    " const scrollbar = frame.contentWindow.innerHeight - page.clientHeight;"
    " if (page.offsetHeight) frame.style.height = page.offsetHeight + scrollbar + 'px';"
    "}).observe(page)"
)


def framed(document: str, fallback: str) -> str:
    """A live page inside a page: scripts run in a frame of their own, without internet.

    document: a whole HTML page that needs no other file
    fallback: HTML without scripts; it is all that is left where scripts are not trusted, in a
        fresh copy of a notebook or on a web host, and it is hidden as soon as the page lives
    """
    style = "width: 100%; border: 0"
    frame = f'<iframe srcdoc="{escape(document)}" style="{style}" onload="{FIT}"></iframe>'
    return f"<div>{fallback}</div>{frame}"  # in this order, so that both are there on load
