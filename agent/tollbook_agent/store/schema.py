"""Schema of the laptop's store. A fresh store is made from the newest statements; an older one is migrated.

`PRAGMA user_version` holds the number of the schema, so that the common case - nothing to do - costs one look and
imports no migration code.
"""

import sqlite3

from tollbook.booked import COLUMNS
from tollbook_agent.store.connect import SCHEMA, transaction

VERSION = SCHEMA
"""The newest schema."""

_INTEGERS = frozenset(
    {
        "started_at",
        "day",
        "list_nano_usd",
        "unpriced",
        *COLUMNS[COLUMNS.index("input") : COLUMNS.index("list_nano_usd")],
    }
)


class NewerStore(Exception):
    """The store was written by a newer Tollbook."""


def _column(name: str) -> str:
    if name == "call_id":
        return f'"{name}" BLOB NOT NULL'
    return f'"{name}" {"INTEGER" if name in _INTEGERS else "TEXT"}'


_CALL_COLUMNS = ", ".join(_column(name) for name in COLUMNS)

STATEMENTS: tuple[str, ...] = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE file (path TEXT PRIMARY KEY, reader TEXT NOT NULL, device INTEGER NOT NULL,"
    " inode INTEGER NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, offset INTEGER NOT NULL,"
    " head BLOB NOT NULL, tail BLOB NOT NULL, state TEXT NOT NULL, read_at INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE alias (hash INTEGER PRIMARY KEY, bucket INTEGER NOT NULL, row INTEGER NOT NULL)",
    "CREATE TABLE claim (bucket INTEGER NOT NULL, row INTEGER NOT NULL, key BLOB NOT NULL, body BLOB NOT NULL,"
    " unsent INTEGER, PRIMARY KEY (bucket, row, key)) WITHOUT ROWID",
    "CREATE INDEX outbox ON claim (unsent) WHERE unsent IS NOT NULL",
    f"CREATE TABLE call (bucket INTEGER NOT NULL, row INTEGER NOT NULL, part INTEGER NOT NULL, {_CALL_COLUMNS},"
    " PRIMARY KEY (bucket, row, part)) WITHOUT ROWID",
    "CREATE INDEX call_started ON call (started_at)",
    "CREATE INDEX call_session ON call (session_id)",
    "CREATE TABLE discard (path TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL,"
    " last_at INTEGER NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (path, reason)) WITHOUT ROWID",
    "CREATE TABLE explicit_ticket (folder TEXT NOT NULL, since INTEGER NOT NULL, tickets TEXT NOT NULL,"
    " PRIMARY KEY (folder, since)) WITHOUT ROWID",
)
"""The newest schema, as a fresh store gets it."""


def version_of(connection: sqlite3.Connection) -> int:
    """The schema of a store; 0 is a file with nothing in it yet.

    Raises:
        NewerStore: this program does not know it.
        sqlite3.Error: this is no store.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise NewerStore(f"the store has schema {version}, this Tollbook knows {VERSION}: upgrade tollbook-agent")
    return version


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a store to the newest schema.

    Raises:
        NewerStore: it has a newer one; nothing was changed.
        sqlite3.Error: it cannot be written.
    """
    version = version_of(connection)
    if version == VERSION:
        return
    if version == 0:
        _create(connection)
        return
    from tollbook_agent.store.migrations import upgrade

    upgrade(connection, version)


def _create(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        if version_of(connection) == 0:
            for statement in STATEMENTS:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
