"""GitHub's billing API, AI credits of an organisation: one document a day, by model, without people.

`discountAmount` is what the pooled allowance covers, as in the CSV report, which says more: where both are known of a
day, the CSV counts.
"""

from typing import Any

from tollbook_collector.bills.lines import COPILOT, Kind
from tollbook_collector.bills.statement import Statement
from tollbook_collector.bills.texts import day_of, json_of, listed, number, refuse, table, text_or_none, whole

SOURCE = "copilot_ai_credit_usage"
_UNITS = frozenset({"ai-credits", "ai credits", "credits"})


def read(raw: bytes) -> Statement:
    """The use of one day."""
    document = table(json_of(raw), "the file")
    day = day_told(document)
    statement = Statement(channel=COPILOT, source=SOURCE)
    statement.scope = text_or_none(document.get("organization")) or ""
    statement.cover(day, day + 1)
    for place, value in enumerate(listed(document.get("usageItems"), "usageItems")):
        statement.records += 1
        _add(statement, day, table(value, "an item"), f"usageItems[{place}]")
    return statement


def day_told(document: dict[str, Any]) -> int:
    """The UTC day that an answer is about; one of a month or a year is refused."""
    period = table(document.get("timePeriod"), "timePeriod")
    if period.get("month") is None or period.get("day") is None:
        refuse("period_not_a_day", "it is not of a single day", "Ask with year, month and day.")
    year, month, day = (whole(period.get(name), f"timePeriod.{name}") for name in ("year", "month", "day"))
    return day_of(f"{year:04d}-{month:02d}-{day:02d}", "timePeriod")


def _add(statement: Statement, day: int, item: dict[str, Any], where: str) -> None:
    gross = number(item.get("grossAmount"), f"{where}.grossAmount")
    discount = number(item.get("discountAmount") or 0, f"{where}.discountAmount")
    unit = (text_or_none(item.get("unitType")) or "").lower()
    fields: dict[str, Any] = {
        "model": text_or_none(item.get("model")),
        "sku": text_or_none(item.get("sku")) or text_or_none(item.get("product")) or "",
        "mapped": unit in _UNITS,
    }
    statement.add(gross, list_amount=gross, day=day, unit=unit or None, **fields)
    if discount:
        statement.add(-discount, day=day, kind=Kind.DISCOUNT, **fields)
