"""Which report a file is, by its own shape: never by its name."""

from collections.abc import Mapping
from typing import Any, cast

from tollbook_collector.bills.readers import (
    anthropic_cost,
    anthropic_usage,
    claude_code_analytics,
    claude_enterprise,
    claude_spend_csv,
    codex_credits,
    copilot,
    copilot_api,
    cur,
    cursor_csv,
    cursor_events,
    invoices,
    openai,
    vertex,
)
from tollbook_collector.bills.texts import Unreadable, csv_header, json_of

_FIRST_ROWS = 400
"""Rows looked at for one that is not empty."""

_CSV: tuple[tuple[str, frozenset[str]], ...] = (
    (
        cur.SOURCE,
        frozenset(
            {
                "bill_billing_period_start_date",
                "bill_payer_account_id",
                "line_item_line_item_type",
                "line_item_usage_type",
                "line_item_product_code",
                "line_item_usage_account_id",
                "line_item_usage_amount",
                "line_item_usage_start_date",
                "line_item_unblended_cost",
                "line_item_currency_code",
            }
        ),
    ),
    (copilot.SOURCE, frozenset({"date", "username", "sku", "unit_type", "gross_amount", "discount_amount"})),
    (cursor_csv.SOURCE, frozenset({"Date", "Model", "Cost"})),
    (claude_spend_csv.SOURCE, frozenset({"total_net_spend_usd", "total_gross_spend_usd"})),
    (
        invoices.SOURCE,
        frozenset(
            {
                "InvoiceId",
                "InvoiceIssuerName",
                "BillingPeriodStart",
                "BillingPeriodEnd",
                "ChargeCategory",
                "InvoiceDetailDescription",
                "BilledCost",
                "BillingCurrency",
            }
        ),
    ),
)
_JSON_ROWS: tuple[tuple[str, frozenset[str]], ...] = (
    (anthropic_usage.SOURCE, frozenset({"uncached_input_tokens", "output_tokens"})),
    (claude_enterprise.ORGANIZATION, frozenset({"amount", "list_amount"})),
    (anthropic_cost.SOURCE, frozenset({"amount", "cost_type", "description"})),
    (openai.USAGE, frozenset({"input_tokens", "output_tokens", "num_model_requests"})),
    (openai.COSTS, frozenset({"amount", "line_item"})),
)
_JSON_RECORDS: tuple[tuple[str, frozenset[str]], ...] = (
    (claude_code_analytics.SOURCE, frozenset({"actor", "model_breakdown"})),
    (claude_enterprise.USERS, frozenset({"actor", "amount", "list_amount"})),
    (codex_credits.SOURCE, frozenset({"totals", "start_time"})),
)


def source_of(raw: bytes) -> str | None:
    """The source a file is of, `None` for a foreign one."""
    start = raw[:1_024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start.startswith((b"{", b"[")):
        header = csv_header(raw)
        return next((source for source, names in _CSV if names <= header), None)
    first_line = raw.lstrip().partition(b"\n")[0]
    if _is_export_row(first_line):
        return vertex.SOURCE
    if _is_object(first_line):
        return None  # JSON lines of something else
    document = json_of(raw)
    return _json_source(cast(dict[str, Any], document)) if isinstance(document, dict) else None


def _is_object(line: bytes) -> bool:
    """Whether a first line is a whole object, and more follows it or not: the reports stand on one line too."""
    try:
        row = json_of(line)
    except Unreadable:
        return False
    return isinstance(row, dict) and not {"data", "usageEvents", "usageItems"} & row.keys()


def _is_export_row(line: bytes) -> bool:
    try:
        row = json_of(line)
    except Unreadable:
        return False
    return isinstance(row, dict) and {"billing_account_id", "sku", "invoice", "cost"} <= row.keys()


def _json_source(document: Mapping[str, Any]) -> str | None:
    if "usageEvents" in document:
        return cursor_events.SOURCE
    if {"usageItems", "timePeriod"} <= document.keys():
        return copilot_api.SOURCE
    records = document.get("data")
    if not isinstance(records, list):
        return None
    rows: list[Any] = []
    for record in cast(list[Any], records)[:_FIRST_ROWS]:
        if not isinstance(record, dict):
            return None
        found = next((source for source, names in _JSON_RECORDS if names <= cast(dict[str, Any], record).keys()), None)
        if found:
            return found
        results = cast(dict[str, Any], record).get("results")
        rows += cast(list[Any], results)[:1] if isinstance(results, list) else []
    names = cast(dict[str, Any], rows[0]).keys() if rows and isinstance(rows[0], dict) else frozenset[str]()
    return next((source for source, needed in _JSON_ROWS if needed <= names), None)
