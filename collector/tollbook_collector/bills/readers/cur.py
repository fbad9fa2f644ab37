"""AWS Cost and Usage Report 2.0 (CSV): Bedrock in both dialects, and the one CCU line of Claude Platform on AWS.

A row is a usage type, principal and hour. The same month is delivered again and again, and each delivery replaces the
one before as a whole: line ids may change. Costs have more than nine decimals, so that a document has a rounding line.
"""

from typing import Any

from tollbook_collector.bills.lines import Kind
from tollbook_collector.bills.readers.cur_usage_type import usage_type
from tollbook_collector.bills.statement import Statement
from tollbook_collector.bills.texts import csv_rows, day_of, month_days, month_of, number, refuse
from tollbook_collector.bills.units import ListRate, tokens_of

SOURCE = "aws_cur"
MARKETPLACE = "aws_marketplace"
CCU = "claudeconsumptionunit"
_KINDS = {
    "Usage": Kind.USAGE,
    "DiscountedUsage": Kind.USAGE,
    "SavingsPlanCoveredUsage": Kind.USAGE,
    "EdpDiscount": Kind.DISCOUNT,
    "BundledDiscount": Kind.DISCOUNT,
    "PrivateRateDiscount": Kind.DISCOUNT,
    "SavingsPlanNegation": Kind.DISCOUNT,
    "Credit": Kind.CREDIT,
    "Refund": Kind.CREDIT,
    "Tax": Kind.TAX,
    "Fee": Kind.SEAT,
}
_MODELS = ("bedrock", "claude", "anthropic")
"""A product that names none of these is about something else."""


def read(raw: bytes, list_rate: ListRate) -> list[Statement]:
    """A statement for each payer and billing period of the file."""
    found: dict[tuple[str, str], Statement] = {}
    for line, row in csv_rows(raw):
        where = f"line {line}"
        start = day_of(row["bill_billing_period_start_date"], f"{where}: bill_billing_period_start_date")
        payer, period = row["bill_payer_account_id"].strip(), month_of(start)
        statement = found.get((payer, period))
        if statement is None:
            currency = row["line_item_currency_code"].strip().upper() or "USD"
            statement = Statement(channel="bedrock", source=SOURCE, scope=payer, currency=currency, whole=True)
            statement.cover(*month_days(period))
            found[payer, period] = statement
        product = row["line_item_product_code"].strip()
        if not any(word in f"{product} {row['line_item_usage_type']}".lower() for word in _MODELS):
            statement.ignored += 1
            continue
        if row["line_item_currency_code"].strip().upper() != statement.currency:
            refuse("currency_mixed", f"{where} is in another currency", "Deliver each currency by itself.")
        statement.records += 1
        _add(statement, period, row, product, where, list_rate)
    return list(found.values())


def _add(statement: Statement, period: str, row: dict[str, str], product: str, where: str, list_rate: ListRate) -> None:
    amount = number(row["line_item_unblended_cost"].strip() or "0", f"{where}: line_item_unblended_cost")
    quantity = number(row["line_item_usage_amount"].strip() or "0", f"{where}: line_item_usage_amount")
    day = day_of(row["line_item_usage_start_date"], f"{where}: line_item_usage_start_date")
    word, text = row["line_item_line_item_type"].strip(), row["line_item_usage_type"].strip()
    kind = _KINDS.get(word, Kind.ADJUSTMENT)
    principal = row.get("line_item_iam_principal", "").strip()
    fields: dict[str, Any] = {
        "scope": principal or row["line_item_usage_account_id"].strip() or None,
        "owner": f"principal:{principal}" if principal else None,
        "sku": text or word,
        "mapped": word in _KINDS,
    }
    if kind in (Kind.USAGE, Kind.DISCOUNT):
        fields |= _usage(text, product, day, quantity, amount, list_rate)
    statement.add(amount, day=day, period=period, kind=kind, **fields)


def _usage(text: str, product: str, day: int, quantity: Any, amount: Any, list_rate: ListRate) -> dict[str, Any]:
    """The cell of a usage type, and its tokens."""
    if CCU in text.lower():
        return {"channel": MARKETPLACE, "unit": "CCU"}
    parts = usage_type(text, product)
    if parts.token_class is None:
        return {"mapped": False}
    rate = list_rate("bedrock", parts.model or "", parts.token_class, day)
    return {
        "model": parts.model,
        "token_class": parts.token_class,
        "service_tier": parts.tier,
        "geo": parts.geo,
        "quantity": tokens_of(quantity, amount, rate),
        "unit": "tokens",
    }
