"""Cursor's dashboard CSV: one row an event, located by header, since older exports have fewer columns.

`Cost` is dollars rounded to cents, or a word such as Included, Free or `-` for what is not owed. Being rounded, it
explains the events of the API and is owed only where those are absent.
"""

from decimal import Decimal

from tollbook_collector.bills.lines import Role
from tollbook_collector.bills.statement import Statement
from tollbook_collector.bills.texts import csv_rows, day_of, first_of, number, whole

SOURCE = "cursor_csv"
_NOT_OWED = frozenset({"", "-", "included", "free", "n/a"})
_TOKENS = ("Input (w/ Cache Write)", "Input (w/o Cache Write)", "Cache Read", "Output Tokens")


def read(raw: bytes) -> Statement:
    """The rows of an export."""
    statement = Statement(channel="cursor", source=SOURCE, role=Role.DETAIL)
    for line, row in csv_rows(raw):
        where = f"line {line}"
        statement.records += 1
        cost = row["Cost"].strip().lstrip("$").replace(",", "")
        email = first_of(row, "User", "Email")
        total = first_of(row, "Total Tokens", "Tokens")
        quantity = (
            whole(total, f"{where}: Total Tokens") if total else sum(_count(row, name, where) for name in _TOKENS)
        )
        statement.add(
            Decimal(0) if cost.lower() in _NOT_OWED else number(cost, f"{where}: Cost"),
            day=day_of(row["Date"], f"{where}: Date"),
            model=first_of(row, "Model") or None,
            quantity=quantity,
            unit="tokens",
            sku=first_of(row, "Kind") or "unknown",
            owner=f"user:{email.lower()}" if email else None,
        )
    return statement


def _count(row: dict[str, str], name: str, where: str) -> int:
    text = row.get(name, "").strip()
    return whole(text, f"{where}: {name}") if text else 0
