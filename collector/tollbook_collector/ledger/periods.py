"""Months and their states: estimated, provisional, final, closed. Only a person closes one, and nothing reopens it."""

from collections.abc import Iterable
from enum import StrEnum

from tollbook_collector.bills.effective import Current, Stored
from tollbook_collector.bills.lines import BillDocument, Role
from tollbook_collector.bills.texts import Unreadable, day_of, month_days


class State(StrEnum):
    """How far a month, or a document, has come."""

    ESTIMATED = "estimated"
    """No bill has come: list prices of what was seen."""
    PROVISIONAL = "provisional"
    """A bill that its provider may still change."""
    FINAL = "final"
    CLOSED = "closed"
    SUPERSEDED = "superseded"
    """Of a document only: a later one took all its days."""


SETTLED_AFTER_DAYS: dict[str, int] = {
    "anthropic_cost_report": 7,
    "claude_enterprise_cost_report": 30,
    "claude_enterprise_user_cost_report": 30,
    "claude_spend_csv": 30,
    "aws_cur": 7,
    "gcp_billing_export": 5,
    "openai_costs": 7,
    "codex_credits": 5,
    "cursor_usage_events": 7,
    "copilot_usage_report": 3,
    "copilot_ai_credit_usage": 3,
    "invoice": 0,
}
"""Days after its last day until a document counts as final, where the provider names none."""
_OTHERS = 7


def document_state(one: Current, closed: Iterable[str]) -> State:
    """The state of a document: final when it was pulled long enough after its last day."""
    document = one.stored.document
    if one.superseded_by is not None:
        return State.SUPERSEDED
    periods = {line.period for line in document.lines}
    if periods and periods <= set(closed):
        return State.CLOSED
    return State.FINAL if is_final(document, one.stored.pulled_at) else State.PROVISIONAL


def is_final(document: BillDocument, pulled_at: str) -> bool:
    """Whether the provider will not change it any more, as far as is known."""
    try:
        pulled = day_of(pulled_at, "pulled_at")
    except Unreadable:
        return False
    return pulled >= document.end_day + settled_after_days(document.source)


def settled_after_days(source: str) -> int:
    """Days after its end on which a provider may still change a day of a report; a pull asks for them again."""
    return SETTLED_AFTER_DAYS.get(source, _OTHERS)


def finishes(stored: Stored, pulled_at: str) -> bool:
    """Whether finding a document unchanged at this time makes it final."""
    return is_final(stored.document, pulled_at) and not is_final(stored.document, stored.pulled_at)


def month_state(period: str, documents: Iterable[Current], closed: Iterable[str]) -> State:
    """The state of a month: the least advanced of its documents'."""
    if period in closed:
        return State.CLOSED
    first, end = month_days(period)
    bills = [
        one
        for one in documents
        if one.stored.document.role is Role.BILL
        and one.lines
        and one.stored.document.first_day < end
        and first < one.stored.document.end_day
    ]
    if not bills:
        return State.ESTIMATED
    final = all(is_final(one.stored.document, one.stored.pulled_at) for one in bills)
    return State.FINAL if final else State.PROVISIONAL


def next_month(period: str) -> str:
    """The month after."""
    year, month = int(period[:4]), int(period[5:7])
    return f"{year + month // 12:04d}-{month % 12 + 1:02d}"


def open_month(period: str, closed: frozenset[str]) -> str:
    """The month that something about `period` is posted to: itself, or the next one that is open."""
    while period in closed:
        period = next_month(period)
    return period
