"""The tickets of the newest calls, for completion in a shell: found by an index, and never much to read."""

import sqlite3

MAX_CALLS = 20_000
"""Looked at, newest first: some months of one person."""
MAX_KEY = 64
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def recent_tickets(connection: sqlite3.Connection, most: int) -> list[str]:
    """Ticket keys, those of the newest calls first, at most so many. Only plain words: a shell is going to read them.

    Raises:
        sqlite3.Error: the store cannot be read.
    """
    found: dict[str, None] = {}
    newest = connection.execute("SELECT tickets FROM call ORDER BY started_at DESC LIMIT ?", (MAX_CALLS,))
    for (tickets,) in newest:
        for key in (tickets or "").split():
            if len(key) <= MAX_KEY and _PLAIN.issuperset(key) and not key.startswith("-"):
                found.setdefault(key)
        if len(found) >= most:
            break
    return list(found)[:most]
