"""Anthropic console, cost report (`/v1/organizations/cost_report`): dollars a day, workspace and description.

`amount` is a text of decimal cents. The parsed fields are read, `description` never is: it is kept as the SKU. Priority
tier is not in the report; code execution is only here.
"""

from decimal import Decimal
from typing import Any

from tollbook_collector.bills.lines import Kind
from tollbook_collector.bills.readers.anthropic_tokens import TOKEN_CLASSES
from tollbook_collector.bills.statement import Statement
from tollbook_collector.bills.texts import day_of, json_of, listed, money_text, refuse, table, text_or_none

SOURCE = "anthropic_cost_report"
CENT = Decimal("0.01")
_TOOLS = {"web_search": "web_searches", "code_execution": "code_execution", "session_usage": "session_usage"}


def read(raw: bytes) -> Statement:
    """The charges of every bucket."""
    document = table(json_of(raw), "the file")
    statement = Statement(channel="anthropic", source=SOURCE)
    for place, value in enumerate(listed(document.get("data"), "data")):
        bucket = table(value, f"data[{place}]")
        day = day_of(bucket.get("starting_at"), f"data[{place}].starting_at")
        statement.cover(day, day_of(bucket.get("ending_at"), f"data[{place}].ending_at"))
        for row, result in enumerate(listed(bucket.get("results"), f"data[{place}].results")):
            where = f"data[{place}].results[{row}]"
            _add(statement, day, table(result, where), where)
    return statement


def _add(statement: Statement, day: int, result: dict[str, Any], where: str) -> None:
    currency = text_or_none(result.get("currency")) or "USD"
    if currency.upper() != "USD":
        refuse("currency_mixed", f"{where} is in another currency", "The report has dollars only: ask for it again.")
    cost_type = text_or_none(result.get("cost_type"))
    token_type = text_or_none(result.get("token_type"))
    token_class = TOKEN_CLASSES.get(token_type or "") or _TOOLS.get(cost_type or "")
    statement.records += 1
    statement.add(
        money_text(result.get("amount"), f"{where}.amount") * CENT,
        day=day,
        kind=Kind.USAGE,
        scope=text_or_none(result.get("workspace_id")),
        model=text_or_none(result.get("model")),
        service_tier=text_or_none(result.get("service_tier")),
        geo=text_or_none(result.get("inference_geo")),
        band=text_or_none(result.get("context_window")),
        token_class=token_class or token_type or cost_type,
        unit="tokens" if cost_type == "tokens" else "requests" if cost_type == "web_search" else None,
        sku=text_or_none(result.get("description")) or token_type or cost_type or "",
        mapped=token_class is not None,
    )
