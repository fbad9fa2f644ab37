"""The overview: what was spent, what of it has no ticket, and by whom, for what and through whom the rest."""

from typing import Any

from tollbook_collector.web import words
from tollbook_collector.web.bills_beside import Beside, beside
from tollbook_collector.web.days import days_of, every_day
from tollbook_collector.web.page import Chart, ChartKind, Figure, Page
from tollbook_collector.web.spend_tables import day_table, link_of, sum_of, table_of
from tollbook_collector.web.table import Basis
from tollbook_collector.web.visit import Visit

DIMENSIONS = ("ticket", "engineer", "repo", "model", "channel")


def show(visit: Visit) -> Page:
    """Everything of some days."""
    asked, shown = days_of(visit)
    answers = {name: visit.spend((name,), asked) for name in ("day", *DIMENSIONS)}
    teams = visit.spend_by_team(("engineer",), asked)
    days = every_day(answers["day"]["rows"], shown)
    bills = beside(visit, shown)
    tables = {
        name: table_of(name, answers[name]["rows"], visit.query, calls_in_all=answers[name]["total"]["calls"])
        for name in DIMENSIONS
    }
    by_day = bills.with_days(day_table(answers["day"]["rows"], days))
    chart = Chart(kind=ChartKind.TIME, table=by_day, summary=f"Spend by day, {shown.first} to {shown.last}.")
    ordered = (table_of("team", teams["rows"], visit.query), *(tables[name] for name in DIMENSIONS))
    return Page(
        title="What the work cost",
        nav="overview",
        span=shown,
        figures=_figures(answers["ticket"], bills, visit),
        charts=(chart,),
        tables=(ordered[1], ordered[0], *ordered[2:]),
        alerts=bills.alerts,
        reload_seconds=bills.reload_seconds,
    )


def _figures(tickets: dict[str, Any], bills: Beside, visit: Visit) -> tuple[Figure, ...]:
    """Unassigned money first."""
    total = tickets["total"]["list_nano_usd"]
    nobody = sum_of(tickets["rows"], lambda row: row["key"][0] is None)
    share = words.part_of(nobody, total)
    return (
        Figure(
            label="Unassigned",
            text=words.shown_money(nobody, total),
            note=f"{share} of it has no ticket" if nobody else "Every call has a ticket",
            basis=Basis.ESTIMATED,
            href=link_of("ticket", None, visit.query),
            loud=nobody > 0,
        ),
        Figure(
            label="Spend",
            text=words.shown_money(total),
            note=f"{words.shown_count(tickets['total']['calls'])} calls at list prices",
            basis=Basis.ESTIMATED,
        ),
        *bills.figures,
    )
