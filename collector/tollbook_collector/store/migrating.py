"""Applying a file's numbered, forward-only migrations: each in a transaction of its own, by one process only."""

import sqlite3
from collections.abc import Callable, Sequence

from tollbook_collector.store.record.connect import transaction


def apply(
    connection: sqlite3.Connection,
    migrations: Sequence[Sequence[str]],
    version: Callable[[sqlite3.Connection], int],
) -> None:
    """Bring a file to the newest schema; nothing where it has it.

    Number n is `migrations[n - 1]`, its statements in order. `version` gives the number of the last one applied, 0 for
    an empty file; what it raises about a foreign file passes through. `migration` keeps the numbers.
    """
    for number in range(version(connection) + 1, len(migrations) + 1):
        with transaction(connection):
            if version(connection) >= number:
                continue  # another process was faster
            connection.execute("CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY)")
            for statement in migrations[number - 1]:
                connection.execute(statement)
            connection.execute("INSERT INTO migration VALUES (?)", (number,))
