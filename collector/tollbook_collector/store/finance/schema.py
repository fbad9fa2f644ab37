"""The finance file's schema: numbered, forward-only migrations. Documents, runs and entries are only ever added."""

import sqlite3

from tollbook_collector.store.migrating import apply
from tollbook_collector.store.record.errors import WrongSchema

APPLICATION_ID = 0x746F6C66
""""tolf" in SQLite's header."""

_TENANT = "tenant INTEGER NOT NULL"
_FIRST = (
    f"CREATE TABLE document ({_TENANT}, number INTEGER NOT NULL, channel TEXT NOT NULL, source TEXT NOT NULL,"
    " scope TEXT NOT NULL, role TEXT NOT NULL, first_day INTEGER NOT NULL, end_day INTEGER NOT NULL,"
    " currency TEXT NOT NULL, total_nano INTEGER NOT NULL, records INTEGER NOT NULL, ignored INTEGER NOT NULL,"
    " whole INTEGER NOT NULL, sha256 TEXT NOT NULL, watermark TEXT, pulled_at TEXT NOT NULL,"
    " imported_at INTEGER NOT NULL, PRIMARY KEY (tenant, number)) WITHOUT ROWID",
    f"CREATE TABLE line ({_TENANT}, document INTEGER NOT NULL, n INTEGER NOT NULL, amount_nano INTEGER NOT NULL,"
    " body TEXT NOT NULL, PRIMARY KEY (tenant, document, n)) WITHOUT ROWID",
    f"CREATE TABLE scope ({_TENANT}, channel TEXT NOT NULL, hint TEXT NOT NULL, valid_from INTEGER NOT NULL,"
    " valid_to INTEGER NOT NULL, workspace TEXT NOT NULL, project TEXT NOT NULL, principal TEXT NOT NULL,"
    " owner TEXT NOT NULL, PRIMARY KEY (tenant, channel, hint, valid_from)) WITHOUT ROWID",
    f"CREATE TABLE rate ({_TENANT}, currency TEXT NOT NULL, day INTEGER NOT NULL, usd TEXT NOT NULL,"
    " source TEXT NOT NULL, PRIMARY KEY (tenant, currency, day)) WITHOUT ROWID",
    f"CREATE TABLE seat ({_TENANT}, n INTEGER NOT NULL, channel TEXT NOT NULL, period TEXT NOT NULL,"
    " plan TEXT NOT NULL, email TEXT NOT NULL, assigned_from INTEGER NOT NULL, assigned_to INTEGER NOT NULL,"
    " active_days INTEGER NOT NULL, PRIMARY KEY (tenant, n)) WITHOUT ROWID",
    f"CREATE TABLE run ({_TENANT}, number INTEGER NOT NULL, period TEXT NOT NULL, input_hash TEXT NOT NULL,"
    " at INTEGER NOT NULL, PRIMARY KEY (tenant, number)) WITHOUT ROWID",
    f"CREATE TABLE entry ({_TENANT}, number INTEGER NOT NULL, run INTEGER NOT NULL, about TEXT NOT NULL,"
    " booked_in TEXT NOT NULL, cell TEXT NOT NULL, PRIMARY KEY (tenant, number)) WITHOUT ROWID",
    "CREATE INDEX entry_about ON entry (tenant, about)",
    f"CREATE TABLE posting ({_TENANT}, entry INTEGER NOT NULL, n INTEGER NOT NULL, account TEXT NOT NULL,"
    " document INTEGER NOT NULL, owner TEXT NOT NULL, engineer TEXT NOT NULL, repo TEXT NOT NULL,"
    " branch TEXT NOT NULL, ticket TEXT NOT NULL, tool TEXT NOT NULL, nano_usd INTEGER NOT NULL,"
    " tokens INTEGER NOT NULL, list_nano_usd INTEGER NOT NULL, rule TEXT NOT NULL, weight TEXT NOT NULL,"
    " weights TEXT NOT NULL, PRIMARY KEY (tenant, entry, n)) WITHOUT ROWID",
    f"CREATE TABLE period ({_TENANT}, period TEXT NOT NULL, ledger_hash TEXT NOT NULL, at INTEGER NOT NULL,"
    " PRIMARY KEY (tenant, period)) WITHOUT ROWID",
    f"PRAGMA application_id = {APPLICATION_ID}",
)

_PULLS = (
    f"CREATE TABLE watermark ({_TENANT}, source TEXT NOT NULL, report TEXT NOT NULL, until_day INTEGER NOT NULL,"
    " at TEXT NOT NULL, PRIMARY KEY (tenant, source, report)) WITHOUT ROWID",
    f"CREATE TABLE delivery ({_TENANT}, source TEXT NOT NULL, name TEXT NOT NULL, mark TEXT NOT NULL,"
    " PRIMARY KEY (tenant, source, name)) WITHOUT ROWID",
    f"CREATE TABLE confirmed ({_TENANT}, document INTEGER NOT NULL, pulled_at TEXT NOT NULL,"
    " PRIMARY KEY (tenant, document)) WITHOUT ROWID",
)
"""Until which day each report was pulled, which deliveries of a folder were read, and documents that a later pull found
unchanged after the provider had finished them."""

_STATES = (
    f"CREATE TABLE month ({_TENANT}, period TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (tenant, period))"
    " WITHOUT ROWID",
    "CREATE INDEX posting_ticket ON posting (tenant, ticket) WHERE ticket <> ''",
)
"""How far each reconciled month has come, and what stands about a ticket: for who looks a ticket up."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, _PULLS, _STATES)
"""Statements of each migration; number n is MIGRATIONS[n - 1]. A published one is never edited."""
NEWEST = len(MIGRATIONS)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a finance file to the newest schema.

    Raises:
        WrongSchema: it is another file, or a newer version wrote it.
    """
    apply(connection, MIGRATIONS, version)


def version(connection: sqlite3.Connection) -> int:
    """The number of the last migration applied; 0 for an empty file.

    Raises:
        WrongSchema: see `migrate`.
    """
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return 0
        if application != APPLICATION_ID:
            raise WrongSchema("finance.sqlite in the home folder is some other file; move it away")
        (found,) = connection.execute("SELECT COALESCE(MAX(number), 0) FROM migration").fetchone()
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as fault:
        raise WrongSchema(f"finance.sqlite is not a database ({fault}); move it away") from fault
    if found > NEWEST:
        raise WrongSchema(
            f"finance.sqlite has schema {found}, this version knows {NEWEST}: use the newer tollbook-collector"
        )
    return int(found)
