"""A team: what it spent, on which tickets, in which repositories. Names nobody."""

from tollbook_collector.web import words
from tollbook_collector.web.days import days_of, every_day
from tollbook_collector.web.figures import of_rows
from tollbook_collector.web.page import Chart, ChartKind, Page
from tollbook_collector.web.spend_tables import day_table, only, table_of
from tollbook_collector.web.visit import Visit, unknown


def show(visit: Visit, name: str) -> Page:
    """One team over some days."""
    asked, shown = days_of(visit)
    parts = {
        other: visit.spend_by_team(("engineer", other), asked)["rows"]
        for other in ("ticket", "day", "repo", "model", "channel")
    }
    mine = {other: only(rows, 0, name) for other, rows in parts.items()}
    if not mine["day"] and not any(row["key"][0] == name for row in visit.spend_by_team(("engineer",), asked)["rows"]):
        raise unknown(f"no calls of a team {words.readable(name)[:60]!r} are seen in these days", "Choose other days.")
    chart = Chart(
        kind=ChartKind.TIME, table=day_table(mine["day"], every_day(mine["day"], shown, 1), 1), summary="Spend by day."
    )
    calls = sum(row["calls"] for row in mine["model"])
    return Page(
        title=name,
        kicker="Team",
        span=shown,
        figures=of_rows(mine["ticket"], 1, calls, visit),
        charts=(chart,),
        tables=tuple(
            table_of(other, mine[other], visit.query, 1, calls) for other in ("ticket", "repo", "model", "channel")
        ),
    )
