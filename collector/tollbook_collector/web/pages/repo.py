"""A repository: what the work in it cost, by ticket, branch, team and model."""

from tollbook_collector.web import words
from tollbook_collector.web.days import days_of, every_day
from tollbook_collector.web.figures import of_rows
from tollbook_collector.web.page import Chart, ChartKind, Page
from tollbook_collector.web.spend_tables import day_table, only, table_of
from tollbook_collector.web.visit import Visit, unknown

OTHERS = ("ticket", "branch", "day", "engineer", "model")


def show(visit: Visit, name: str) -> Page:
    """One repository over some days."""
    asked, shown = days_of(visit)
    mine = {other: only(visit.spend(("repo", other), asked)["rows"], 0, name) for other in OTHERS}
    if not mine["day"]:
        what = f"no calls in a repository {words.readable(name)[:60]!r} are seen in these days"
        raise unknown(what, "Choose other days.")
    teams = only(visit.spend_by_team(("repo", "engineer"), asked)["rows"], 0, name)
    by_day = day_table(mine["day"], every_day(mine["day"], shown, 1), 1)
    calls = sum(row["calls"] for row in mine["model"])
    tables = {other: table_of(other, mine[other], visit.query, 1, calls) for other in OTHERS if other != "day"}
    return Page(
        title=name,
        kicker="Repository",
        span=shown,
        figures=of_rows(mine["ticket"], 1, calls, visit),
        charts=(Chart(kind=ChartKind.TIME, table=by_day, summary="Spend by day."),),
        tables=(
            tables["ticket"],
            tables["branch"],
            table_of("team", teams, visit.query, 1),
            tables["engineer"],
            tables["model"],
        ),
    )
