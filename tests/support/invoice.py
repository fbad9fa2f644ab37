"""Invoices for tests: a CSV of lines."""

from tollbook_collector.bills.read import BillFile

HEADER = (
    "InvoiceId,InvoiceIssuerName,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,InvoiceDetailDescription,"
    "BilledCost,BillingCurrency"
)


def invoice(*lines: tuple[str, str, str, str], name: str = "A-1", currency: str = "USD") -> BillFile:
    """(charge category, first day, end day, amount) a line, of Anthropic."""
    rows = [f"{name},Anthropic,{start},{end},{kind},{kind},{amount},{currency}" for kind, start, end, amount in lines]
    return BillFile(f"{name}.csv", "\n".join([HEADER, *rows, ""]).encode())
