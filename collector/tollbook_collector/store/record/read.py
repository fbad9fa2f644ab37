"""Questions that rows answer. Each is read over an index that grows with time."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from tollbook.answer import iso_time, moment
from tollbook.booked import COLUMNS, Booked

ROWS_AT_ONCE = 1_000
"""Rows fetched at a time while streaming."""
EARLIEST, LATEST = -(2**63), 2**63 - 1
CALL_COLUMNS = ", ".join(f'c."{name}"' for name in COLUMNS)

# A ticket's calls lie under each of its days: its days are found by skipping from one to the next.
OF_TICKET = f"""
WITH RECURSIVE day (bucket) AS (
    SELECT MIN(bucket) FROM call_ticket WHERE tenant = :tenant
    UNION ALL
    SELECT (SELECT MIN(t.bucket) FROM call_ticket t WHERE t.tenant = :tenant AND t.bucket > day.bucket)
    FROM day WHERE day.bucket IS NOT NULL
)
SELECT {CALL_COLUMNS} FROM day
CROSS JOIN call_ticket t ON t.tenant = :tenant AND t.bucket = day.bucket AND t.ticket = :ticket
CROSS JOIN call c ON c.tenant = :tenant AND c.bucket = t.bucket AND c.row = t.row AND c.part = t.part
"""
_ROWS = f"SELECT {CALL_COLUMNS} FROM call c WHERE tenant = ? AND started_at >= ? AND started_at < ? ORDER BY started_at"


def tally(connection: sqlite3.Connection, tenant: int, name: str) -> int:
    """A running value; 0 before there is one."""
    row = connection.execute("SELECT value FROM tally WHERE tenant = ? AND name = ?", (tenant, name)).fetchone()
    return 0 if row is None else int(row[0])


def calls_of_ticket(connection: sqlite3.Connection, tenant: int, key: str) -> list[Booked]:
    """The calls that name a ticket, oldest first."""
    found = connection.execute(OF_TICKET, {"tenant": tenant, "ticket": key})
    return sorted(map(Booked._make, found), key=lambda row: (row.started_at, row.call_id))


def span(start_day: int | None, end_day: int | None) -> tuple[int, int]:
    """The nanoseconds of days [start, end); `None` is open."""
    return EARLIEST if start_day is None else moment(start_day), LATEST if end_day is None else moment(end_day)


def rows(connection: sqlite3.Connection, tenant: int, start_day: int | None, end_day: int | None) -> Iterator[Booked]:
    """The calls of accounting days [start, end), oldest first."""
    cursor = connection.execute(_ROWS, (tenant, *span(start_day, end_day)))
    cursor.arraysize = ROWS_AT_ONCE
    while some := cursor.fetchmany():
        yield from map(Booked._make, some)


def counts(connection: sqlite3.Connection, tenant: int) -> dict[str, Any]:
    """The running totals, and what was discarded by reason."""
    booked_at = tally(connection, tenant, "booked_at")
    discarded = connection.execute("SELECT reason, count FROM discard WHERE tenant = ? ORDER BY reason", (tenant,))
    return {
        **{name: tally(connection, tenant, name) for name in ("calls", "claims", "aliases", "orphans")},
        "discarded": dict(discarded.fetchall()),
        "last_booked_at": iso_time(booked_at) if booked_at else None,
    }
