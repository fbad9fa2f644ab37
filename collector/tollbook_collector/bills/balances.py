"""Balances: what was paid ahead and is drawn by use. Buying moves money into a balance; using it is what costs. Pure.

Each purchase is a pot. Use of its channel is drawn from commitments first, the one that ends soonest before the others,
then from prepaid credits, in the order of their documents. What a commitment still holds when it ends is unused: a cost
of its own name. Months before the first purchase draw nothing. Amounts are integer nano-dollars.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tollbook_collector.bills.convert import Rate, convert
from tollbook_collector.bills.effective import Current, posted
from tollbook_collector.bills.lines import AHEAD, Kind
from tollbook_collector.bills.texts import month_days, month_of

DRAWN, UNUSED = "drawn", "unused"
"""Stand where a cell of use has its token class."""
MOST_MONTHS = 120
"""Months that balances are followed through; a purchase is older than that by mistake."""


class Movement(NamedTuple):
    """What one purchase was in one month."""

    channel: str
    source: str
    kind: Kind
    period: str
    document: int
    line: int
    day: int
    days: int
    bought: int
    drawn: int
    unused: int
    left: int


@dataclass(slots=True)
class _Pot:
    channel: str
    source: str
    kind: Kind
    document: int
    line: int
    day: int
    days: int
    bought: int
    left: int

    @property
    def order(self) -> tuple[bool, int, int, int]:
        ends = self.day + self.days if self.kind is Kind.COMMITMENT else 0
        return self.kind is not Kind.COMMITMENT, ends, self.document, self.line


def movements(documents: Sequence[Current], rates: Sequence[Rate], until: str) -> list[Movement]:
    """What every purchase was in each month from its own to `until`, by month and in the order of drawing."""
    starts = [line.period for one in documents for _, line in one.lines if line.kind in AHEAD and line.period <= until]
    if not starts:
        return []
    pots: list[_Pot] = []
    found: list[Movement] = []
    for period in _months(min(starts), until):
        used = _month(documents, rates, period, pots)
        pots.sort(key=lambda pot: pot.order)
        for pot in pots:
            found.append(_moved(pot, period, used))
        pots = [pot for pot in pots if pot.left > 0]
    return found


def of_month(documents: Sequence[Current], rates: Sequence[Rate], period: str) -> list[Movement]:
    """What every purchase was in one month."""
    return [one for one in movements(documents, rates, period) if one.period == period]


def balances_json(found: Iterable[Movement]) -> list[dict[str, Any]]:
    """The documented rows of `balances`. What stood before is `left + drawn + unused - bought`."""
    return [
        {
            "channel": one.channel,
            "kind": one.kind.value,
            "document": one.document,
            "bought_nano_usd": one.bought,
            "drawn_nano_usd": one.drawn,
            "unused_nano_usd": one.unused,
            "left_nano_usd": one.left,
        }
        for one in found
    ]


def _months(first: str, last: str) -> list[str]:
    found = [first]
    while found[-1] < last and len(found) < MOST_MONTHS:
        found.append(month_of(month_days(found[-1])[1]))
    return found


def _month(documents: Sequence[Current], rates: Sequence[Rate], period: str, pots: list[_Pot]) -> dict[str, int]:
    """What each channel used in a month; the month's purchases are added to the pots."""
    used: dict[str, int] = {}
    for stored, numbered in posted(documents, period):
        document = stored.document
        converted = convert(document, [line for _, line in numbered], rates)
        for (n, _), (line, amount) in zip(numbered, converted.lines if converted else (), strict=False):
            channel = document.channel_of(line)
            if line.kind in (Kind.USAGE, Kind.DISCOUNT):
                used[channel] = used.get(channel, 0) + amount
            elif line.kind in AHEAD:
                pot = _Pot(channel, document.source, line.kind, stored.number, n, line.day, line.days, amount, amount)
                pots.append(pot)
    return used


def _moved(pot: _Pot, period: str, used: dict[str, int]) -> Movement:
    """Draw a month's use from a pot, and end it where its days have passed."""
    _, end = month_days(period)
    drawn = max(min(pot.left, used.get(pot.channel, 0)), 0)
    used[pot.channel] = used.get(pot.channel, 0) - drawn
    pot.left -= drawn
    unused = pot.left if pot.kind is Kind.COMMITMENT and pot.day + pot.days <= end else 0
    pot.left -= unused
    bought, pot.bought = pot.bought, 0
    return Movement(
        pot.channel,
        pot.source,
        pot.kind,
        period,
        pot.document,
        pot.line,
        pot.day,
        pot.days,
        bought,
        drawn,
        unused,
        pot.left,
    )
