"""The flow of money: from the channel that bills it, through the team, to the ticket."""

from collections.abc import Mapping
from typing import Any

from tollbook_collector.web.days import days_of
from tollbook_collector.web.page import Chart, ChartKind, Page
from tollbook_collector.web.spend_tables import CALLS, MONEY, NOTHING, sum_of
from tollbook_collector.web.table import Column, Mark, Row, Table
from tollbook_collector.web.visit import Visit

MOST_TICKETS = 15
"""Tickets with a band of their own; the others share one."""
MOST_TEAMS = 12
OTHERS = "other tickets"
OTHER_TEAMS = "other teams"


def show(visit: Visit) -> Page:
    """The flow of some days."""
    asked, shown = days_of(visit)
    rows = visit.spend_by_team(("channel", "engineer", "ticket"), asked)["rows"]
    teams, tickets = _largest(rows, 1, MOST_TEAMS), _largest(rows, 2, MOST_TICKETS)
    sums: dict[tuple[str, str, str], list[int]] = {}
    for row in rows:
        channel, team, ticket = row["key"]
        team = NOTHING["team"] if team is None else team if team in teams else OTHER_TEAMS
        ticket = NOTHING["ticket"] if ticket is None else ticket if ticket in tickets else OTHERS
        mine = sums.setdefault((channel, team, ticket), [0, 0])
        mine[0] += row["calls"]
        mine[1] += row["list_nano_usd"]
    ordered = sorted(sums.items(), key=lambda one: (-one[1][1], one[0]))
    table = Table(
        name="flow",
        title="Channel, team, ticket",
        columns=(Column("channel", "Channel"), Column("team", "Team"), Column("ticket", "Ticket"), CALLS, MONEY),
        rows=tuple(
            Row(cells=(*key, *figures), mark=Mark.UNASSIGNED if key[2] == NOTHING["ticket"] else Mark.PLAIN)
            for key, figures in ordered
        ),
        total=(None, None, None, None, sum_of(rows)),
        bar="list",
    )
    chart = Chart(kind=ChartKind.FLOW, table=table, summary="Money from channels through teams to tickets.")
    lead = "Where the money comes from, whose work it was, and what it was for."
    return Page(title="Flow of money", nav="flow", lead=lead, span=shown, charts=(chart,))


def _largest(rows: list[Mapping[str, Any]], place: int, most: int) -> set[str]:
    """The values with the most money."""
    sums: dict[str, int] = {}
    for row in rows:
        key = row["key"][place]
        if key is not None:
            sums[key] = sums.get(key, 0) + row["list_nano_usd"]
    return set(sorted(sums, key=lambda key: (-sums[key], key))[:most])
