"""Claude Enterprise analytics: organisation cost report, cost report by user, and the spend CSV of claude.ai.

`amount` is a text of fractional cents after discounts and before credits, `list_amount` the same before discounts. The
report by user leaves automation out and the CSV is rounded to cents without a day: both only explain the first.
"""

from decimal import Decimal
from typing import Any

from tollbook_collector.bills.lines import CLAUDE_ENTERPRISE, Role
from tollbook_collector.bills.readers.anthropic_cost import CENT
from tollbook_collector.bills.readers.anthropic_tokens import TOKEN_CLASSES
from tollbook_collector.bills.statement import Statement
from tollbook_collector.bills.texts import day_of, json_of, listed, money_text, table, text_or_none

ORGANIZATION = "claude_enterprise_cost_report"
USERS = "claude_enterprise_user_cost_report"


def read_organization(raw: bytes) -> Statement:
    """The charges of the organisation, bucket by bucket: what is owed."""
    document = table(json_of(raw), "the file")
    statement = _statement(document, ORGANIZATION, Role.BILL)
    for place, value in enumerate(listed(document.get("data"), "data")):
        where = f"data[{place}]"
        bucket = table(value, where)
        day, end = _days(bucket, where)
        statement.cover(day, end)
        for row, result in enumerate(listed(bucket.get("results"), f"{where}.results")):
            _add(statement, day, table(result, where), f"{where}.results[{row}]", None)
    return statement


def read_users(raw: bytes) -> Statement:
    """The same money by person; a deleted person keeps the id and loses the e-mail address."""
    document = table(json_of(raw), "the file")
    statement = _statement(document, USERS, Role.DETAIL)
    for place, value in enumerate(listed(document.get("data"), "data")):
        where = f"data[{place}]"
        record = table(value, where)
        day, end = _days(record, where)
        statement.cover(day, end)
        actor = table(record.get("actor"), f"{where}.actor")
        email, user = text_or_none(actor.get("email")), text_or_none(actor.get("user_id"))
        owner = f"user:{email.lower()}" if email else f"account:{user}" if user else None
        _add(statement, day, record, where, owner)
    return statement


def _statement(document: dict[str, Any], source: str, role: Role) -> Statement:
    return Statement(
        channel=CLAUDE_ENTERPRISE,
        source=source,
        scope=text_or_none(document.get("organization_id")) or "",
        role=role,
        watermark=text_or_none(document.get("data_refreshed_at")),
    )


def _days(record: dict[str, Any], where: str) -> tuple[int, int]:
    day = day_of(record.get("starting_at"), f"{where}.starting_at")
    return day, max(day + 1, day_of(record.get("ending_at"), f"{where}.ending_at"))


def _add(statement: Statement, day: int, result: dict[str, Any], where: str, owner: str | None) -> None:
    statement.records += 1
    token_type = text_or_none(result.get("token_type"))
    token_class = TOKEN_CLASSES.get(token_type or "")
    listed_amount = result.get("list_amount")
    statement.add(
        money_text(result.get("amount"), f"{where}.amount") * CENT,
        list_amount=None if listed_amount is None else _cents(listed_amount, f"{where}.list_amount"),
        day=day,
        scope=text_or_none(result.get("product")),
        model=text_or_none(result.get("model")),
        geo=text_or_none(result.get("inference_geo")),
        band=text_or_none(result.get("context_window")),
        token_class=token_class or token_type or text_or_none(result.get("cost_type")),
        sku=" ".join(part for name in ("product", "model") if (part := text_or_none(result.get(name)))),
        owner=owner,
        mapped=token_type is None or token_class is not None,
    )


def _cents(value: object, where: str) -> Decimal:
    return money_text(value, where) * CENT
