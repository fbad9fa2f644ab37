"""The record's schema: numbered, forward-only migrations, each in a transaction of its own.

Every key begins with the tenant, then comes what grows with time, so that inserts touch few pages: even the hash of an
alias stands behind its day. `call` holds what claims conclude and can be computed again from them; `alias_news` and
`alias_filter` say which aliases there are, and can be read from `alias` again.
"""

import sqlite3

from tollbook.booked import COLUMNS
from tollbook_collector.store.migrating import apply
from tollbook_collector.store.record.errors import WrongSchema
from tollbook_collector.store.record.schema_access import ACCESS
from tollbook_collector.store.record.schema_days import DAYS
from tollbook_collector.store.record.schema_devices import DEVICES

APPLICATION_ID = 0x746F6C6C
""""toll" in SQLite's header: tells the record from every other database file."""

_INTEGERS = frozenset(
    {
        "started_at",
        "day",
        "list_nano_usd",
        "unpriced",
        *COLUMNS[COLUMNS.index("input") : COLUMNS.index("list_nano_usd")],
    }
)


def _column(name: str) -> str:
    if name == "call_id":
        return f'"{name}" BLOB NOT NULL'
    return f'"{name}" {"INTEGER" if name in _INTEGERS else "TEXT"}'


_FIRST = (
    "CREATE TABLE meta (tenant INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (tenant, name))"
    " WITHOUT ROWID",
    "CREATE TABLE tally (tenant INTEGER NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL,"
    " PRIMARY KEY (tenant, name)) WITHOUT ROWID",
    "CREATE TABLE discard (tenant INTEGER NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL,"
    " last_at INTEGER NOT NULL, place TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (tenant, reason)) WITHOUT ROWID",
    "CREATE TABLE alias (tenant INTEGER NOT NULL, bucket INTEGER NOT NULL, hash INTEGER NOT NULL, row INTEGER NOT NULL,"
    " PRIMARY KEY (tenant, bucket, hash)) WITHOUT ROWID",
    "CREATE TABLE alias_news (tenant INTEGER NOT NULL, sequence INTEGER NOT NULL, hashes BLOB NOT NULL,"
    " PRIMARY KEY (tenant, sequence))",
    "CREATE TABLE alias_filter (tenant INTEGER NOT NULL, chunk INTEGER NOT NULL, bits INTEGER NOT NULL,"
    " sequence INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (tenant, chunk))",
    "CREATE TABLE former (tenant INTEGER NOT NULL, bucket INTEGER NOT NULL, row INTEGER NOT NULL,"
    " hash INTEGER NOT NULL, PRIMARY KEY (tenant, bucket, row, hash)) WITHOUT ROWID",
    "CREATE TABLE claim (tenant INTEGER NOT NULL, bucket INTEGER NOT NULL, row INTEGER NOT NULL, key BLOB NOT NULL,"
    " body BLOB NOT NULL, PRIMARY KEY (tenant, bucket, row, key))",
    "CREATE TABLE call (tenant INTEGER NOT NULL, bucket INTEGER NOT NULL, row INTEGER NOT NULL, part INTEGER NOT NULL,"
    f" {', '.join(map(_column, COLUMNS))}, PRIMARY KEY (tenant, bucket, row, part))",
    "CREATE INDEX call_started ON call (tenant, started_at)",
    "CREATE TABLE call_ticket (tenant INTEGER NOT NULL, bucket INTEGER NOT NULL, ticket TEXT NOT NULL,"
    " row INTEGER NOT NULL, part INTEGER NOT NULL, PRIMARY KEY (tenant, bucket, ticket, row, part)) WITHOUT ROWID",
    f"PRAGMA application_id = {APPLICATION_ID}",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, ACCESS, DEVICES, DAYS)
"""Statements of each migration; number n is MIGRATIONS[n - 1]. A published one is never edited."""

NEWEST = len(MIGRATIONS)


def version(connection: sqlite3.Connection) -> int:
    """The number of the last migration applied; 0 for an empty file.

    Raises:
        WrongSchema: the file is no record, or a newer version wrote it.
    """
    try:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "migration" not in tables:
            if tables:
                raise WrongSchema("this database is not a Tollbook record; name another file")
            return 0
        (found,) = connection.execute("SELECT COALESCE(MAX(number), 0) FROM migration").fetchone()
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as fault:
        raise WrongSchema(f"this file is not a database ({fault}); name another file") from fault
    if found > NEWEST:
        raise WrongSchema(
            f"the record has schema {found}, this version knows {NEWEST}:"
            " start the newer tollbook-collector that wrote it"
        )
    return int(found)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a record to the newest schema; nothing where it has it.

    Raises:
        WrongSchema: see `version`.
    """
    apply(connection, MIGRATIONS, version)
