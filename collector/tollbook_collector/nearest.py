"""What somebody probably meant by a name that does not exist."""

import difflib
from collections.abc import Iterable

ALIKE = 0.5
"""How alike two names must be, from 0 to 1, for one to be suggested for the other."""


def suggestion(name: str, known: Iterable[str]) -> str:
    """A remedy: the nearest known name, or all of them."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=ALIKE)
    return f"Did you mean {close[0]}?" if close else "There are " + ", ".join(names) + "."
