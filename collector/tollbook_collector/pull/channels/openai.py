"""OpenAI's organisation costs and usage of completions. Header `authorization` with an Admin key."""

from collections.abc import Sequence
from typing import Any

from tollbook_collector.bills.readers import openai
from tollbook_collector.bills.texts import unix_day
from tollbook_collector.pull.channels.anthropic import paged
from tollbook_collector.pull.client import Client
from tollbook_collector.pull.keys import Key
from tollbook_collector.pull.report import Fetched, Report, buckets, pages
from tollbook_collector.pull.settings import Source
from tollbook_collector.pull.spans import Span

DAY_SECONDS = 86_400
MOST_BUCKETS = 31
"""Buckets of a day that one request for usage may ask for."""
_COSTS_BY = ("project_id", "line_item", "api_key_id")
_USAGE_BY = ("project_id", "user_id", "api_key_id", "model", "batch", "service_tier")


def headers(key: Key) -> dict[str, str]:
    """How a request shows the key."""
    return {"authorization": f"Bearer {key.reveal()}"}


def starts(row: Any) -> int:
    """The day of a bucket or record."""
    return unix_day(row["start_time"], "start_time")


def unix_query(span: Span) -> list[tuple[str, str]]:
    """The parameters that say which days."""
    first, end = (str(day * DAY_SECONDS) for day in span)
    return [("start_time", first), ("end_time", end)]


def _bucketed(group_by: Sequence[str]) -> Any:
    def fetch(report: Report, client: Client, source: Source, span: Span) -> Fetched:
        grouped = [("group_by[]", name) for name in group_by]
        query = [*unix_query(span), ("bucket_width", "1d"), *grouped, ("limit", str(MOST_BUCKETS))]
        found = pages(report.path, lambda token: client.get(report.path, paged(query, token)))
        return buckets(report.path, found, starts, span)

    return fetch


def _write(day: int, rows: Sequence[Any]) -> Any:
    bucket = {"object": "bucket", "start_time": day * DAY_SECONDS, "end_time": (day + 1) * DAY_SECONDS}
    return {"object": "page", "data": [{**bucket, "results": rows}], "has_more": False, "next_page": None}


# Usage is there within minutes, costs within a day.
REPORTS = (
    Report(openai.COSTS, "/v1/organization/costs", 24, MOST_BUCKETS, _bucketed(_COSTS_BY), _write),
    Report(openai.USAGE, "/v1/organization/usage/completions", 6, MOST_BUCKETS, _bucketed(_USAGE_BY), _write),
)
