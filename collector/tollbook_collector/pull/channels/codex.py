"""Codex on a ChatGPT workspace: the Analytics API's usage, credits by person and day. 90 days back."""

from collections.abc import Sequence
from typing import Any

from tollbook_collector.bills.readers import codex_credits
from tollbook_collector.pull.channels.anthropic import paged
from tollbook_collector.pull.channels.openai import headers, starts, unix_query
from tollbook_collector.pull.client import Client
from tollbook_collector.pull.report import Fetched, Report, by_day, pages, rows_of
from tollbook_collector.pull.settings import Source
from tollbook_collector.pull.spans import Span

__all__ = ["REPORTS", "headers"]
PAGE = "100"
SPAN_DAYS = 30


def _fetch(report: Report, client: Client, source: Source, span: Span) -> Fetched:
    path = report.path.format(account=source.account)
    query = [*unix_query(span), ("limit", PAGE)]
    found = pages(path, lambda token: client.get(path, paged(query, token)))
    return Fetched(by_day(path, [row for page in found for row in rows_of(path, page, "data")], starts, span))


def _write(day: int, rows: Sequence[Any]) -> Any:
    return {"object": "page", "data": rows, "has_more": False, "next_page": None}


# Lags by up to 12 hours.
REPORTS = (
    Report(codex_credits.SOURCE, "/v1/analytics/codex/workspaces/{account}/usage", 12, SPAN_DAYS, _fetch, _write),
)
