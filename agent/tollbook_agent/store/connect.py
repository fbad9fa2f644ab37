"""Opening the store's file. Imports only what a command that changes nothing can afford at start."""

import os
import sqlite3
from collections import namedtuple
from contextlib import contextmanager

SCHEMA = 2
"""The newest schema, `PRAGMA user_version` of a store. What it is: `schema.py`."""
BUSY_TIMEOUT_MS = 10_000
PAGE_CACHE_KIB = 16_384
StoreError = sqlite3.Error
"""What every fault of a store is, for those who need to know no more."""
SQLITE = sqlite3.sqlite_version
FOLDER_MODE = 0o700
FILE_MODE = 0o600

TYPE_CHECKING = False  # as type checkers read it, without the import of typing
if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path
    from typing import NamedTuple

    class FileCursor(NamedTuple):
        """How far a log file has been read. Times are UTC nanoseconds."""

        path: str
        reader: str
        device: int
        inode: int
        size: int
        """At the last look; negative while the file is being read."""
        mtime_ns: int
        offset: int
        """After the last whole line."""
        head: bytes
        """Hash of the first line."""
        tail: bytes
        """Hash of the bytes before the offset."""
        state: str
        """The reader's, as JSON."""
        read_at: int
else:
    _FIELDS = ("path", "reader", "device", "inode", "size", "mtime_ns", "offset", "head", "tail", "state", "read_at")
    FileCursor = namedtuple("FileCursor", _FIELDS)


def connect(path: "Path") -> sqlite3.Connection:
    """The writer's connection: WAL, every commit on disk before it returns, transactions begun explicitly.

    Raises:
        sqlite3.Error: the file cannot be opened or is no database.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, FILE_MODE))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{PAGE_CACHE_KIB}")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> "Generator[None]":
    """All or nothing, on disk when it ends.

    Raises:
        sqlite3.Error: nothing of it was stored; the connection is ready for another one.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has ended it already
            connection.execute("ROLLBACK")
        raise


def connect_reading(path: "Path | str") -> sqlite3.Connection | None:
    """A reader's connection, or `None` where there is no store yet. Never blocks the writer."""
    if not os.path.exists(path):
        return None
    connection = sqlite3.connect(_address(str(path)), uri=True, isolation_level=None)
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    return connection


def _address(path: str) -> str:
    """The URI of a file to be read; written out, since `urllib` would cost a start more than the answer."""
    plain = os.path.abspath(path).replace(os.sep, "/")
    for special, code in (("%", "%25"), ("?", "%3f"), ("#", "%23")):
        plain = plain.replace(special, code)
    return f"file://{'' if plain.startswith('/') else '/'}{plain}?mode=ro"


def cursors(connection: sqlite3.Connection) -> dict[str, FileCursor]:
    """Every file's cursor by its path; empty in a file that is no store yet."""
    try:
        return {row[0]: FileCursor(*row) for row in connection.execute("SELECT * FROM file")}
    except sqlite3.OperationalError:
        return {}
