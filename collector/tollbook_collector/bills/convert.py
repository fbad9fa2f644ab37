"""Lines in nano-dollars: other currencies by an explicit, dated rate; never by one that nobody entered."""

from collections.abc import Iterable, Sequence
from decimal import Context, Decimal
from typing import NamedTuple

from tollbook_collector.bills.lines import USD, BillDocument, BillLine, Kind

_EXACT = Context(prec=80)


class Rate(NamedTuple):
    """What one unit of a currency is worth from a day on, and who says so."""

    currency: str
    day: int
    usd: Decimal
    source: str


class Converted(NamedTuple):
    """The lines of a document with their nano-dollars, which sum to the document's total at that rate."""

    lines: tuple[tuple[BillLine, int], ...]
    rate: Rate | None
    """`None` for dollars."""


def rate_on(rates: Iterable[Rate], currency: str, day: int) -> Rate | None:
    """The latest rate in force on a day."""
    held = [rate for rate in rates if rate.currency == currency and rate.day <= day]
    return max(held, key=lambda rate: rate.day, default=None)


def convert(document: BillDocument, lines: Sequence[BillLine], rates: Iterable[Rate]) -> Converted | None:
    """Lines of a document in nano-dollars; `None` where no rate is known on the document's last day.

    Each line is rounded half-even; what that leaves over to the total is a line `fx`.
    """
    if document.currency == USD:
        return Converted(tuple((line, line.amount_nano) for line in lines), None)
    rate = rate_on(rates, document.currency, document.end_day - 1)
    if rate is None:
        return None
    made = [(line, _nano(line.amount_nano, rate.usd)) for line in lines]
    left = _nano(sum(line.amount_nano for line in lines), rate.usd) - sum(amount for _, amount in made)
    if left and lines:
        last = lines[-1]
        made.append((BillLine(day=last.day, period=last.period, kind=Kind.FX, amount_nano=0, sku="fx"), left))
    return Converted(tuple(made), rate)


def _nano(amount_nano: int, usd: Decimal) -> int:
    return int(_EXACT.multiply(Decimal(amount_nano), usd).to_integral_value(rounding="ROUND_HALF_EVEN"))
