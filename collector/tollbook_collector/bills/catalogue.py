"""The list of documents: the documented rows of `bills list`."""

from collections.abc import Sequence
from typing import Any

from tollbook.answer import day_text
from tollbook_collector.bills.convert import Rate, convert
from tollbook_collector.bills.effective import Current
from tollbook_collector.bills.lines import BillDocument
from tollbook_collector.bills.texts import month_days, month_of
from tollbook_collector.ledger.periods import document_state


def period_text(document: BillDocument) -> str:
    """The month where the document covers exactly one, else the days as an interval whose end is exclusive."""
    month = month_of(document.first_day)
    if month_days(month) == (document.first_day, document.end_day):
        return month
    return f"{day_text(document.first_day)}/{day_text(document.end_day)}"


def document_rows(documents: Sequence[Current], rates: Sequence[Rate], closed: frozenset[str]) -> list[dict[str, Any]]:
    """One row a document, oldest first. `total_nano_usd` is `None` where its currency has no rate."""
    supersedes: dict[int, int] = {}
    for one in documents:
        if one.superseded_by is not None:
            supersedes[one.superseded_by] = one.stored.number
    return [
        {
            **_row(one, rates),
            "state": document_state(one, closed).value,
            "supersedes": supersedes.get(one.stored.number),
        }
        for one in documents
    ]


def _row(one: Current, rates: Sequence[Rate]) -> dict[str, Any]:
    document = one.stored.document
    converted = convert(document, document.lines, rates)
    return {
        "number": one.stored.number,
        "channel": document.channel,
        "source": document.source,
        "scope": document.scope or None,
        "period": period_text(document),
        "role": document.role.value,
        "pulled_at": one.stored.pulled_at,
        "watermark": document.watermark,
        "lines": document.records,
        "ignored": document.ignored,
        "total_nano_usd": None if converted is None else sum(amount for _, amount in converted.lines),
        "total_nano": document.total_nano,
        "list_nano": document.list_nano,
        "currency": document.currency,
        "unmapped": list(document.unmapped),
        "sha256": document.sha256,
    }
