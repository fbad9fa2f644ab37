"""OpenAI organisation usage (`/organization/usage/completions`) and costs (`/organization/costs`).

Costs carry binary JSON numbers, which are read exactly as written; no user is in them. In usage, `input_tokens`
includes the cached and the cache-written ones: the disjoint counts are read. Times are Unix seconds.
"""

from decimal import Decimal
from typing import Any

from tollbook_collector.bills.lines import Role
from tollbook_collector.bills.statement import Statement
from tollbook_collector.bills.texts import json_of, listed, number, refuse, table, text_or_none, unix_day, whole

COSTS = "openai_costs"
USAGE = "openai_usage_completions"
_LINE_ITEMS = {
    "input_tokens": "input",
    "input": "input",
    "cached_input_tokens": "cache_read",
    "cached_input": "cache_read",
    "cached input": "cache_read",
    "cache_write_tokens": "cache_write",
    "output_tokens": "output",
    "output": "output",
}
_COUNTS = {
    "input_uncached_tokens": "input",
    "input_cached_tokens": "cache_read",
    "input_cache_write_tokens": "cache_write",
    "output_tokens": "output",
}
_UNITS = {"tokens": 1, "1000_tokens": 1000}


def read_costs(raw: bytes) -> Statement:
    """What is owed, by day, project, key and line item ("model, token class")."""
    statement = Statement(channel="openai", source=COSTS)
    for day, result, where in _results(raw, statement):
        amount = table(result.get("amount"), f"{where}.amount")
        if str(amount.get("currency", "usd")).lower() != "usd":
            refuse("currency_mixed", f"{where} is in another currency", "The report has dollars only: export it again.")
        sku = text_or_none(result.get("line_item")) or ""
        model, _, word = sku.rpartition(", ")
        token_class = _LINE_ITEMS.get(word)
        key = text_or_none(result.get("api_key_id"))
        statement.add(
            number(amount.get("value"), f"{where}.amount.value"),
            day=day,
            scope=text_or_none(result.get("project_id")),
            model=(model if token_class else None) or None,
            service_tier=None,
            token_class=token_class,
            quantity=_quantity(result, where),
            unit=text_or_none(result.get("quantity_unit")),
            sku=sku,
            owner=f"key:{key}" if key else None,
            mapped=token_class is not None,
        )
    return statement


def read_usage(raw: bytes) -> Statement:
    """Tokens by day, project, user, key and model: whose the unseen part of a cost is."""
    statement = Statement(channel="openai", source=USAGE, role=Role.USAGE)
    for day, result, where in _results(raw, statement):
        user, key = text_or_none(result.get("user_id")), text_or_none(result.get("api_key_id"))
        total = whole(result.get("input_tokens", 0), f"{where}.input_tokens")
        counts = {name: whole(result.get(name) or 0, f"{where}.{name}") for name in _COUNTS}
        if result.get("input_uncached_tokens") is None:
            counts["input_uncached_tokens"] = total - counts["input_cached_tokens"] - counts["input_cache_write_tokens"]
        if counts["input_uncached_tokens"] < 0:
            refuse("quantity_wrong", f"{where}: the parts exceed input_tokens", "Export the report again.")
        fields: dict[str, Any] = {
            "scope": text_or_none(result.get("project_id")),
            "model": text_or_none(result.get("model")),
            "service_tier": "batch" if result.get("batch") is True else text_or_none(result.get("service_tier")),
            "owner": f"account:{user}" if user else f"key:{key}" if key else None,
            "unit": "tokens",
        }
        for name, token_class in _COUNTS.items():
            if counts[name]:
                statement.add(Decimal(0), day=day, quantity=counts[name], token_class=token_class, sku=name, **fields)
    return statement


def _results(raw: bytes, statement: Statement) -> list[tuple[int, dict[str, Any], str]]:
    document = table(json_of(raw), "the file")
    found: list[tuple[int, dict[str, Any], str]] = []
    for place, value in enumerate(listed(document.get("data"), "data")):
        bucket = table(value, f"data[{place}]")
        day = unix_day(bucket.get("start_time"), f"data[{place}].start_time")
        end = unix_day(bucket.get("end_time"), f"data[{place}].end_time")
        statement.cover(day, max(end, day + 1))
        for row, result in enumerate(listed(bucket.get("results"), f"data[{place}].results")):
            statement.records += 1
            found.append((day, table(result, "a result"), f"data[{place}].results[{row}]"))
    return found


def _quantity(result: dict[str, Any], where: str) -> int | None:
    """Tokens of a cost; `None` where something else is counted."""
    factor = _UNITS.get(str(result.get("quantity_unit")))
    if factor is None or result.get("quantity") is None:
        return None
    return whole(number(result.get("quantity"), f"{where}.quantity") * factor, f"{where}.quantity")
