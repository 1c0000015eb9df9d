"""Find what a learner names, and name the nearest where there is no such thing."""

import difflib
from typing import TypeVar

Entry = TypeVar("Entry")


def named(kind: str, name: str, entries: dict[str, Entry]) -> Entry:
    """The entry of that name.

    kind: what an entry is called in the error: exercise, quiz

    Raises ValueError, naming the nearest ones, when there is none.
    """
    if name not in entries:
        near = difflib.get_close_matches(str(name), entries) or entries
        raise ValueError(
            f"There is no {kind} {name!r} among the {len(entries)}; "
            f"take one of the nearest: {', '.join(near)}."
        )
    return entries[name]
