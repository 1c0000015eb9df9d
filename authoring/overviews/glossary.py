"""The glossary page: the terms of glossary.toml by letter, its symbols, and the Korean terms.

A term has `korean`, `means` (one or two sentences) and the `notebook` that introduces it; it may
have other names (`also`) and terms that a reader may want next (`see`). A symbol has `means` and
`notebook`. `glossary.md#causal-mask` leads to the term "causal mask".
"""

import tomllib
from itertools import groupby
from pathlib import Path

import nbformat

from authoring import NOTEBOOKS, WORKSHOP, Refused
from authoring.overviews.contents import notebooks, opening

CONSONANTS = "ㄱㄱㄴㄷㄷㄹㅁㅂㅂㅅㅅㅇㅈㅈㅊㅋㅌㅍㅎ"  # a doubled sound counts as the single one
FIRST, PER_SOUND = ord("가"), 588
SYMBOLS, KOREAN = "Symbols", "Korean"  # headings in ASCII, or JupyterLab finds no way there
INTRODUCTION = """\
# Glossary

What the words of the course mean here, in Korean too, and the notebook that introduces them.
"""


def entries(root: Path) -> tuple[dict[str, dict], dict[str, dict]]:
    """The terms and the symbols by name, as written by hand.

    Raises Refused when an entry lacks something, or sends its reader nowhere.
    """
    both = tomllib.loads((root / WORKSHOP / "glossary.toml").read_text(encoding="utf-8"))
    terms, symbols = both["terms"], both["symbols"]
    for name, entry in terms.items():
        check(name, entry, ("korean", "means", "notebook"), terms)
    for name, entry in symbols.items():
        check(name, entry, ("means", "notebook"), terms)
    return terms, symbols


def check(name: str, entry: dict, needed: tuple[str, ...], terms: dict[str, dict]) -> None:
    """Refuse an entry that lacks something, or sends its reader nowhere."""
    for key in needed:
        if key not in entry:
            raise Refused(f"glossary.toml: `{name}` has no `{key}`; write a line {key} = ….")
    for other in entry.get("see", ()):
        if other not in terms:
            raise Refused(f"glossary.toml: `{name}` says see `{other}`, and that is no term.")


def links_to_notebooks(root: Path) -> dict[str, str]:
    """A link to each notebook, by its number."""
    found = notebooks(root / NOTEBOOKS)
    titles = {path: opening(nbformat.read(path, as_version=4))[0] for path in found}
    return {path.stem[:2]: f"[{path.stem[:2]} {titles[path]}]({path.name})" for path in found}


def notebook(links: dict[str, str], name: str, number: str) -> str:
    """The link to the notebook that introduces a term; Refused when there is none."""
    if number not in links:
        raise Refused(
            f"glossary.toml: `{name}` is from notebook {number!r}, and there are "
            f"{', '.join(links) or 'none'}; write the two digits of one of these."
        )
    return links[number]


def to(name: str, words: str | None = None) -> str:
    """A link to a heading of this page."""
    return f"[{words or name}](#{name.replace(' ', '-')})"


def one_line(entry: dict) -> str:
    """What an entry means, so that no formula breaks at the end of a line."""
    return " ".join(entry["means"].split())


def order(name: str) -> str:
    """What terms are sorted by."""
    return name.lower()


def initial(name: str) -> str:
    """The letter that a term stands under."""
    return name[0].upper()


def term(name: str, entry: dict, links: dict[str, str]) -> str:
    """One term as a section."""
    also = f", also *{', '.join(entry['also'])}*" if "also" in entry else ""
    see = f" · see {', '.join(map(to, entry['see']))}" if "see" in entry else ""
    place = notebook(links, name, entry["notebook"])
    return f"### {name}\n\n**{entry['korean']}**{also}. {one_line(entry)}\n\n→ {place}{see}\n"


def symbol_table(symbols: dict[str, dict], links: dict[str, str]) -> str:
    """Axes, sizes and tensors by the name that code and formulas give them."""
    lines = ["| symbol | means | notebook |", "|---|---|---|"]
    for name, entry in symbols.items():
        shown = name if name.startswith("$") else f"`{name}`"
        place = notebook(links, name, entry["notebook"])
        lines.append(f"| {shown} | {one_line(entry)} | {place} |")
    return "\n".join(lines) + "\n"


def sound(korean: str) -> str:
    """The consonant that a Korean term begins with, or A–Z for one in Latin letters."""
    place = (ord(korean[0]) - FIRST) // PER_SOUND
    return CONSONANTS[place] if 0 <= place < len(CONSONANTS) else "A–Z"


def korean_index(terms: dict[str, dict]) -> str:
    """The terms by their Korean name, a line for each first sound."""
    names = sorted((entry["korean"], name) for name, entry in terms.items())
    names.sort(key=lambda pair: sound(pair[0]) == "A–Z")  # Latin letters last
    lines = []
    for key, group in groupby(names, lambda pair: sound(pair[0])):
        lines.append(f"**{key}** " + " · ".join(to(name, korean) for korean, name in group))
    return "\n\n".join(lines) + "\n"


def page(root: Path) -> str:
    """The whole page."""
    links, (terms, symbols) = links_to_notebooks(root), entries(root)
    letters = [(key, list(names)) for key, names in groupby(sorted(terms, key=order), initial)]
    parts = [INTRODUCTION, " · ".join(map(to, [key for key, _ in letters] + [SYMBOLS, KOREAN])), ""]
    for letter, names in letters:
        parts += [f"## {letter}\n", *(term(name, terms[name], links) for name in names)]
    parts += [f"## {SYMBOLS}\n", symbol_table(symbols, links)]
    return "\n".join([*parts, f"## {KOREAN}\n", korean_index(terms)])


def write_glossary(root: Path) -> None:
    """Write glossary.md beside the notebooks, if there is a glossary.toml."""
    if (root / WORKSHOP / "glossary.toml").exists():
        path = root / NOTEBOOKS / "glossary.md"
        path.write_text(page(root), encoding="utf-8", newline="\n")
