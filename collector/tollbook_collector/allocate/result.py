"""What allocation gives: pieces of the rows with their values, and the postings that moved money between values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tollbook.problem import Problem
from tollbook_collector.allocate.place import Placed
from tollbook_collector.allocate.rows import AllocationRow

type Amounts = tuple[int | None, int | None, int | None]
"""(list, billed, effective) in nano-dollars."""


class Piece(NamedTuple):
    """A part of a row's money under one value of every dimension.

    The part that no split moved has no path, and with it stay the row's calls and tokens. A part that splits moved has
    them in its path, one after the other, as `split:value`; `/` and `:` in texts are theirs.
    """

    row: int
    """The place of the row in the order given."""
    path: str
    places: tuple[Placed, ...]
    """In the order of the rule set's dimensions."""
    amounts: Amounts


class Posting(NamedTuple):
    """One transfer of a split: `amounts` leave `from_value` and arrive at `to_value` of the dimension.

    Weight over total is the share that was aimed at; largest remainder decides the last nano-dollar.
    """

    row: int
    path: str
    """Of the piece it was taken from."""
    split: str
    dimension: str
    from_value: str | None
    to_value: str
    weight: int
    total: int
    amounts: Amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """The allocation of rows by one rule set. Both engines give it, equal in everything."""

    dimensions: tuple[str, ...]
    rows: Sequence[AllocationRow]
    pieces: tuple[Piece, ...]
    """By row and path, ascending."""
    postings: tuple[Posting, ...]
    """In the order of the splits, then by row, path and value."""
    problems: tuple[Problem, ...] = ()


def plus(one: Amounts, other: Amounts) -> Amounts:
    """Sums, `None` as nothing known; `None` where neither is known."""
    return (
        _plus(one[0], other[0]),
        _plus(one[1], other[1]),
        _plus(one[2], other[2]),
    )


def _plus(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other
