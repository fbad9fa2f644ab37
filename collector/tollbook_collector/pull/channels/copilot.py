"""GitHub Copilot: AI credits of an organisation by model, a request a day. 24 months back; seats are invoiced."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from tollbook.answer import day_text
from tollbook_collector.bills.readers import copilot_api
from tollbook_collector.bills.texts import Unreadable
from tollbook_collector.pull.client import Client
from tollbook_collector.pull.fault import give_up
from tollbook_collector.pull.keys import Key
from tollbook_collector.pull.report import Fetched, Report, rows_of, shaped
from tollbook_collector.pull.settings import Source
from tollbook_collector.pull.spans import Span

API_VERSION = "2022-11-28"
SPAN_DAYS = 31


def headers(key: Key) -> dict[str, str]:
    """How a request shows the key."""
    return {
        "authorization": f"Bearer {key.reveal()}",
        "accept": "application/vnd.github+json",
        "x-github-api-version": API_VERSION,
    }


def _fetch(report: Report, client: Client, source: Source, span: Span) -> Fetched:
    path = report.path.format(account=source.account)
    days: dict[int, list[Any]] = {}
    for day in span.days():
        when = date.fromisoformat(day_text(day))
        asked = (("year", str(when.year)), ("month", str(when.month)), ("day", str(when.day)))
        answer = shaped(path, client.get(path, asked).document)
        try:
            told = copilot_api.day_told(answer)
        except Unreadable as fault:
            give_up("answer_shape", path, fault.detail, "Import the CSV of the report, and report this.")
        if told != day:
            give_up("day_not_asked", path, f"it answers for {day_text(told)}, not {day_text(day)}", "Pull again later.")
        rows = rows_of(path, answer, "usageItems")
        days[day] = [{**shaped(path, row), "_organization": source.account} for row in rows]
    return Fetched(days)


def _write(day: int, rows: Sequence[Any]) -> Any:
    when = date.fromisoformat(day_text(day))
    bare = [{name: value for name, value in row.items() if name != "_organization"} for row in rows]
    period = {"year": when.year, "month": when.month, "day": when.day}
    named = next((row["_organization"] for row in rows), None)
    return {"timePeriod": period, "organization": named, "usageItems": bare}


# Daily.
REPORTS = (
    Report(
        copilot_api.SOURCE,
        "/organizations/{account}/settings/billing/ai_credit/usage",
        24,
        SPAN_DAYS,
        _fetch,
        _write,
    ),
)
