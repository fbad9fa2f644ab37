"""Codex on a ChatGPT workspace: credits by person and day (analytics usage).

Credits are no dollars: the document is in a currency of its own, worth what `bills rate` was told the contract says.
Only the totals by person are read; the fields nested by client differ between versions.
"""

from tollbook_collector.bills.lines import CODEX_CREDIT
from tollbook_collector.bills.statement import Statement
from tollbook_collector.bills.texts import json_of, listed, number, table, text_or_none, unix_day

SOURCE = "codex_credits"


def read(raw: bytes) -> Statement:
    """One line a person and day."""
    document = table(json_of(raw), "the file")
    statement = Statement(channel="chatgpt", source=SOURCE, currency=CODEX_CREDIT)
    for place, value in enumerate(listed(document.get("data"), "data")):
        where = f"data[{place}]"
        record = table(value, where)
        day = unix_day(record.get("start_time"), f"{where}.start_time")
        end = max(day + 1, unix_day(record.get("end_time"), f"{where}.end_time"))
        statement.cover(day, end)
        statement.records += 1
        totals = table(record.get("totals"), f"{where}.totals")
        email, user = text_or_none(record.get("email")), text_or_none(record.get("user_id"))
        statement.add(
            number(totals.get("credits"), f"{where}.totals.credits"),
            day=day,
            days=end - day,
            unit="credits",
            sku="codex credits",
            owner=f"user:{email.lower()}" if email else f"account:{user}" if user else None,
        )
    return statement
