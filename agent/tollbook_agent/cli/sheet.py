"""A page of tables as values: what is shown, not how. `forms` prints it as text, for a terminal, as CSV or Markdown.

Named tuples, not dataclasses: every answer waits for these classes to be made.
"""

from enum import StrEnum
from typing import NamedTuple

UNALLOCATED = "(unallocated)"


class Kind(StrEnum):
    """What a column holds."""

    KEY = "key"
    """A text; `None` is what belongs to nobody."""
    COUNT = "count"
    MONEY = "money"
    """Nano-dollars."""
    BAR = "bar"
    """Nano-dollars again, as a bar; on a terminal only."""
    CHANGE = "change"
    """(nano-dollars now, nano-dollars before)."""
    TEXT = "text"


class Change(NamedTuple):
    """An amount beside that of the period before, in nano-dollars."""

    now: int
    before: int


type Cell = str | int | Change | None


class Column(NamedTuple):
    """One column. `field` is its name where machines read it."""

    name: str
    kind: Kind
    field: str = ""
    nobody: str = UNALLOCATED
    """What people read where a key is `None`."""
    spare: bool = False
    """Left out where a terminal is too narrow."""


class Sheet(NamedTuple):
    """One table. `name` tells it from others of its page."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    foot: tuple[Cell, ...] | None = None


class Page(NamedTuple):
    """What one command answers. Texts are single lines; `first` stands above the tables, `notes` below."""

    heading: str | None
    status: str
    """Whether amounts are estimated or reconciled, and how much of them is covered."""
    first: tuple[str, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    notes: tuple[str, ...] = ()


def clean(text: str) -> str:
    """A text from outside that cannot move a terminal's cursor or break a line."""
    return text if text.isprintable() else "".join(each if each.isprintable() else "\ufffd" for each in text)
