"""What commands read from the store, beside whoever writes to it."""

import sqlite3
from collections.abc import Iterator
from typing import Any, NamedTuple

from tollbook.booked import COLUMNS, Booked
from tollbook.canonical import parse
from tollbook.claim import Claim

_SELECT = "SELECT " + ", ".join(f'"{name}"' for name in COLUMNS) + " FROM call"


class Cluster(NamedTuple):
    """The claims of one cluster."""

    bucket: int
    row: int
    claims: list[Claim]


def rows(connection: sqlite3.Connection, start: int | None, end: int | None) -> Iterator[Booked]:
    """Calls that started in [start, end), UTC nanoseconds."""
    low = -(2**63) if start is None else start
    high = 2**63 - 1 if end is None else end
    return map(Booked._make, connection.execute(f"{_SELECT} WHERE started_at >= ? AND started_at < ?", (low, high)))


def of_ticket(connection: sqlite3.Connection, key: str) -> Iterator[Booked]:
    """Calls that name a ticket."""
    return map(Booked._make, connection.execute(f"{_SELECT} WHERE instr(' ' || tickets || ' ', ?) > 0", (f" {key} ",)))


def clusters(connection: sqlite3.Connection, *, newest: int | None = None) -> Iterator[Cluster]:
    """Clusters with a call, newest first."""
    sql = "SELECT bucket, row, MAX(started_at) AS latest FROM call GROUP BY bucket, row ORDER BY latest DESC"
    found = connection.execute(sql + (f" LIMIT {int(newest)}" if newest is not None else "")).fetchall()
    for bucket, row, _ in found:
        bodies = connection.execute("SELECT body FROM claim WHERE bucket = ? AND row = ?", (bucket, row))
        yield Cluster(bucket, row, [parse(body) for (body,) in bodies])


def since(connection: sqlite3.Connection, row: int) -> Iterator[Cluster]:
    """Clusters booked after a row number, in order of booking."""
    found = connection.execute("SELECT DISTINCT bucket, row FROM claim WHERE row > ? ORDER BY row", (row,)).fetchall()
    for bucket, number in found:
        bodies = connection.execute("SELECT body FROM claim WHERE bucket = ? AND row = ?", (bucket, number))
        yield Cluster(bucket, number, [parse(body) for (body,) in bodies])


def last_row(connection: sqlite3.Connection) -> int:
    """The newest row number."""
    return int(connection.execute("SELECT COALESCE(MAX(row), 0) FROM claim").fetchone()[0])


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
