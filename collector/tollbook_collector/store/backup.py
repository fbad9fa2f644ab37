"""Backup and restore of the record and the finance file, with SQLite's own online backup.

A backup is one consistent moment of a file that a server may be writing: all pages are read in one step inside one read
transaction, which in WAL mode keeps no writer waiting. It is one plain database file, checked before it gets its name.
"""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from tollbook_collector.store.record import manifest, schema
from tollbook_collector.store.record.connect import FILE_MODE, FOLDER_MODE, connect_reading, transaction
from tollbook_collector.store.record.errors import RecordError

UNFINISHED = ".unfinished"
BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite may keep beside a file."""
_ALL_PAGES = -1
_NO_DATABASE = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
_TOTALS = {"calls": "call", "claims": "claim"}
"""Running totals of the record, and the table whose rows each counts."""


class BackupError(RecordError):
    """It cannot be done, and nothing was changed. The message says why and what to do."""


class InUse(BackupError):
    """Another process has the file open."""


class Checked(NamedTuple):
    """A database file that is whole."""

    schema: int
    rows: Mapping[str, int]
    """How many each table has."""


def copy(source: Path, target: Path) -> Checked:
    """A checked copy of a database at one moment, under a name that is free.

    Raises:
        BackupError: the target exists, the source cannot be read, or the copy is not whole.
        OSError: the target cannot be written.
    """
    if target.exists():
        raise BackupError(f"{target} exists; name a file that does not")
    target.parent.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    unfinished = target.with_name(target.name + UNFINISHED)
    unfinished.unlink(missing_ok=True)
    try:
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_RDWR, FILE_MODE))
        with closing(connect_reading(source)) as reading, closing(sqlite3.connect(unfinished)) as writing:
            reading.backup(writing, pages=_ALL_PAGES)
            writing.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
        checked = check(unfinished)
        _sync(unfinished)
        os.replace(unfinished, target)
        _sync(target.parent)
        return checked
    except sqlite3.Error as fault:
        raise BackupError(f"{source} cannot be copied to {target}: {fault}") from fault
    finally:
        unfinished.unlink(missing_ok=True)


def check(path: Path) -> Checked:
    """Read all of a database file.

    Raises:
        BackupError: it is no database, damaged, or its rows are not as many as its running totals say.
    """
    try:
        with closing(connect_reading(path)) as connection:
            return _check(connection, path)
    except sqlite3.Error as fault:
        raise BackupError(f"{path} cannot be read: {fault}") from fault


def _check(connection: sqlite3.Connection, path: Path) -> Checked:
    for (line,) in connection.execute("PRAGMA integrity_check(1)"):
        if line != "ok":
            raise BackupError(f"{path} is damaged ({line}); take another backup")
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    if "migration" not in tables:
        raise BackupError(f"{path} is no file of Tollbook's; name a backup")
    rows = {name: int(connection.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0]) for name in tables}
    if "tally" in tables:
        for name, table in _TOTALS.items():
            (total,) = connection.execute(
                "SELECT COALESCE(SUM(value), 0) FROM tally WHERE name = ?", (name,)
            ).fetchone()
            if total != rows[table]:
                raise BackupError(f"{path} has {rows[table]} {name}, its running total says {total}; verify the record")
    (number,) = connection.execute("SELECT COALESCE(MAX(number), 0) FROM migration").fetchone()
    return Checked(int(number), rows)


def is_record(checked: Checked) -> bool:
    """Whether a file is a record: of calls, not of bills."""
    return "claim" in checked.rows


def schema_of(path: Path) -> int:
    """The schema of a record, without changing it.

    Raises:
        BackupError, WrongSchema: it cannot be told.
    """
    try:
        with closing(connect_reading(path)) as connection:
            return schema.version(connection)
    except sqlite3.Error as fault:
        raise BackupError(f"{path} cannot be read: {fault}") from fault


def restore(backup: Path, target: Path, stamp: str) -> Path | None:
    """Put a copy of a backup into the place of a file that nobody has open.

    What was there is kept beside it, under the name this returns.

    Raises:
        InUse: a server or a command has it open.
        BackupError, OSError: it cannot be done; what was there is there.
    """
    alone(target)
    fresh = target.with_name(f"{target.name}.restored-{stamp}")
    copy(backup, fresh)
    try:
        _forget_day_files(fresh)
        alone(target)
        kept = set_aside(target, stamp)
        os.replace(fresh, target)
        _sync(target.parent)
    finally:
        for suffix in ("", *BESIDE):
            fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
    return kept


def set_aside(target: Path, stamp: str) -> Path | None:
    """Give a file, with what SQLite keeps beside it, another name; `None`: there is none."""
    if not target.exists():
        return None
    kept = target.with_name(f"{target.name}.before-{stamp}")
    if kept.exists():
        raise BackupError(f"{kept} exists; try again in a second")
    for suffix in BESIDE:
        with suppress(FileNotFoundError):
            os.replace(target.with_name(target.name + suffix), kept.with_name(kept.name + suffix))
    os.replace(target, kept)
    return kept


def alone(path: Path) -> None:
    """See that no process has a database open: SQLite changes the journal only then. Its log is empty afterwards.

    Raises:
        InUse: another has.
        BackupError: it cannot be told.
    """
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=0)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as fault:
        code = getattr(fault, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise InUse(f"{path} is open in another process: stop the collector first") from fault
        if code not in _NO_DATABASE:
            raise BackupError(f"{path} cannot be opened: {fault}") from fault


def _forget_day_files(path: Path) -> None:
    """The day files are those of another moment: all days are read from the record until they are written again."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if {"day_file", "retired_file"} <= tables:
            with transaction(connection):
                manifest.unseal(connection)


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
