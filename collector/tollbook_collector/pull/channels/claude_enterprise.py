"""Claude Enterprise's Analytics API: cost by product and model, and the same money by person.

A grouped answer holds at most the hundred largest groups of a day and no remainder, so that the ungrouped total is
asked for as well: what the groups leave out stands as a row without product and model. Pages expire when the data is
refreshed.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tollbook_collector.bills.readers import claude_enterprise
from tollbook_collector.bills.texts import Unreadable, day_of, money_text, text_or_none
from tollbook_collector.pull.channels.anthropic import (
    MOST_BUCKETS,
    PAGE,
    headers,
    paged,
    span_query,
    starts,
    write_bucket,
    write_records,
)
from tollbook_collector.pull.client import Client
from tollbook_collector.pull.fault import Restart, give_up
from tollbook_collector.pull.report import Fetched, Report, buckets, by_day, pages, rows_of
from tollbook_collector.pull.settings import Source
from tollbook_collector.pull.spans import Span

__all__ = ["REPORTS", "headers"]
_GROUPS = ("product", "model")
_AMOUNTS = ("amount", "list_amount")
_ORGANIZATION = "organization_id"
_REFRESHED = "data_refreshed_at"


def _cost(report: Report, client: Client, source: Source, span: Span) -> Fetched:
    def ask(group_by: Sequence[str]) -> tuple[Fetched, list[dict[str, Any]]]:
        query = span_query(span, group_by, str(MOST_BUCKETS))
        found = pages(report.path, lambda token: client.get(report.path, paged(query, token)))
        return buckets(report.path, found, starts, span), found

    grouped, told = ask(_GROUPS)
    totals, told_again = ask(())
    refreshed = _refreshed(report.path, [*told, *told_again])
    named = _organization(told)
    rows = {day: [*_of(named, grouped.rows[day]), *_rest(report.path, grouped.rows[day], totals.rows[day], named)]
            for day in span.days()}  # fmt: skip
    return Fetched(rows, refreshed)


def _users(report: Report, client: Client, source: Source, span: Span) -> Fetched:
    query = span_query(span, _GROUPS, PAGE)
    found = pages(report.path, lambda token: client.get(report.path, paged(query, token)))
    rows = [row for page in found for row in rows_of(report.path, page, "data")]
    named = _organization(found)
    days = by_day(report.path, rows, starts, span)
    return Fetched({day: _of(named, together) for day, together in days.items()}, _refreshed(report.path, found))


def _of(organization: str | None, rows: Sequence[Any]) -> list[Any]:
    """Rows that carry their organisation: a document of one day has no other place for it on the way."""
    return [{**row, _ORGANIZATION: organization} for row in rows]


def _rest(where: str, groups: Sequence[Any], totals: Sequence[Any], organization: str | None) -> list[Any]:
    """What the groups leave out of a day's total, as a row of its own."""
    try:
        left = {name: _sum(totals, name) - _sum(groups, name) for name in _AMOUNTS}
    except Unreadable as fault:
        give_up("answer_shape", where, fault.detail, "Import its export instead, and report this.")
    if not any(left.values()):
        return []
    if left["amount"] < 0:
        raise Restart(where)  # the total is older than its parts: the data was refreshed in between
    texts = {name: f"{amount:f}" for name, amount in left.items()}
    return [{"currency": "USD", "product": None, "model": None, **texts, _ORGANIZATION: organization}]


def _sum(rows: Sequence[Any], name: str) -> Decimal:
    return sum((money_text(row.get(name) or "0", name) for row in rows), Decimal(0))


def _organization(found: Sequence[Mapping[str, Any]]) -> str | None:
    return next((text for page in found if (text := text_or_none(page.get(_ORGANIZATION)))), None)


def _refreshed(where: str, found: Sequence[Mapping[str, Any]]) -> int | None:
    """The day that the data is only partly of: those before it are whole. Pages of two refreshes do not fit."""
    told = {text for page in found if (text := text_or_none(page.get(_REFRESHED)))}
    if len(told) > 1:
        raise Restart(where)
    return day_of(told.pop(), _REFRESHED) if told else None


def _write_bucket(day: int, rows: Sequence[Any]) -> Any:
    return {**write_bucket(day, [_bare(row) for row in rows]), _ORGANIZATION: _named(rows)}


def _write_records(day: int, rows: Sequence[Any]) -> Any:
    return {**write_records(day, [_bare(row) for row in rows]), _ORGANIZATION: _named(rows)}


def _bare(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != _ORGANIZATION}


def _named(rows: Sequence[Mapping[str, Any]]) -> str | None:
    return next((row[_ORGANIZATION] for row in rows), None)


# Refreshed about every four hours, a day at the latest; `data_refreshed_at` says which days are whole.
REPORTS = (
    Report(
        claude_enterprise.ORGANIZATION,
        "/v1/organizations/analytics/cost_report",
        4,
        MOST_BUCKETS,
        _cost,
        _write_bucket,
    ),
    Report(
        claude_enterprise.USERS,
        "/v1/organizations/analytics/user_cost_report",
        4,
        MOST_BUCKETS,
        _users,
        _write_records,
    ),
)
