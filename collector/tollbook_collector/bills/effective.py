"""Which lines count: the latest document's for each day, and of two views of one money only one.

Documents of one (source, scope) supersede each other by whole days, or as a whole where they cannot be taken apart.
A report that another one bills (spend CSV beside cost report, events beside their CSV, an invoice's usage beside the
report of that use) is kept, shown and compared, and never added.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tollbook_collector.bills.lines import BillDocument, BillLine, Kind, Role
from tollbook_collector.bills.texts import month_days

AUTHORITY: dict[str, tuple[str, ...]] = {
    "claude_enterprise": ("claude_enterprise_cost_report", "claude_spend_csv"),
    "cursor": ("cursor_usage_events", "cursor_csv"),
    "copilot": ("copilot_usage_report", "copilot_ai_credit_usage"),
}
"""Sources of one channel that bill the same use, the best first. An invoice's usage stands behind all of them."""
INVOICE = "invoice"


class Stored(NamedTuple):
    """A document as it is kept. `number` is the order of import."""

    number: int
    pulled_at: str
    document: BillDocument


class Current(NamedTuple):
    """A document with the lines that still hold."""

    stored: Stored
    lines: tuple[tuple[int, BillLine], ...]
    """(line number, line)."""
    superseded_by: int | None
    """The later document that took all its days."""
    partly: bool


def current(documents: Iterable[Stored]) -> list[Current]:
    """What of each document still holds, oldest first."""
    families: dict[tuple[str, str], list[Stored]] = {}
    for stored in documents:
        families.setdefault((stored.document.source, stored.document.scope), []).append(stored)
    found: list[Current] = []
    for family in families.values():
        family.sort(key=lambda one: (one.pulled_at, one.number))
        for place, stored in enumerate(family):
            found.append(_left_of(stored, family[place + 1 :]))
    return sorted(found, key=lambda one: one.stored.number)


def _left_of(stored: Stored, later: Sequence[Stored]) -> Current:
    mine = stored.document
    days = set(range(mine.first_day, mine.end_day))
    taken: set[int] = set()
    last: int | None = None
    for other in later:
        over = days & set(range(other.document.first_day, other.document.end_day))
        if over:
            taken |= over
            last = other.number
    gone = taken == days or (mine.whole and bool(taken))
    lines = () if gone else tuple((n, line) for n, line in enumerate(mine.lines) if line.day not in taken)
    return Current(stored, lines, last if gone else None, bool(taken) and not gone)


def overlap(document: BillDocument, others: Iterable[BillDocument]) -> BillDocument | None:
    """A document that this one would tear apart: they share days, and one of them cannot be divided by day."""
    for other in others:
        if (other.source, other.scope) != (document.source, document.scope):
            continue
        if other.end_day <= document.first_day or document.end_day <= other.first_day:
            continue
        covered = document.first_day <= other.first_day and other.end_day <= document.end_day
        if not covered and (document.whole or other.whole):
            return other
    return None


def posted(documents: Sequence[Current], period: str) -> list[tuple[Stored, list[tuple[int, BillLine]]]]:
    """The documents that are owed money in a month, each with its lines of that month."""
    first, end = month_days(period)
    billing = [one for one in documents if _bills(one, documents)]
    found: list[tuple[Stored, list[tuple[int, BillLine]]]] = []
    for one in billing:
        lines = [(n, line) for n, line in one.lines if line.period == period]
        if one.stored.document.source == INVOICE:
            others = [other for other in billing if other.stored.document.channel == one.stored.document.channel]
            lines = [(n, line) for n, line in lines if not _reported(line, others, first, end)]
        if lines:
            found.append((one.stored, lines))
    return found


def elsewhere(documents: Sequence[Current], period: str) -> list[tuple[Stored, BillLine]]:
    """Lines of a month's invoices that a report bills too: they are compared, and not posted."""
    counted = {(stored.number, n) for stored, lines in posted(documents, period) for n, _ in lines}
    return [
        (one.stored, line)
        for one in documents
        if one.stored.document.source == INVOICE
        for n, line in one.lines
        if line.period == period and (one.stored.number, n) not in counted
    ]


def _bills(one: Current, documents: Sequence[Current]) -> bool:
    """Whether a document's money is owed: a bill, or the best view there is of those days."""
    document = one.stored.document
    if not one.lines or document.role in (Role.USAGE, Role.COVERAGE):
        return False
    order = AUTHORITY.get(document.channel, ())
    if document.source not in order:
        return document.role is Role.BILL
    better = order[: order.index(document.source)]
    return not any(
        other.lines
        and other.stored.document.source in better
        and other.stored.document.first_day < document.end_day
        and document.first_day < other.stored.document.end_day
        for other in documents
    )


def _reported(line: BillLine, others: Sequence[Current], first: int, end: int) -> bool:
    """Whether a report bills the same use as this line of an invoice."""
    if line.kind not in (Kind.USAGE,):
        return False
    return any(
        other.stored.document.source != INVOICE
        and other.stored.document.first_day < min(line.day + line.days, end)
        and max(line.day, first) < other.stored.document.end_day
        for other in others
    )
