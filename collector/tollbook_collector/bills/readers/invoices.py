"""A plain invoice CSV with the headers of FOCUS's invoice detail: seats, credit notes, tax, any currency.

One document an invoice, since each is final by itself. The period is the month in which the billing period ends; of
seats, credits and commitments for longer than a month the one in which it begins, since they are paid ahead.
"""

from tollbook_collector.bills.lines import AHEAD, COPILOT, Kind
from tollbook_collector.bills.statement import Statement
from tollbook_collector.bills.texts import csv_rows, day_of, month_of, number, refuse

SOURCE = "invoice"
_KINDS = {
    "usage": Kind.USAGE,
    "purchase": Kind.SEAT,
    "prepaid": Kind.PREPAID,
    "commitment": Kind.COMMITMENT,
    "tax": Kind.TAX,
    "credit": Kind.CREDIT,
    "adjustment": Kind.ADJUSTMENT,
}
_IN_ADVANCE = frozenset({Kind.SEAT, *AHEAD})
LONGEST_MONTH = 31
_ISSUERS = {
    "anthropic": "anthropic",
    "openai": "openai",
    "cursor": "cursor",
    "anysphere": "cursor",
    "github": COPILOT,
    "amazon": "bedrock",
    "aws": "bedrock",
    "google": "vertex",
    "microsoft": "azure",
}


def read(raw: bytes) -> list[Statement]:
    """A statement for each invoice of the file, in its order."""
    found: dict[str, Statement] = {}
    for line, row in csv_rows(raw):
        where = f"line {line}"
        invoice, currency = row["InvoiceId"].strip(), row["BillingCurrency"].strip().upper()
        issuer = row["InvoiceIssuerName"].strip()
        if not invoice or not currency:
            refuse("invoice_incomplete", f"{where} has no invoice id or no currency", "Fill both columns.")
        statement = found.get(invoice)
        if statement is None:
            statement = Statement(channel=_channel(issuer), source=SOURCE, scope=invoice, currency=currency, whole=True)
            found[invoice] = statement
        if statement.currency != currency:
            refuse("currency_mixed", f"{where}: one invoice in two currencies", "Give each currency its invoice id.")
        first = day_of(row["BillingPeriodStart"], f"{where}: BillingPeriodStart")
        end = day_of(row["BillingPeriodEnd"], f"{where}: BillingPeriodEnd")
        if end <= first:
            refuse("span_unknown", f"{where}: the billing period ends before it begins", "The end is exclusive.")
        statement.cover(first, end)
        word = row["ChargeCategory"].strip().lower()
        amount = number(row["BilledCost"], f"{where}: BilledCost")
        kind = _KINDS.get(word, Kind.ADJUSTMENT)
        statement.records += 1
        statement.add(
            amount,
            day=first,
            days=end - first,
            period=month_of(first if kind in _IN_ADVANCE and end - first > LONGEST_MONTH else end - 1),
            kind=Kind.CREDIT if kind is Kind.ADJUSTMENT and amount < 0 else kind,
            sku=row["InvoiceDetailDescription"].strip(),
            mapped=word in _KINDS,
        )
    return list(found.values())


def _channel(issuer: str) -> str:
    words = issuer.lower().replace(",", " ").split()
    return next((_ISSUERS[word] for word in words if word in _ISSUERS), "other")
