"""Pages filled in: the templates of book and slides, with the styles and scripts they include."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from authoring import COURSE


@cache
def environment() -> Environment:
    """Where templates, styles and scripts come from; one for all pages keeps them compiled."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def write_page(path: Path, template: str, **names) -> None:
    """Write a page. names: what its template mentions, besides `course`"""
    html = environment().get_template(template).render(course=COURSE, **names)
    path.write_text(html, encoding="utf-8", newline="\n")
