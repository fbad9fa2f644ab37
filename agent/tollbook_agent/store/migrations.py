"""Numbered, forward-only migrations of the laptop's store, with sqlite-utils: each in a transaction of its own.

The schema a version brings is described here once and for ever; `schema.STATEMENTS` is what they all come to, which a
test holds. Imported only when a store is older than this program.
"""

import sqlite3
from collections.abc import Callable

import sqlite_utils

from tollbook_agent.store.connect import transaction

Step = Callable[[sqlite_utils.Database], None]


def _find_calls(database: sqlite_utils.Database) -> None:
    """2: a span of time and a session are found without reading a year of calls."""
    execute = database.conn.execute
    execute("CREATE INDEX call_started ON call (started_at)")
    execute("CREATE INDEX call_session ON call (session_id)")


STEPS: dict[int, Step] = {2: _find_calls}
"""Schema version -> what brings a store of the version before it there. Version 1 is the first: nothing leads to it."""


def upgrade(connection: sqlite3.Connection, version: int) -> None:
    """Apply every step after `version`, in order.

    Raises:
        sqlite3.Error: a step failed; the store stays as the step before left it.
    """
    database = sqlite_utils.Database(connection)
    for number in sorted(number for number in STEPS if number > version):
        with transaction(connection):
            STEPS[number](database)
            connection.execute(f"PRAGMA user_version = {number}")
