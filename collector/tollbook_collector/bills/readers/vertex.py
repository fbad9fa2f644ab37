"""Google Cloud's detailed billing export from BigQuery (JSON lines): Claude and Gemini on Vertex AI.

Each model is a service of its own, and the SKU says class, location and context window between em dashes. What is owed
is `cost` plus `credits[].amount`. Rows have no id and arrive late, so that an invoice month is replaced as a whole; it
may hold adjustments for the month before.
"""

import re
from typing import Any

from tollbook_collector.bills.lines import Kind
from tollbook_collector.bills.statement import Statement
from tollbook_collector.bills.texts import (
    day_of,
    is_month,
    json_lines,
    listed,
    month_days,
    number,
    refuse,
    table,
    text_or_none,
)
from tollbook_collector.bills.units import ListRate, tokens_of

SOURCE = "gcp_billing_export"
_CLASSES = {
    "input tokens": "input",
    "output tokens": "output",
    "input cache read tokens": "cache_read",
    "input cache write tokens": "cache_write",
    "input cache write tokens (ttl 300 seconds)": "cache_write_5m",
    "input cache write tokens (ttl 3600 seconds)": "cache_write_1h",
}
_DASH = re.compile(r"\s+[—–-]\s+")
_BAND = re.compile(r"context window size from (\d+) to (\d+)", re.IGNORECASE)
_MODELS = ("claude", "gemini", "vertex", "generative")
_KINDS = {
    "regular": Kind.USAGE,
    "tax": Kind.TAX,
    "rounding_error": Kind.ROUNDING,
    "adjustment": Kind.ADJUSTMENT,
}
_PROMOTIONS = frozenset({"PROMOTION", "FREE_TIER", "FREE_TRIAL"})
"""Credits of an account; all others reduce the use they stand beside."""


def read(raw: bytes, list_rate: ListRate) -> list[Statement]:
    """A statement for each billing account and invoice month."""
    found: dict[tuple[str, str], Statement] = {}
    for line, row in json_lines(raw):
        where = f"line {line}"
        account = text_or_none(row.get("billing_account_id")) or ""
        month = str(table(row.get("invoice"), f"{where}: invoice").get("month"))
        period = f"{month[:4]}-{month[4:]}"
        if not is_month(period):
            refuse("date_wrong", f"{where}: invoice.month is no month", "Export the rows of whole invoices.")
        statement = found.get((account, period))
        if statement is None:
            currency = str(row.get("currency") or "USD").upper()
            statement = Statement(channel="vertex", source=SOURCE, scope=account, currency=currency, whole=True)
            statement.cover(*month_days(period))
            found[account, period] = statement
        if str(row.get("currency") or "USD").upper() != statement.currency:
            refuse("currency_mixed", f"{where} is in another currency", "Export each currency by itself.")
        _add(statement, period, row, where, list_rate)
    return list(found.values())


def _add(statement: Statement, period: str, row: dict[str, Any], where: str, list_rate: ListRate) -> None:
    service = str(table(row.get("service"), f"{where}: service").get("description") or "")
    sku = str(table(row.get("sku"), f"{where}: sku").get("description") or "")
    word = str(row.get("cost_type") or "regular")
    kind = _KINDS.get(word, Kind.ADJUSTMENT)
    if kind is Kind.USAGE and not any(name in f"{service} {sku}".lower() for name in _MODELS):
        statement.ignored += 1
        return
    statement.records += 1
    exported = text_or_none(row.get("export_time"))
    statement.watermark = max(filter(None, (statement.watermark, exported)), default=None)
    cost = number(row.get("cost"), f"{where}: cost")
    day = day_of(row.get("usage_start_time"), f"{where}: usage_start_time")
    project = table(row.get("project") or {}, f"{where}: project")
    fields: dict[str, Any] = {"day": day, "period": period, "scope": text_or_none(project.get("id")), "sku": sku}
    if kind is Kind.USAGE:
        fields |= _cell(service, sku)
    usage = table(row.get("usage") or {}, f"{where}: usage")
    quantity: int | None = None
    if fields.get("token_class"):
        rate = list_rate("vertex", fields["model"], fields["token_class"], day)
        quantity = tokens_of(number(usage.get("amount", 0), f"{where}: usage.amount"), cost, rate)
        fields["unit"] = "tokens"
    statement.add(cost, kind=kind, quantity=quantity, **fields)
    for place, value in enumerate(listed(row.get("credits") or [], f"{where}: credits")):
        credit = table(value, f"{where}: credits[{place}]")
        given = Kind.CREDIT if str(credit.get("type")) in _PROMOTIONS else Kind.DISCOUNT
        statement.add(number(credit.get("amount"), f"{where}: credits[{place}].amount"), kind=given, **fields)


def _cell(service: str, sku: str) -> dict[str, Any]:
    """Model, class, location and band of a SKU; `mapped` is False where its words are unknown."""
    parts = _DASH.split(sku)
    token_class = _CLASSES.get(parts[1].strip().lower()) if len(parts) > 1 else None
    if token_class is None:
        return {"mapped": False}
    band = _BAND.search(sku)
    return {
        "model": service or parts[0],
        "token_class": token_class,
        "geo": parts[2].strip() if len(parts) > 2 else None,
        "band": f"{band[1]}-{band[2]}" if band else None,
    }
