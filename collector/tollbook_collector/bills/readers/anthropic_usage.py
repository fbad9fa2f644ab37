"""Anthropic console, usage report (`usage_report/messages`): tokens by day, workspace, model, tier, account and key.

It has no money: its counts say how much of a cell was billed, and its accounts and keys say whose the unseen part is.
`account_id` is filled for Claude Code's log-in traffic; a null key is the console's playground or OAuth.
"""

from decimal import Decimal
from typing import Any

from tollbook_collector.bills.lines import Role
from tollbook_collector.bills.readers.anthropic_tokens import TOKEN_CLASSES
from tollbook_collector.bills.statement import Statement
from tollbook_collector.bills.texts import day_of, json_of, listed, table, text_or_none, whole

SOURCE = "anthropic_usage_report"
_NONE = Decimal(0)


def read(raw: bytes) -> Statement:
    """The counts of every bucket."""
    document = table(json_of(raw), "the file")
    statement = Statement(channel="anthropic", source=SOURCE, role=Role.USAGE)
    for place, value in enumerate(listed(document.get("data"), "data")):
        bucket = table(value, f"data[{place}]")
        day = day_of(bucket.get("starting_at"), f"data[{place}].starting_at")
        end = day_of(bucket.get("ending_at"), f"data[{place}].ending_at")
        statement.cover(day, max(end, day + 1))
        for row, result in enumerate(listed(bucket.get("results"), f"data[{place}].results")):
            statement.records += 1
            where = f"data[{place}].results[{row}]"
            _add(statement, day, table(result, where), where)
    return statement


def _add(statement: Statement, day: int, result: dict[str, Any], where: str) -> None:
    common: dict[str, Any] = {
        "scope": text_or_none(result.get("workspace_id")),
        "owner": _owner(result),
    }
    priced: dict[str, Any] = {
        "model": text_or_none(result.get("model")),
        "service_tier": text_or_none(result.get("service_tier")),
        "geo": text_or_none(result.get("inference_geo")),
        "band": text_or_none(result.get("context_window")),
    }
    for name, token_class in TOKEN_CLASSES.items():
        holder, _, field = name.rpartition(".")
        counts = table(result.get(holder), f"{where}.{holder}") if holder else result
        quantity = whole(counts.get(field, 0), f"{where}.{name}")
        if quantity:
            fields: dict[str, Any] = {**common, **priced, "token_class": token_class, "unit": "tokens", "sku": name}
            statement.add(_NONE, day=day, quantity=quantity, **fields)
    tools = table(result.get("server_tool_use") or {}, f"{where}.server_tool_use")
    searches = whole(tools.get("web_search_requests", 0), f"{where}.web_search_requests")
    if searches:
        more: dict[str, Any] = {
            **common,
            "token_class": "web_searches",
            "unit": "requests",
            "sku": "web_search_requests",
        }
        statement.add(_NONE, day=day, quantity=searches, **more)


def _owner(result: dict[str, Any]) -> str | None:
    for kind, field in (("account", "account_id"), ("account", "service_account_id"), ("key", "api_key_id")):
        value = text_or_none(result.get(field))
        if value:
            return f"{kind}:{value}"
    return None
