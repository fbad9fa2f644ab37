"""The manifest: which file holds which day, and which days changed since. Part of the record and of its transactions.

A day is *clean* when its file holds its newest version; any other day is read from the record. A name is never used
again, so a file that a manifest names holds what it held when it was named, restored backups included.
"""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

_TOUCH = (
    "INSERT INTO day_file VALUES (?, ?, 1, 0, 0, NULL, 0) ON CONFLICT (tenant, day) DO UPDATE SET version = version + 1"
)
_DAYS = (
    "SELECT tenant, day, version, sealed, format, file, bytes FROM day_file"
    " WHERE tenant = ? AND day >= ? AND day < ? ORDER BY day"
)
_ALL = "SELECT tenant, day, version, sealed, format, file, bytes FROM day_file ORDER BY tenant, day"
_ONE = "SELECT tenant, day, version, sealed, format, file, bytes FROM day_file WHERE tenant = ? AND day = ?"
_SEAL = (
    "UPDATE day_file SET sealed = version, format = ?, file = ?, bytes = ? WHERE tenant = ? AND day = ? AND version = ?"
)
_RETIRE = "INSERT OR IGNORE INTO retired_file SELECT tenant, file FROM day_file WHERE file IS NOT NULL"
_RETIRE_ONE = f"{_RETIRE} AND tenant = ? AND day = ?"
FIRST_DAY, LAST_DAY = -(2**40), 2**40
"""Before and after every day that a call can have."""


class Day(NamedTuple):
    """One day of one tenant."""

    tenant: int
    day: int
    """Days since 1970-01-01."""
    version: int
    sealed: int
    format: int
    file: str | None
    """Relative to the folder of the files; `None` where the day was sealed without calls, or never."""
    bytes: int

    def is_clean(self, format_: int) -> bool:
        """Whether the file, in this format, holds all that is booked of the day."""
        return self.sealed == self.version and self.format == format_


def touch(connection: sqlite3.Connection, tenant: int, days: Iterable[int]) -> None:
    """Note that calls of these days change; to be called in the transaction that changes them."""
    connection.executemany(_TOUCH, [(tenant, day) for day in sorted(days)])


def days(connection: sqlite3.Connection, tenant: int, start: int | None, end: int | None) -> list[Day]:
    """The days of a tenant in [start, end) that have, or had, calls."""
    first = FIRST_DAY if start is None else start
    last = LAST_DAY if end is None else end
    return [Day._make(row) for row in connection.execute(_DAYS, (tenant, first, last))]


def every_day(connection: sqlite3.Connection) -> list[Day]:
    """The days of all tenants."""
    return [Day._make(row) for row in connection.execute(_ALL)]


def one_day(connection: sqlite3.Connection, tenant: int, day: int) -> Day | None:
    """A day as it stands."""
    row = connection.execute(_ONE, (tenant, day)).fetchone()
    return None if row is None else Day._make(row)


def seal(connection: sqlite3.Connection, was: Day, format_: int, file: str | None, size: int) -> bool:
    """Name the file that holds a day as of `was.version`, and retire its former one. False when the day has changed."""
    now = one_day(connection, was.tenant, was.day)
    if now is None or now.version != was.version:
        return False
    connection.execute(_RETIRE_ONE, (was.tenant, was.day))
    connection.execute(_SEAL, (format_, file, size, was.tenant, was.day, was.version))
    return True


def unseal(connection: sqlite3.Connection) -> None:
    """Retire every file: all days are read from the record until they are sealed again."""
    connection.execute(_RETIRE)
    connection.execute("UPDATE day_file SET version = version + 1, file = NULL, bytes = 0")


def retired(connection: sqlite3.Connection) -> list[str]:
    """Files that no manifest names any longer, and that who read an earlier manifest may still read."""
    return [file for (file,) in connection.execute("SELECT file FROM retired_file ORDER BY file")]


def forget_retired(connection: sqlite3.Connection, files: Iterable[str]) -> None:
    """These retired files are deleted."""
    connection.executemany("DELETE FROM retired_file WHERE file = ?", [(file,) for file in files])
