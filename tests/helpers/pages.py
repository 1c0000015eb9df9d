"""Pages that the builder wrote, to look into."""

from bs4 import BeautifulSoup


def soup(path):
    """A page, parsed."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
