"""GitHub Copilot's AI usage report (CSV, columns by name): credits a person, model and day, and seats.

The pooled allowance comes off as `discount_amount`, so that most use costs nothing beyond the seats. `username` is a
GitHub login, not an e-mail address.
"""

from typing import Any

from tollbook_collector.bills.lines import COPILOT, Kind
from tollbook_collector.bills.statement import Statement
from tollbook_collector.bills.texts import csv_rows, day_of, month_days, month_of, number

SOURCE = "copilot_usage_report"
_KNOWN = frozenset({"copilot_ai_credit", "copilot_premium_request"})
_SEAT_UNITS = frozenset({"seats", "user-months", "user-month"})


def read(raw: bytes) -> Statement:
    """A line of use or seats for every row, and its discount."""
    statement = Statement(channel=COPILOT, source=SOURCE)
    for line, row in csv_rows(raw):
        where = f"line {line}"
        statement.records += 1
        statement.scope = row.get("organization", "").strip() or statement.scope
        day = day_of(row["date"], f"{where}: date")
        login, sku = row["username"].strip(), row["sku"].strip()
        seat = row["unit_type"].strip() in _SEAT_UNITS
        fields: dict[str, Any] = {
            "scope": row.get("cost_center_name", "").strip() or None,
            "model": row.get("model", "").strip() or None,
            "sku": sku,
            "owner": f"login:{login}" if login else None,
        }
        gross = number(row["gross_amount"], f"{where}: gross_amount")
        discount = number(row["discount_amount"] or "0", f"{where}: discount_amount")
        first, end = month_days(month_of(day)) if seat else (day, day + 1)
        days = end - first
        kind = Kind.SEAT if seat else Kind.USAGE
        known = seat or sku in _KNOWN
        unit = row["unit_type"].strip()
        statement.add(gross, list_amount=gross, day=first, days=days, kind=kind, unit=unit, mapped=known, **fields)
        if discount:
            statement.add(-discount, day=first, days=days, kind=Kind.DISCOUNT, mapped=known, **fields)
    return statement
