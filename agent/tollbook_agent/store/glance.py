"""The few sums that are shown all the time: today's, and those of the sessions that are at work. Found by indexes."""

import json
import sqlite3
from typing import NamedTuple

MAX_SESSIONS = 64
"""Shown at most, those with the newest calls."""


class Session(NamedTuple):
    """One session of a tool."""

    session_id: str
    tickets: str
    """Of its newest call, separated by blanks; empty for none."""
    list_nano_usd: int
    """Of all its calls."""


class Glance(NamedTuple):
    """Sums as of one moment."""

    today_nano_usd: int
    sessions: tuple[Session, ...]


def glance(connection: sqlite3.Connection, start: int, since: int) -> Glance:
    """Sums of calls from `start` on, and of the sessions with calls from `since` on (UTC nanoseconds)."""
    connection.execute("BEGIN")
    try:
        today = _sum(connection, "started_at >= ?", start)
        found = connection.execute(
            "SELECT session_id FROM call WHERE started_at >= ? AND session_id IS NOT NULL"
            " GROUP BY session_id ORDER BY MAX(started_at) DESC, session_id LIMIT ?",
            (since, MAX_SESSIONS),
        ).fetchall()
        return Glance(today, tuple(_session(connection, name) for (name,) in found))
    finally:
        connection.execute("COMMIT")


def _session(connection: sqlite3.Connection, name: str) -> Session:
    sql = "SELECT tickets FROM call WHERE session_id = ? ORDER BY started_at DESC, row DESC, part DESC LIMIT 1"
    tickets = connection.execute(sql, (name,)).fetchone()[0]
    return Session(name, tickets or "", _sum(connection, "session_id = ?", name))


def _sum(connection: sqlite3.Connection, condition: str, value: object) -> int:
    """Money of calls, that of other models inside their responses included."""
    sql = f"SELECT COALESCE(SUM(list_nano_usd), 0) FROM call WHERE {condition}"
    own = int(connection.execute(sql, (value,)).fetchone()[0])
    inside = connection.execute(f"SELECT parts FROM call WHERE {condition} AND parts IS NOT NULL", (value,))
    return own + sum(int(money) for (parts,) in inside for _, _, money in json.loads(parts))
