"""A report of a channel: what is asked for a span of days, and what comes back as documents of single days."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tollbook.answer import day_text
from tollbook_collector.bills.read import BillFile
from tollbook_collector.bills.texts import Unreadable, listed, table
from tollbook_collector.pull.client import Answer, Client
from tollbook_collector.pull.exact_json import dump, in_order
from tollbook_collector.pull.fault import Restart, give_up
from tollbook_collector.pull.settings import Source
from tollbook_collector.pull.spans import Span

MOST_PAGES = 2_000
"""Of one span."""
MOST_ROWS = 1_000_000
"""Of one span."""
_SHAPE = "The API may have changed: import its export instead, and report this."


class Fetched(NamedTuple):
    """What a report says of a span."""

    rows: Mapping[int, Sequence[Any]]
    """UTC day -> its rows. A day without any may be absent."""
    complete: int | None = None
    """The day after the last one the provider calls complete, where it says so."""


class Report(NamedTuple):
    """One report. `source` is the name its documents have too."""

    source: str
    path: str
    lag_hours: int
    """How long after its end a day is whole."""
    span_days: int
    """Days asked for, and taken, together."""
    fetch: Callable[["Report", Client, Source, Span], Fetched]
    write: Callable[[int, Sequence[Any]], Any]
    """A day and its rows -> the document of that day, in the shape of the provider's own answer."""


def day_file(report: Report, day: int, rows: Sequence[Any]) -> BillFile:
    """The file of one day. Equal rows give equal bytes, in whatever order they came."""
    return BillFile(f"{report.source} {day_text(day)}", dump(report.write(day, in_order(rows))).encode())


def pages(where: str, ask: Callable[[str | None], Answer]) -> list[dict[str, Any]]:
    """Every page of a listing with `has_more` and `next_page`, which is given to `ask` for the next one."""
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    token: str | None = None
    while True:
        page = shaped(where, ask(token).document)
        found.append(page)
        if page.get("has_more") is not True:
            return found
        token = str(page.get("next_page") or "")
        if not token or token in seen or len(found) >= MOST_PAGES:
            give_up("paging_broken", where, f"page {len(found)} names no new page and says there is more", _SHAPE)
        seen.add(token)


def shaped(where: str, document: Any) -> dict[str, Any]:
    """An answer that is an object."""
    try:
        return table(document, "the answer")
    except Unreadable as fault:
        give_up("answer_shape", where, fault.detail, _SHAPE)


def rows_of(where: str, holder: Mapping[str, Any], name: str) -> list[Any]:
    """A list of an answer."""
    try:
        return listed(holder.get(name), name)
    except Unreadable as fault:
        give_up("answer_shape", where, fault.detail, _SHAPE)


def by_day(where: str, rows: Sequence[Any], day_of: Callable[[Any], int], span: Span) -> dict[int, list[Any]]:
    """Rows by their day. A row of a day that was not asked for ends the pull: its day might be counted twice."""
    found: dict[int, list[Any]] = {}
    for row in rows:
        try:
            day = day_of(row)
        except (Unreadable, KeyError, TypeError):
            give_up("answer_shape", where, "a row has no day", _SHAPE)
        if day not in span.days():
            give_up("day_not_asked", where, f"it answers with {day_text(day)}, which was not asked for", _SHAPE)
        found.setdefault(day, []).append(row)
    if len(rows) > MOST_ROWS:
        give_up("answer_too_large", where, f"more than {MOST_ROWS} rows", "Pull a shorter time: --period.")
    return found


def buckets(where: str, found: Sequence[Mapping[str, Any]], day_of: Callable[[Any], int], span: Span) -> Fetched:
    """Rows of buckets of one day each, over all pages. Providers send empty buckets too: each day must be there."""
    days: dict[int, list[Any]] = {}
    for page in found:
        for day, together in by_day(where, rows_of(where, page, "data"), day_of, span).items():
            for bucket in together:
                days.setdefault(day, []).extend(rows_of(where, shaped(where, bucket), "results"))
    missing = [day for day in span.days() if day not in days]
    if missing:
        what = f"{day_text(missing[0])} is missing from the answer"
        give_up("bucket_missing", where, what, "Nothing of the span was taken: pull again later.", permanent=False)
    return Fetched(days)


def changed(where: str) -> Restart:
    """What is raised where pages do not fit together."""
    return Restart(where)
