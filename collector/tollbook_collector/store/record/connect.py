"""Opening the record's file: one writing connection, any number of reading ones that never block it."""

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tollbook_collector.store.record.errors import Busy, DiskFull, Retryable

BUSY_TIMEOUT_MS = 10_000
WRITER_CACHE_KIB = 256 * 1024
"""Page cache of the writing connection at most: memory it grows to under load, see docs/decisions/0002."""
READER_CACHE_KIB = 8 * 1024
CHECKPOINT_PAGES = 32_000
"""Of the log (128 MB) when the writer copies it into the file itself. Late claims write pages all over: most of these
are written once then."""
BESIDE_PAGES = 512_000
"""The same (2 GB) where a thread beside the writer copies it (`checkpoint.py`) and does not get on."""
LOG_BYTES = 256 * 1024 * 1024
"""What the log is cut to when it begins anew, where it was longer: cutting a file and letting it grow again takes a
writer as long as some hundred claims, writing over what is there takes nothing."""
COPY = "PRAGMA wal_checkpoint(PASSIVE)"
"""Copies of the log into the file what no reader needs as it was; waits for nobody."""
FOLDER_MODE = 0o700
FILE_MODE = 0o600


def open_file(path: Path) -> sqlite3.Connection:
    """A connection to the file, which is made where there is none; what is there is not changed.

    The file is readable by its owner only, in a folder that only its owner can enter.

    Raises:
        OSError, sqlite3.Error: the file cannot be made or opened.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, FILE_MODE))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    return connection


def prepare_writing(connection: sqlite3.Connection) -> None:
    """Make it the writer's: WAL, every commit on disk before it returns, transactions begun explicitly.

    Raises:
        sqlite3.Error: this is no database, or it cannot be written.
    """
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KIB}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")


def connect_reading(path: Path) -> sqlite3.Connection:
    """A reader's connection: sees the last commit before each of its statements or transactions.

    Raises:
        sqlite3.Error: there is no such file, or it cannot be read.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute(f"PRAGMA cache_size = -{READER_CACHE_KIB}")
    except sqlite3.Error:  # no database, a damaged one
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """One transaction that holds the write lock from its beginning; rolled back on any exception.

    Raises:
        Retryable: nothing was written; the same may succeed later.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except sqlite3.OperationalError as fault:
        _roll_back(connection)
        code = getattr(fault, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise DiskFull("the disk is full: nothing of this batch was booked; make room") from fault
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Busy("another process is writing the store") from fault
        if code == sqlite3.SQLITE_IOERR:
            raise Retryable(f"the disk failed: {fault}; nothing of this batch was booked") from fault
        raise
    except BaseException:
        _roll_back(connection)
        raise


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")
