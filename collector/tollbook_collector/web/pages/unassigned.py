"""Unassigned: money without a ticket, the largest first, each lot with what would give it one."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tollbook_collector.ask import Span
from tollbook_collector.web import words
from tollbook_collector.web.days import days_of
from tollbook_collector.web.page import Figure, Page
from tollbook_collector.web.page import Span as Shown
from tollbook_collector.web.spend_tables import CALLS, MONEY, repo_link, sum_of
from tollbook_collector.web.table import MOST_SHOWN, Basis, Column, Mark, Row, Table
from tollbook_collector.web.visit import Visit

BY = ("ticket", "session", "repo", "branch")
MOST_SUGGESTED = 2
"""Tickets offered for a lot."""


class Lot(NamedTuple):
    """Calls that can be given a ticket together: of one session in one place."""

    session: str | None
    repo: str | None
    branch: str | None
    calls: int
    list_nano_usd: int
    suggested: tuple[str, ...]
    """Tickets that its session, else its repository, has other calls for: the most money first."""


class Bucket(NamedTuple):
    """What a page of it shows."""

    page: Page
    lots: tuple[Lot, ...]
    asked: Span
    shown: Shown


def bucket(visit: Visit) -> Bucket:
    """The unassigned money of some days."""
    asked, shown = days_of(visit)
    answer = visit.spend(BY, asked)
    lots = lots_of(answer["rows"])
    total, nobody = answer["total"]["list_nano_usd"], sum(lot.list_nano_usd for lot in lots)
    lead = "Model calls that no branch, session or person has tied to a ticket. The largest lots come first."
    figures = (
        Figure(
            label="Unassigned",
            text=words.shown_money(nobody, total),
            note=f"{words.part_of(nobody, total) or '0 %'} of {words.shown_money(total)}",
            basis=Basis.ESTIMATED,
            loud=nobody > 0,
        ),
        Figure(label="Calls", text=words.shown_count(sum(lot.calls for lot in lots)), note="without a ticket"),
        Figure(
            label="Assigned",
            text=words.shown_money(sum_of(answer["rows"], lambda row: row["key"][0] is not None), total),
            basis=Basis.ESTIMATED,
        ),
    )
    page = Page(
        title="Unassigned",
        nav="unassigned",
        lead=lead,
        span=shown,
        figures=figures,
        wide=(_table(lots, nobody),),
    )
    return Bucket(page, tuple(lots), asked, shown)


def lots_of(rows: list[Mapping[str, Any]]) -> list[Lot]:
    """The lots of a table by ticket, session, repository and branch, the largest first."""
    of_session: dict[str, dict[str, int]] = {}
    of_repo: dict[str, dict[str, int]] = {}
    for row in rows:
        ticket, session, repo, _ = row["key"]
        if ticket is not None:
            for key, sums in ((session, of_session), (repo, of_repo)):
                if key is not None:
                    mine = sums.setdefault(key, {})
                    mine[ticket] = mine.get(ticket, 0) + row["list_nano_usd"]
    lots: list[Lot] = []
    for row in rows:
        ticket, session, repo, branch = row["key"]
        if ticket is None:
            near = of_session.get(session or "") or of_repo.get(repo or "") or {}
            suggested = sorted(near, key=lambda key: (-near[key], key))[:MOST_SUGGESTED]
            lots.append(Lot(session, repo, branch, row["calls"], row["list_nano_usd"], tuple(suggested)))
    return sorted(lots, key=lambda lot: (-lot.list_nano_usd, lot.session or "", lot.repo or "", lot.branch or ""))


def _table(lots: list[Lot], total: int) -> Table:
    columns = (Column("repo", "Repository"), Column("branch", "Branch"), Column("session", "Session"), CALLS, MONEY)
    rows = tuple(
        Row(
            cells=(lot.repo or "unknown", lot.branch, lot.session, lot.calls, lot.list_nano_usd),
            links={} if lot.repo is None else {"repo": repo_link(lot.repo)},
            mark=Mark.PLAIN,
        )
        for lot in lots
    )
    return Table(
        name="unassigned",
        title="Without a ticket",
        columns=columns,
        rows=rows,
        total=(None, None, None, sum(lot.calls for lot in lots), total),
        bar="list",
        empty="Every call of these days has a ticket.",
    )


def shown_lots(lots: tuple[Lot, ...]) -> tuple[Lot, ...]:
    """Those that a page has forms for."""
    return lots[:MOST_SHOWN]
