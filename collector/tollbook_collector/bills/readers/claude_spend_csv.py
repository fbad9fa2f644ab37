"""The spend CSV of claude.ai (Team and Enterprise): dollars by person, product and model over a whole span of days.

It has no day: the span is in the file's name (`spend_report_2026-10-01_2026-10-07.csv`, both inclusive). Its rows are
rounded to cents, so that it is owed money only where no cost report covers those days.
"""

import re
from typing import Any

from tollbook_collector.bills.lines import CLAUDE_ENTERPRISE, Role
from tollbook_collector.bills.statement import Statement
from tollbook_collector.bills.texts import csv_rows, day_of, first_of, number, refuse

SOURCE = "claude_spend_csv"
_SPAN = re.compile(r"(\d{4}-\d\d-\d\d)\D+(\d{4}-\d\d-\d\d)")


def read(raw: bytes, name: str) -> Statement:
    """The rows of a spend report called `name`."""
    span = _SPAN.search(name)
    if span is None:
        remedy = "Keep the name it was downloaded with: spend_report_2026-10-01_2026-10-31.csv."
        refuse("span_unknown", "its days are not in its name", remedy)
    day, last = (day_of(text, "the file's name") for text in span.groups())
    if last < day:
        refuse("span_unknown", "the days in its name are the wrong way round", "The first day comes first.")
    statement = Statement(channel=CLAUDE_ENTERPRISE, source=SOURCE, role=Role.DETAIL, whole=True)
    statement.cover(day, last + 1)
    for number_of_line, row in csv_rows(raw):
        where = f"line {number_of_line}"
        statement.records += 1
        email, account = first_of(row, "user_email", "email"), first_of(row, "account_uuid", "account_id")
        fields: dict[str, Any] = {"scope": first_of(row, "product") or None, "model": first_of(row, "model") or None}
        statement.add(
            number(row["total_net_spend_usd"], f"{where}: total_net_spend_usd"),
            list_amount=number(row["total_gross_spend_usd"], f"{where}: total_gross_spend_usd"),
            day=day,
            days=last + 1 - day,
            owner=f"user:{email.lower()}" if email else f"account:{account}" if account else None,
            sku=" ".join(part for part in (fields["scope"], fields["model"]) if part),
            **fields,
        )
    return statement
