"""Entries: money moved between accounts, in balance or not at all. Append-only: a correction is another entry."""

from dataclasses import dataclass
from typing import NamedTuple

from tollbook_collector.bills.items import NOBODY, Group

PAYABLE = "payable"
"""What is owed to who bills the channel; the other side of every cost. `payable:<channel>`."""


class Place(NamedTuple):
    """Where an amount stands. Amounts of one place add up."""

    account: str
    """`payable:<channel>`, `tracked`, `untracked`, or the name of a bucket."""
    group: Group = NOBODY
    owner: str = ""
    document: int = 0
    """The bill document, on the payable side; 0 on the other, which all documents of a cell share."""


class Amounts(NamedTuple):
    """What stands in a place. Only `nano_usd` is money that balances."""

    nano_usd: int
    tokens: int = 0
    list_nano_usd: int = 0

    def plus(self, other: "Amounts") -> "Amounts":
        return Amounts(*(mine + its for mine, its in zip(self, other, strict=True)))

    def minus(self, other: "Amounts") -> "Amounts":
        return Amounts(*(mine - its for mine, its in zip(self, other, strict=True)))


NOTHING = Amounts(0)


class Why(NamedTuple):
    """Which rule gave an amount, and its weight out of all weights of the cell."""

    rule: str = ""
    weight: int = 0
    weights: int = 0


class Posting(NamedTuple):
    """One amount of an entry."""

    place: Place
    amounts: Amounts
    why: Why = Why()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A balanced movement of one cell.

    Raises:
        ValueError: its money does not sum to zero; such an entry cannot exist.
    """

    cell: str
    """`CellKey.text`."""
    about: str
    """The month the bill belongs to."""
    booked_in: str
    """The month it is posted to: `about`, or the next open one after that is closed."""
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        total = sum(posting.amounts.nano_usd for posting in self.postings)
        if total:
            raise ValueError(f"an entry of {self.cell!r} is out of balance by {total} nano-dollars")

    @property
    def correction(self) -> bool:
        """It corrects a closed month."""
        return self.about != self.booked_in
