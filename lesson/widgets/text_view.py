"""A view of words, some of which the vocabulary may not hold."""

from collections.abc import Iterable, Sequence

import traitlets

from lesson.widgets.view import View
from transformer_lib.parts import SIDES

MARK = "*"  # behind a word that the vocabulary does not hold; on a page view.css writes it


class TextView(View):
    """A view that shows words. Its script begins with text_view.js.

    Words stay as they are; `unknown` lists for each part those to mark, of the words that ask and
    of the words that answer.
    """

    unknown = traitlets.Dict().tag(sync=True)  # part: [unknown queries, unknown keys]

    def labels(self, part: str, words: Sequence[Sequence[str]]) -> list[list[str]]:
        """The words of a part, (queries, keys), as a picture has them: MARK behind unknown ones."""
        sides = zip(words, self.unknown.get(part, ((), ())), strict=True)
        return [[word + MARK * (word in unknown) for word in side] for side, unknown in sides]


def unknown_sides(
    parts: Iterable[str], source: Sequence[str], target: Sequence[str] = ()
) -> dict[str, list[list[str]]]:
    """The state `unknown` for these parts, from the unknown words of both texts."""
    read = {"encoder": source, "decoder": target if "cross" in parts else source}
    return {part: [list(read[side]) for side in SIDES[part]] for part in parts}
