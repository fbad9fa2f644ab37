"""What only a vendor's usage report tells of: shown beside what was seen, before any bill, and never added to it. Pure.

Cursor's report has one line an event. A line is owed on demand, included in the plan, or not charged (free, failed);
the token fee stands apart. Events of the API explain the days they cover; the dashboard's CSV speaks for the others.
"""

from collections.abc import Iterable
from typing import NamedTuple

from tollbook_collector.bills.effective import AUTHORITY, Current
from tollbook_collector.bills.lines import USD, BillLine, Kind
from tollbook_collector.bills.readers.cursor_events import FEE

VENDOR_SOURCES: tuple[str, ...] = AUTHORITY["cursor"]
"""Reports with a line an event, the best first."""
ON_DEMAND, INCLUDED, NOT_CHARGED, TOKEN_FEE = PARTS = ("on_demand", "included", "not_charged", "token_fee")
_ON_DEMAND_KINDS = frozenset({"usage-based", "on-demand"})


class Figures(NamedTuple):
    """Sums of some lines. Amounts are nano-dollars."""

    calls: int = 0
    tokens: int = 0
    list_nano_usd: int = 0
    """What the vendor values it at."""
    owed_nano_usd: int = 0
    """What of it the vendor says is owed."""

    def plus(self, other: "Figures") -> "Figures":
        return Figures(*(mine + its for mine, its in zip(self, other, strict=True)))


NONE = Figures()


class VendorKey(NamedTuple):
    """Whose, when and what. `None` is what the report does not say."""

    channel: str
    source: str
    document: int
    """Its number in `bills list`."""
    day: int
    owner: str | None
    """The e-mail address that the report names."""
    model: str | None


class VendorRow(NamedTuple):
    """One key with its figures by part, in the order of `PARTS`."""

    key: VendorKey
    parts: tuple[Figures, ...]

    @property
    def tokens(self) -> int:
        return sum(part.tokens for part in self.parts)


def vendor_rows(documents: Iterable[Current]) -> tuple[VendorRow, ...]:
    """The rows of the reports among some documents, by day."""
    found = [one for one in documents if one.stored.document.source in VENDOR_SOURCES and one.lines]
    best, *others = VENDOR_SOURCES
    covered = {
        day
        for one in found
        if one.stored.document.source == best
        for day in range(one.stored.document.first_day, one.stored.document.end_day)
    }
    sums: dict[VendorKey, list[Figures]] = {}
    for one in found:
        document = one.stored.document
        if document.currency != USD:
            continue
        for _, line in one.lines:
            if line.kind is Kind.USAGE and not (document.source in others and line.day in covered):
                owner = line.owner.removeprefix("user:") if line.owner else None
                key = VendorKey(document.channel, document.source, one.stored.number, line.day, owner, line.model)
                _add(sums.setdefault(key, [NONE] * len(PARTS)), line)
    return tuple(VendorRow(key, tuple(sums[key])) for key in sorted(sums, key=_order))


def _add(parts: list[Figures], line: BillLine) -> None:
    name = _part(line)
    value = line.amount_nano if line.list_nano is None else line.list_nano
    figures = Figures(int(name != TOKEN_FEE), line.quantity or 0, value, line.amount_nano)
    place = PARTS.index(name)
    parts[place] = parts[place].plus(figures)


def _part(line: BillLine) -> str:
    kind = line.sku.lower()
    if line.sku == FEE:
        return TOKEN_FEE
    if line.amount_nano or kind in _ON_DEMAND_KINDS:
        return ON_DEMAND
    return INCLUDED if kind.startswith("included") else NOT_CHARGED


def _order(key: VendorKey) -> tuple[int, str, str, int, str, str]:
    return key.day, key.channel, key.source, key.document, key.owner or "", key.model or ""
