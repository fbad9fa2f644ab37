"""What commands read from the store, beside whoever writes to it."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tollbook.booked import COLUMNS, Booked

if TYPE_CHECKING:
    from tollbook.claim import Claim

NANOSECONDS_A_DAY = 86_400 * 10**9
_SELECT = "SELECT " + ", ".join(f'"{name}"' for name in COLUMNS) + " FROM call"


class CallPlace(NamedTuple):
    """Where a call is: its cluster, and which of the cluster's groups it is."""

    bucket: int
    row: int
    part: int


class Wanted(NamedTuple):
    """Which calls; `None` is all. Times are UTC nanoseconds: started in [start, end)."""

    ticket: str | None = None
    repo: str | None = None
    session: str | None = None
    start: int | None = None
    end: int | None = None


EVERYTHING = Wanted()


def within(start: int | None, end: int | None) -> tuple[str, list[int]]:
    """The condition of calls that started in [start, end), UTC nanoseconds, and its arguments.

    What has no bound has no condition: an index on the way to every call only costs time.
    """
    bounds = [(f"started_at {sign} ?", each) for sign, each in ((">=", start), ("<", end)) if each is not None]
    return " AND ".join(["TRUE", *(condition for condition, _ in bounds)]), [each for _, each in bounds]


def rows(connection: sqlite3.Connection, start: int | None, end: int | None) -> Iterator[Booked]:
    """Calls that started in [start, end), UTC nanoseconds."""
    return rows_where(connection, *within(start, end))


def rows_where(connection: sqlite3.Connection, condition: str, arguments: Sequence[object]) -> Iterator[Booked]:
    """Calls that meet a condition of SQL."""
    return map(Booked._make, connection.execute(f"{_SELECT} WHERE {condition}", arguments))


def of_ticket(connection: sqlite3.Connection, key: str) -> Iterator[Booked]:
    """Calls that name a ticket."""
    return map(Booked._make, connection.execute(f"{_SELECT} WHERE instr(' ' || tickets || ' ', ?) > 0", (f" {key} ",)))


def found(
    connection: sqlite3.Connection, wanted: Wanted = EVERYTHING, *, newest: int | None = None
) -> Iterator[CallPlace]:
    """Where the wanted calls are, newest first, at most `newest` of them."""
    conditions, arguments = ["1"], list[object]()
    for condition, value in (
        ("instr(' ' || tickets || ' ', ' ' || ? || ' ') > 0", wanted.ticket),
        ("repo = ?", wanted.repo),
        ("session_id = ?", wanted.session),
        ("started_at >= ?", wanted.start),
        ("started_at < ?", wanted.end),
    ):
        if value is not None:
            conditions.append(condition)
            arguments.append(value)
    sql = (
        f"SELECT bucket, row, part FROM call WHERE {' AND '.join(conditions)} ORDER BY started_at DESC, row DESC, part"
    )
    return map(CallPlace._make, connection.execute(f"{sql} LIMIT ?", (*arguments, -1 if newest is None else newest)))


def sessions(connection: sqlite3.Connection, beginning: str) -> list[str]:
    """The ids of sessions that begin so, ascending."""
    sql = "SELECT DISTINCT session_id FROM call WHERE session_id >= ? AND substr(session_id, 1, ?) = ? ORDER BY 1"
    return [name for (name,) in connection.execute(sql, (beginning, len(beginning), beginning))]


def newest_session(connection: sqlite3.Connection) -> list[str]:
    """The session of the newest call that has one; empty where there is none."""
    sql = "SELECT session_id FROM call WHERE session_id IS NOT NULL ORDER BY started_at DESC, row DESC LIMIT 1"
    return [name for (name,) in connection.execute(sql)]


def claims(connection: sqlite3.Connection, place: CallPlace) -> "list[Claim]":
    """The claims of the cluster that a call is in."""
    from tollbook.canonical import parse  # sums are answered without it

    sql = "SELECT body FROM claim WHERE bucket = ? AND row = ?"
    return [parse(body) for (body,) in connection.execute(sql, (place.bucket, place.row))]


def recent_claims(connection: sqlite3.Connection, tool: str, since_ns: int, most: int) -> "list[Claim]":
    """The claims of a tool's newest calls, started since a moment (UTC nanoseconds)."""
    sql = (
        "SELECT DISTINCT bucket, row, 0 FROM call WHERE bucket >= ? AND started_at >= ? AND tool = ?"
        " ORDER BY started_at DESC LIMIT ?"
    )
    places = connection.execute(sql, (since_ns // NANOSECONDS_A_DAY - 1, since_ns, tool, most)).fetchall()
    return [claim for place in places for claim in claims(connection, CallPlace._make(place))]


# Rows are numbered as they are booked, but the tables are sorted by day first. There are few days, so they are walked
# one by one: the newest rows are found without reading the others.
_DAYS = (
    "WITH RECURSIVE days(each) AS (SELECT MIN(bucket) FROM {table} UNION ALL"
    " SELECT (SELECT MIN(bucket) FROM {table} WHERE bucket > each) FROM days WHERE each IS NOT NULL) "
)


def since(connection: sqlite3.Connection, row: int) -> Iterator[CallPlace]:
    """Where the calls are that were booked after a row number, in order of booking."""
    sql = _DAYS.format(table="call") + (
        "SELECT bucket, row, part FROM days CROSS JOIN call ON bucket = each AND row > ? ORDER BY row, part"
    )
    return map(CallPlace._make, connection.execute(sql, (row,)))


def last_row(connection: sqlite3.Connection) -> int:
    """The newest row number; 0 in an empty store."""
    sql = _DAYS.format(table="claim") + (
        "SELECT COALESCE(MAX((SELECT MAX(row) FROM claim WHERE bucket = each)), 0) FROM days WHERE each IS NOT NULL"
    )
    return int(connection.execute(sql).fetchone()[0])


def discards(connection: sqlite3.Connection) -> list[tuple[str, int, int, str, str]]:
    """(reason, count, files, newest detail, newest file) of everything that was not read."""
    sql = (
        "SELECT reason, SUM(count), COUNT(*), detail, path, MAX(last_at) FROM discard"
        " GROUP BY reason ORDER BY SUM(count) DESC"
    )
    return [(reason, count, files, detail, path) for reason, count, files, detail, path, _ in connection.execute(sql)]


def coverage(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Per tool and set of sources: calls, the newest one."""
    sql = "SELECT tool, sources, COUNT(*), MAX(started_at) FROM call GROUP BY tool, sources ORDER BY tool, sources"
    return [
        {"tool": tool, "sources": sources.split("+"), "calls": calls, "last_at": last}
        for tool, sources, calls, last in connection.execute(sql)
    ]


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """Sizes of the store."""
    one = connection.execute(
        "SELECT (SELECT COUNT(*) FROM call), (SELECT COUNT(*) FROM claim), (SELECT COUNT(*) FROM file),"
        " (SELECT COUNT(*) FROM claim WHERE unsent IS NOT NULL), (SELECT COALESCE(SUM(unpriced), 0) FROM call)"
    ).fetchone()
    return dict(zip(("calls", "claims", "files", "unsent", "unpriced_calls"), one, strict=True))


def explicit_tickets(connection: sqlite3.Connection) -> dict[str, list[tuple[int, str]]]:
    """Folder -> [(since, tickets), ...] in order of time: what `ticket set` stored."""
    found: dict[str, list[tuple[int, str]]] = {}
    for folder, since, tickets in connection.execute("SELECT * FROM explicit_ticket ORDER BY folder, since"):
        found.setdefault(folder, []).append((since, tickets))
    return found
