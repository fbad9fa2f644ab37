"""Bills beside estimates: what providers billed for the days of a page, where their bills have come."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tollbook.problem import Problem
from tollbook_collector.allocate.report import ratio
from tollbook_collector.month_books import Books
from tollbook_collector.web import words
from tollbook_collector.web.months import RELOAD_SECONDS, months_between
from tollbook_collector.web.page import Figure
from tollbook_collector.web.page import Span as Shown
from tollbook_collector.web.table import Basis, Column, Kind, Table
from tollbook_collector.web.visit import Visit

BILLED = Column("billed", "Billed", Kind.MONEY)
MOST_MONTHS = 4
"""Months that one page reconciles; of a longer span the bills are shown by month alone."""
PATIENCE_SECONDS = 0.05
"""How long a page about something else waits for a month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is billed of the days of a page."""

    by_day: Mapping[str, int] = field(default_factory=dict[str, int])
    figures: tuple[Figure, ...] = ()
    alerts: tuple[str, ...] = ()
    reload_seconds: int = 0

    def with_days(self, table: Table) -> Table:
        """A table by day with what was billed of each, where a bill has come for any."""
        if not self.by_day:
            return table
        rows = tuple(replace(row, cells=(*row.cells, self.by_day.get(str(row.cells[0])))) for row in table.rows)
        total = None if table.total is None else (*table.total, sum(self.by_day.values()))
        return replace(table, columns=(*table.columns, BILLED), rows=rows, total=total, basis=Basis.MIXED)


def beside(visit: Visit, shown: Shown) -> Beside:
    """The bills of a page's days; nothing for who sees only a part of the calls."""
    if not visit.whole or not visit.may("reconciliation"):
        return Beside()
    if not visit.any_bills():
        return _none("No bill has been imported")
    months = months_between(shown.first, shown.last)
    if len(months) > MOST_MONTHS:
        return _none(f"Choose at most {MOST_MONTHS} months to see it")
    found = [visit.books(month, PATIENCE_SECONDS) for month in months]
    for problem in found:
        if isinstance(problem, Problem):
            return _none(_said(problem))
    ready = [books for books in found if isinstance(books, Books)]
    if len(ready) < len(found):
        note = "The bills are being worked out"
        waiting = Figure(label="Billed", text="…", note=note, basis=Basis.RECONCILED)
        return Beside(figures=(waiting,), reload_seconds=RELOAD_SECONDS)
    found = _of_days([row for books in ready for row in books.report["rows"]], shown)
    held = [books.period for books in ready if any(one["blocks"] for one in books.report["findings"])]
    return replace(found, alerts=tuple(_held(month) for month in held))


def _held(month: str) -> str:
    return f"Billed amounts of {month} are not whole, or not right: its page under Reconciliation says what to do."


def _none(note: str) -> Beside:
    return Beside(figures=(Figure(label="Billed", text=words.NONE, note=note, basis=Basis.RECONCILED),))


def _said(problem: Problem) -> str:
    """Why there is no figure, and what to do."""
    return f"{problem.where}: {problem.detail}. {problem.remedy}".strip()


def _of_days(rows: list[Mapping[str, Any]], shown: Shown) -> Beside:
    by_day: dict[str, int] = {}
    tracked = untracked = 0
    for row in rows:
        if shown.first <= row["day"] < shown.end:
            by_day[row["day"]] = by_day.get(row["day"], 0) + row["billed_nano_usd"]
            tracked += row["tracked_nano_usd"]
            untracked += row["untracked_nano_usd"]
    coverage = ratio(tracked, tracked + untracked)
    billed = sum(by_day.values())
    figures = (
        Figure(
            label="Billed",
            text=words.shown_money(billed) if by_day else words.NONE,
            note=f"{words.shown_money(untracked, billed)} of it was never seen" if untracked else "of these days",
            basis=Basis.RECONCILED,
            coverage=coverage,
            href=words.address("reconciliation", period=shown.last[:7]),
        ),
        Figure(
            label="Coverage",
            text=words.shown_ratio(coverage),
            note="of billed use was seen by Tollbook",
            basis=Basis.RECONCILED,
        ),
    )
    return Beside(by_day=by_day, figures=figures)
