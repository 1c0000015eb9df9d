"""BertViz's drawings as pages that load nothing and come out the same every time.

As shipped, a drawing fetches require.js, jQuery and d3 from web hosts. Here d3 comes out of the
package mpld3, which carries the very version that BertViz asks for, and shim.js stands in
for the other two.
"""

import json
import re
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

RETURNED = r"\s*<script src=[^>]*></script>(.*?)<script type=\"text/javascript\">(.*)</script>\s*"
PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    "<style>body {{ margin: 0; background: white; color: black; overflow-x: auto;"
    " font-family: system-ui, 'Noto Sans KR', NanumGothic, 'Malgun Gothic', sans-serif }}"
    "</style></head><body>{markup}{scripts}</body></html>"
)
NEURONS = (
    "<style>#vis svg {{ min-width: 1020px; min-height: {height}px }}"
    " .vector-highlight-group {{ pointer-events: none }}</style>"
    '<div id="bertviz">Layer: <select id="layer"></select> Head: <select id="att_head"></select> '
    'Attention: <select id="filter">{options}</select><div id="vis"></div></div>'
    '<p id="reading" aria-live="polite">Point at a word on the left and press its +; '
    "then point at a box to read its number.</p>"
)
# In a narrow notebook the drawing gets smaller, so that nothing hides at its right.
FIT = """
function fit() {
  const page = document.documentElement;
  document.body.style.zoom = 1;
  document.body.style.zoom = Math.min(1, page.clientWidth / page.scrollWidth);
}
addEventListener("resize", fit);
fit();
"""


def offline(title: str, returned: str) -> str:
    """The page that `bertviz.head_view(…, html_action="return").data` becomes.

    Raises ValueError when it is not one script to load, markup and one script.
    """
    found = re.fullmatch(RETURNED, returned, re.DOTALL)
    if not found or "<script" in found[1]:
        raise ValueError(
            f"BertViz {version('bertviz')} returned {returned.count('<script')} scripts where one "
            f"to load and one of its own were needed; install bertviz==1.4.1."
        )
    markup, script = (re.sub("bertviz-[0-9a-f]{32}", "bertviz", text) for text in found.groups())
    # the mark where the numbers go is named in a comment too, so all numbers are there twice
    return page(title, markup, re.sub("// HACK: .*", "", script))


def neuron_page(attention: dict[str, dict]) -> str:
    """The neuron view over our own numbers: BertViz's Python for it knows only its own BERTs.

    attention: what a reader chooses from, each with left_text and right_text (words), attn
        (layers, heads, query, key), queries (layers, heads, query, d_head) and keys
    """
    numbers = {
        "attention": attention,
        "default_filter": next(iter(attention)),
        "root_div_id": "bertviz",
        "bidirectional": list(attention) != ["decoder"],
        "display_mode": "light",
    }
    words = max(
        len(one[side]) for one in attention.values() for side in ("left_text", "right_text")
    )
    options = "".join(f"<option>{name}</option>" for name in attention)
    markup = NEURONS.format(height=26 * words + 60, options=options)
    drawing = package_file("bertviz", "neuron_view.js")
    script = f"window.bertviz_params = {json.dumps(numbers)};\n{drawing}\n{own('numbers')}"
    return page("Neuron view", markup, script)


def page(title: str, markup: str, script: str) -> str:
    """A whole page: the markup, d3, our stand-in for the other libraries, the script, its size."""
    sources = package_file("mpld3", "js/d3.v5.min.js"), own("shim"), script, FIT
    # a word such as </script> must not end the script that it is quoted in
    sources = (source.replace("</", "<\\/") for source in sources)
    scripts = "".join(f"<script>{source}</script>" for source in sources)
    return PAGE.format(title=f"BertViz: {title}", markup=markup, scripts=scripts)


def own(name: str) -> str:
    """The text of a script that lies beside this file."""
    return Path(__file__).with_name(f"{name}.js").read_text(encoding="utf-8")


def package_file(package: str, name: str) -> str:
    """The text of a file that an installed package carries; the package is not imported."""
    return (Path(find_spec(package).origin).parent / name).read_text(encoding="utf-8")
