"""Claude Code analytics (`usage_report/claude_code`): tokens and estimated cents by person and day.

The cents are whole and estimated, so they are no bill: the counts check how much of each person's work was seen.
"""

from decimal import Decimal
from typing import Any

from tollbook_collector.bills.lines import Role
from tollbook_collector.bills.readers.anthropic_cost import CENT
from tollbook_collector.bills.statement import Statement
from tollbook_collector.bills.texts import day_of, json_of, listed, number, table, text_or_none, whole

SOURCE = "claude_code_analytics"
_CLASSES = {"input": "input", "output": "output", "cache_read": "cache_read", "cache_creation": "cache_write"}


def read(raw: bytes) -> Statement:
    """Counts by person and model. The estimate stands as list value beside the output count, and is never owed."""
    document = table(json_of(raw), "the file")
    statement = Statement(channel="anthropic", source=SOURCE, role=Role.COVERAGE)
    for place, value in enumerate(listed(document.get("data"), "data")):
        where = f"data[{place}]"
        record = table(value, where)
        statement.scope = text_or_none(record.get("organization_id")) or statement.scope
        statement.records += 1
        day = day_of(record.get("date"), f"{where}.date")
        statement.cover(day, day + 1)
        owner = _owner(table(record.get("actor"), f"{where}.actor"))
        for row, part in enumerate(listed(record.get("model_breakdown"), f"{where}.model_breakdown")):
            _add(statement, day, owner, table(part, where), f"{where}.model_breakdown[{row}]")
    return statement


def _owner(actor: dict[str, Any]) -> str | None:
    email = text_or_none(actor.get("email_address"))
    if email:
        return f"user:{email.lower()}"
    key = text_or_none(actor.get("api_key_name"))
    return f"key:{key}" if key else None


def _add(statement: Statement, day: int, owner: str | None, part: dict[str, Any], where: str) -> None:
    tokens = table(part.get("tokens"), f"{where}.tokens")
    cost = table(part.get("estimated_cost") or {}, f"{where}.estimated_cost")
    estimate = number(cost.get("amount", 0), f"{where}.estimated_cost.amount") * CENT
    model = text_or_none(part.get("model"))
    for name, token_class in _CLASSES.items():
        quantity = whole(tokens.get(name, 0), f"{where}.tokens.{name}")
        fields: dict[str, Any] = {"token_class": token_class, "unit": "tokens", "sku": name, "owner": owner}
        listed_here = estimate if token_class == "output" else None
        statement.add(Decimal(0), day=day, quantity=quantity, model=model, list_amount=listed_here, **fields)
