"""Cursor's Admin API: usage events of a team, page by page. Basic authentication, the key as the user.

Pages are numbered over a list that may grow while it is read, so that an event could stand on two pages or on none:
the count of all events is compared on every page, and a list that moved is read again.
"""

import base64
from collections.abc import Sequence
from typing import Any

from tollbook_collector.bills.readers import cursor_events
from tollbook_collector.bills.texts import Unreadable, unix_day, whole
from tollbook_collector.pull.client import Client
from tollbook_collector.pull.fault import give_up
from tollbook_collector.pull.keys import Key
from tollbook_collector.pull.report import MOST_PAGES, Fetched, Report, by_day, changed, rows_of, shaped
from tollbook_collector.pull.settings import Source
from tollbook_collector.pull.spans import Span

DAY_MS = 86_400_000
PAGE = 500
"""Events of a page that are asked for; what the answer says of its pages counts."""
SPAN_DAYS = 7
"""30 days are allowed; a shorter span moves less while it is read, and less is read again."""


def headers(key: Key) -> dict[str, str]:
    """How a request shows the key."""
    return {"authorization": "Basic " + base64.b64encode(f"{key.reveal()}:".encode()).decode()}


def _fetch(report: Report, client: Client, source: Source, span: Span) -> Fetched:
    rows: list[Any] = []
    total: int | None = None
    first, end = span.first_day * DAY_MS, span.end_day * DAY_MS - 1
    for number in range(1, MOST_PAGES + 1):
        body = {"startDate": first, "endDate": end, "page": number, "pageSize": PAGE}
        page = shaped(report.path, client.post(report.path, body).document)
        paging = shaped(report.path, page.get("pagination") or {})
        try:
            count = whole(page.get("totalUsageEventsCount"), "totalUsageEventsCount")
        except Unreadable as fault:
            give_up("answer_shape", report.path, fault.detail, "Import the CSV of the dashboard, and report this.")
        if total is not None and count != total:
            raise changed(report.path)
        total = count
        rows += rows_of(report.path, page, "usageEvents")
        if paging.get("hasNextPage") is not True:
            break
    if len(rows) != total:
        raise changed(report.path)
    # The edges of a window may be inclusive: an event on one belongs to the span of its own day, and to no other.
    inside = [row for row in rows if _day(row) in span.days()]
    return Fetched(by_day(report.path, inside, _day, span))


def _day(row: Any) -> int:
    try:
        return unix_day(row["timestamp"], "timestamp", 1000)
    except (Unreadable, KeyError, TypeError):
        give_up("answer_shape", "usageEvents", "an event has no time", "Import the CSV of the dashboard instead.")


def _write(day: int, rows: Sequence[Any]) -> Any:
    return {
        "totalUsageEventsCount": len(rows),
        "pagination": {"numPages": 1, "currentPage": 1, "hasNextPage": False, "hasPreviousPage": False},
        "period": {"startDate": day * DAY_MS, "endDate": (day + 1) * DAY_MS},
        "usageEvents": rows,
    }


# Aggregated hourly.
REPORTS = (Report(cursor_events.SOURCE, "/teams/filtered-usage-events", 2, SPAN_DAYS, _fetch, _write),)
