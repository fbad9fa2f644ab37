"""Cursor's Admin API, `POST /teams/filtered-usage-events`: one event a call, in fractional cents.

Only events with `isChargeable` are owed; the others were within the plan or failed, and keep their value. The token fee
stands as a line of its own. Pages are numbered, and all of a span make one document.
"""

from decimal import Decimal
from typing import Any

from tollbook_collector.bills.lines import Kind
from tollbook_collector.bills.readers.anthropic_cost import CENT
from tollbook_collector.bills.statement import Statement
from tollbook_collector.bills.texts import json_of, listed, number, table, text_or_none, unix_day, whole

SOURCE = "cursor_usage_events"
FEE = "cursor token fee"


def read(raw: bytes) -> Statement:
    """One page of events."""
    document = table(json_of(raw), "the file")
    paging = table(document.get("pagination") or {}, "pagination")
    statement = Statement(
        channel="cursor",
        source=SOURCE,
        page=whole(paging.get("currentPage", 1), "pagination.currentPage"),
        pages=whole(paging.get("numPages", 1), "pagination.numPages"),
    )
    span = document.get("period")
    if isinstance(span, dict):
        period = table(span, "period")
        first = unix_day(period.get("startDate"), "period.startDate", 1000)
        end = -(-whole(period.get("endDate"), "period.endDate") // 86_400_000)
        statement.cover(first, max(end, first + 1))
    for place, value in enumerate(listed(document.get("usageEvents"), "usageEvents")):
        statement.records += 1
        _add(statement, table(value, "an event"), f"usageEvents[{place}]")
    return statement


def _add(statement: Statement, event: dict[str, Any], where: str) -> None:
    day = unix_day(event.get("timestamp"), f"{where}.timestamp", 1000)
    email = text_or_none(event.get("userEmail"))
    kind = text_or_none(event.get("kind")) or "unknown"
    charged = number(event.get("chargedCents", 0), f"{where}.chargedCents") * CENT
    fee = min(number(event.get("cursorTokenFee", 0) or 0, f"{where}.cursorTokenFee") * CENT, charged)
    owed = event.get("isChargeable") is True
    tokens = table(event.get("tokenUsage") or {}, f"{where}.tokenUsage")
    fields: dict[str, Any] = {
        "day": day,
        "kind": Kind.USAGE,
        "model": text_or_none(event.get("model")),
        "owner": f"user:{email.lower()}" if email else None,
    }
    names = ("inputTokens", "outputTokens", "cacheWriteTokens", "cacheReadTokens")
    quantity = sum(whole(tokens.get(name, 0) or 0, f"{where}.tokenUsage.{name}") for name in names)
    own = charged - fee
    statement.add(own if owed else Decimal(0), list_amount=own, quantity=quantity, unit="tokens", sku=kind, **fields)
    if fee:
        statement.add(fee if owed else Decimal(0), list_amount=fee, sku=FEE, **fields)
