"""Spend straight from the store: plain calls are summed by SQLite, whatever takes a rule by `tollbook.answer`.

Plain is a call of one model and at most one ticket. SQLite's sums of integers are exact: where one would not fit into
64 bits it says so, and Python sums instead.
"""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

from tollbook import answer
from tollbook.counts import FIELDS
from tollbook.spend_table import Group, Table
from tollbook_agent.standing import Standing
from tollbook_agent.store import reading

_COLUMNS = {"ticket": "NULLIF(tickets, '')", "session": "session_id", "month": "day", "source": "sources"}
"""Columns of `call` that are not named as their dimension."""
_NOBODY = "COALESCE(tickets, '') = ''"
_ABOUT = ("channel", "unpriced", "flags", _NOBODY, f"CASE WHEN {_NOBODY} THEN session_id END")
"""What a `Standing` is told of calls."""
_SUMS = ", ".join(["COUNT(*), COUNT(*), SUM(list_nano_usd)", *(f'SUM("{name}")' for name in FIELDS)])


class Asked(NamedTuple):
    """Which calls, by UTC nanoseconds of their start in [start, end), by which dimensions; names of the span."""

    by: Sequence[str]
    start: int | None = None
    end: int | None = None
    first: str | None = None
    last: str | None = None


def spend(connection: sqlite3.Connection, asked: Asked) -> dict[str, Any]:
    """The documented table, as `tollbook.answer.spend` makes it of the same calls.

    Raises:
        sqlite3.Error: the store cannot be read.
    """
    return _answer(connection, asked, None)


def spend_and_standing(connection: sqlite3.Connection, asked: Asked) -> tuple[dict[str, Any], Standing]:
    """The same, and how well it is known.

    Raises:
        sqlite3.Error: the store cannot be read.
    """
    standing = Standing()
    return _answer(connection, asked, standing), standing


def _answer(connection: sqlite3.Connection, asked: Asked, standing: Standing | None) -> dict[str, Any]:
    table = Table(asked.by)
    size, more = len(asked.by), () if standing is None else _ABOUT
    shared: list[str] = []
    counted = 0
    for group in _groups(connection, asked, more):
        ticket = group[asked.by.index("ticket")] if "ticket" in asked.by else None
        if ticket is not None and ticket.split() != [ticket]:
            shared.append(ticket)
            continue
        key, about, sums = group[:size], group[size : size + len(more)], group[size + len(more) :]
        table.add_groups([(*key, *sums)])
        counted += sums[0]
        if standing is not None:
            _tell(standing, about, sums)
    where, arguments = reading.within(asked.start, asked.end)
    if counted < connection.execute(f"SELECT COUNT(*) FROM call WHERE {where}", arguments).fetchone()[0]:
        if counted:
            where += " AND (parts IS NOT NULL OR tickets IN (SELECT value FROM json_each(?)))"
            arguments = [*arguments, json.dumps(shared)]
        rest = list(reading.rows_where(connection, where, arguments))
        table.add_answer(answer.spend(rest, asked.by, None, None))
        if standing is not None:
            standing.merge(Standing.of(rest))
    return table.as_json(asked.first, asked.last)


def _groups(connection: sqlite3.Connection, asked: Asked, more: Sequence[str]) -> list[Group]:
    """Sums of calls of one model, by the dimensions and by more; none where they are beyond 64 bits."""
    keys = [*(_COLUMNS.get(name, f'"{name}"') for name in asked.by), *more]
    places = ", ".join(str(place) for place in range(1, len(keys) + 1))
    where, arguments = reading.within(asked.start, asked.end)
    sql = f"SELECT {', '.join(keys)}, {_SUMS} FROM call WHERE {where} AND parts IS NULL GROUP BY {places}"
    try:
        return connection.execute(sql, arguments).fetchall()
    except sqlite3.OperationalError as fault:
        if "overflow" not in str(fault):
            raise
        return []


def _tell(standing: Standing, about: Group, sums: Group) -> None:
    channel, unpriced, flags, nobody, session = about
    calls, _, amount = sums[:3]
    standing.add(calls, channel, unpriced, flags)
    if nobody:
        standing.add_unassigned(session, amount)
