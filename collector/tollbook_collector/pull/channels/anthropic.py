"""Anthropic's Admin API: cost report, usage report, Claude Code analytics. Header `x-api-key` with an Admin key."""

from collections.abc import Sequence
from typing import Any

from tollbook.answer import day_text
from tollbook_collector.bills.readers import anthropic_cost, anthropic_usage, claude_code_analytics
from tollbook_collector.bills.texts import day_of
from tollbook_collector.pull.client import Client, Query
from tollbook_collector.pull.keys import Key
from tollbook_collector.pull.report import Fetched, Report, buckets, by_day, pages, rows_of
from tollbook_collector.pull.settings import Source
from tollbook_collector.pull.spans import Span

VERSION = "2023-06-01"
MOST_BUCKETS = 31
"""Buckets of a day that one request may ask for."""
PAGE = "1000"
"""Records a page of the analytics."""
_COST_BY = ("workspace_id", "description")
_USAGE_BY = (
    "account_id",
    "api_key_id",
    "context_window",
    "inference_geo",
    "model",
    "service_account_id",
    "service_tier",
    "workspace_id",
)


def headers(key: Key) -> dict[str, str]:
    """How a request shows the key."""
    return {"x-api-key": key.reveal(), "anthropic-version": VERSION}


def starts(row: Any) -> int:
    """The day of a bucket or record."""
    return day_of(row["starting_at"], "starting_at")


def span_query(span: Span, group_by: Sequence[str], limit: str) -> list[tuple[str, str]]:
    """The parameters of a report by day."""
    first, end = (f"{day_text(day)}T00:00:00Z" for day in span)
    grouped = [("group_by[]", name) for name in group_by]
    return [("starting_at", first), ("ending_at", end), ("bucket_width", "1d"), *grouped, ("limit", limit)]


def paged(query: Query, token: str | None) -> Query:
    """The parameters of a page."""
    return query if token is None else [*query, ("page", token)]


def _bucketed(group_by: Sequence[str]) -> Any:
    def fetch(report: Report, client: Client, source: Source, span: Span) -> Fetched:
        query = span_query(span, group_by, str(MOST_BUCKETS))
        found = pages(report.path, lambda token: client.get(report.path, paged(query, token)))
        return buckets(report.path, found, starts, span)

    return fetch


def _analytics(report: Report, client: Client, source: Source, span: Span) -> Fetched:
    """Each request is of one day."""
    days: dict[int, list[Any]] = {}
    for day in span.days():
        query = [("starting_at", day_text(day)), ("limit", PAGE)]
        found = pages(report.path, lambda token, query=query: client.get(report.path, paged(query, token)))
        rows = [row for page in found for row in rows_of(report.path, page, "data")]
        days |= by_day(report.path, rows, lambda row: day_of(row["date"], "date"), Span(day, day + 1))
    return Fetched(days)


def write_bucket(day: int, rows: Sequence[Any]) -> Any:
    """A page of one bucket."""
    bucket = {"starting_at": f"{day_text(day)}T00:00:00Z", "ending_at": f"{day_text(day + 1)}T00:00:00Z"}
    return {"data": [{**bucket, "results": rows}], "has_more": False, "next_page": None}


def write_records(day: int, rows: Sequence[Any]) -> Any:
    """A page of records, each of which names its day."""
    return {"data": rows, "has_more": False, "next_page": None}


# Both reports are fresh within minutes; the analytics lag by about an hour.
REPORTS = (
    Report(anthropic_cost.SOURCE, "/v1/organizations/cost_report", 1, MOST_BUCKETS, _bucketed(_COST_BY), write_bucket),
    Report(
        anthropic_usage.SOURCE,
        "/v1/organizations/usage_report/messages",
        1,
        MOST_BUCKETS,
        _bucketed(_USAGE_BY),
        write_bucket,
    ),
    Report(
        claude_code_analytics.SOURCE,
        "/v1/organizations/usage_report/claude_code",
        3,
        MOST_BUCKETS,
        _analytics,
        write_records,
    ),
)
