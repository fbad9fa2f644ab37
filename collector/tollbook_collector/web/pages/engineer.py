"""An engineer: what the own calls cost, on which tickets and where."""

from tollbook_collector.web import words
from tollbook_collector.web.days import days_of, every_day
from tollbook_collector.web.figures import of_rows
from tollbook_collector.web.page import Chart, ChartKind, Page
from tollbook_collector.web.spend_tables import day_table, only, table_of
from tollbook_collector.web.visit import Visit, unknown

OTHERS = ("ticket", "day", "repo", "model", "channel", "tool")


def show(visit: Visit, name: str) -> Page:
    """One engineer over some days, where single people may be seen."""
    asked, shown = days_of(visit)
    mine = {other: only(visit.spend(("engineer", other), asked)["rows"], 0, name) for other in OTHERS}
    if not mine["day"]:
        what = f"no calls of {words.readable(name)[:60]!r} are seen in these days"
        raise unknown(what, "Choose other days, or ask an administrator who may see single people.")
    by_day = day_table(mine["day"], every_day(mine["day"], shown, 1), 1)
    calls = sum(row["calls"] for row in mine["model"])
    return Page(
        title=name,
        kicker="Engineer",
        span=shown,
        figures=of_rows(mine["ticket"], 1, calls, visit),
        charts=(Chart(kind=ChartKind.TIME, table=by_day, summary="Spend by day."),),
        tables=tuple(
            table_of(other, mine[other], visit.query, 1, calls)
            for other in ("ticket", "repo", "model", "channel", "tool")
        ),
    )
