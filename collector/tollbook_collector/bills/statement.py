"""Statements: what one file says, still exact; and documents made of them, rounded once.

A line is rounded half-even to the nano-unit when it is read. The document's total is the exact total rounded once, and
the difference stands as a line of its own: no nano-unit is lost between the two.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import Any

from tollbook.money import nano_usd
from tollbook_collector.bills.lines import USD, BillDocument, BillLine, Kind, Role
from tollbook_collector.bills.texts import month_of, refuse

_EXACT = Context(prec=80)
MAX_LINES = 5_000_000
"""Lines of one document."""


@dataclass(slots=True, kw_only=True)
class Statement:
    """One file, or one page of a document. Readers fill it; nobody changes it afterwards."""

    channel: str
    source: str
    scope: str = ""
    role: Role = Role.BILL
    currency: str = USD
    page: int = 1
    pages: int = 1
    """Of a document that comes in numbered pages, which must all be there."""
    watermark: str | None = None
    records: int = 0
    ignored: int = 0
    """Rows about other products than models."""
    whole: bool = False
    """It covers a month or a span that cannot be taken apart by day; `cover` was told which."""
    first_day: int | None = None
    end_day: int | None = None
    lines: list[BillLine] = field(default_factory=list[BillLine])
    exact: Decimal = Decimal(0)

    def cover(self, first_day: int, end_day: int) -> None:
        """Say that the document speaks for these days, charges or not."""
        self.first_day = first_day if self.first_day is None else min(self.first_day, first_day)
        self.end_day = end_day if self.end_day is None else max(self.end_day, end_day)

    def add(self, amount: Decimal, *, day: int, list_amount: Decimal | None = None, **fields: Any) -> None:
        """One charge of an exact amount in units of the currency."""
        self.exact = _EXACT.add(self.exact, amount)
        fields.setdefault("period", month_of(day))
        fields.setdefault("kind", Kind.USAGE)
        listed = None if list_amount is None else nano_usd(list_amount)
        self.lines.append(BillLine(day=day, amount_nano=nano_usd(amount), list_nano=listed, **fields))
        if not self.whole:
            self.cover(day, day + 1)
        if len(self.lines) > MAX_LINES:
            refuse("file_too_large", f"more than {MAX_LINES} lines", "Import it by month.")


def assemble(pages: Sequence[Statement], raws: Sequence[bytes]) -> BillDocument:
    """The document of all its pages, whose bytes are `raws`.

    Raises:
        Unreadable: it covers no day, or its pages do not belong together.
    """
    first = pages[0]
    if any((one.source, one.scope, one.currency) != (first.source, first.scope, first.currency) for one in pages):
        refuse("pages_differ", "its pages are of different reports", "Import each report by itself.")
    starts = [one.first_day for one in pages if one.first_day is not None]
    ends = [one.end_day for one in pages if one.end_day is not None]
    if not starts:
        refuse("document_empty", "it says nothing of any day", "Ask for a span of days that has some.")
    lines = [line for page in pages for line in page.lines]
    exact = Decimal(0)
    for page in pages:
        exact = _EXACT.add(exact, page.exact)
    left = nano_usd(exact) - sum(line.amount_nano for line in lines)
    if left:
        last = max(lines, key=lambda line: (line.period, line.day))
        rounding = BillLine(day=last.day, period=last.period, kind=Kind.ROUNDING, amount_nano=left, sku="rounding")
        lines.append(rounding)
    digest = hashlib.sha256()
    for raw in raws:
        digest.update(raw)
    return BillDocument(
        channel=first.channel,
        source=first.source,
        scope=first.scope,
        role=first.role,
        first_day=min(starts),
        end_day=max(ends),
        currency=first.currency,
        total_nano=nano_usd(exact),
        records=sum(page.records for page in pages),
        ignored=sum(page.ignored for page in pages),
        whole=first.whole,
        sha256=digest.hexdigest(),
        watermark=min((page.watermark for page in pages if page.watermark), default=None),
        lines=tuple(lines),
    )
