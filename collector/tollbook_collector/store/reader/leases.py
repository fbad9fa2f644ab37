"""Leases: who reads day files now, in whatever process, so that no file goes while somebody may open it.

SQLite's own file locks do it: they are the same on every system, and the system lets go of them when a process dies.
"""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

SHARED_WAIT_SECONDS = 30.0
"""How long a reader waits for somebody who holds it alone: that one only deletes files."""


class Lease:
    """One lock file. `shared` may be held by many at once, `alone` by one and nobody else."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _open(self, wait_seconds: float) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return sqlite3.connect(self._path, timeout=wait_seconds, isolation_level=None, check_same_thread=False)

    @contextmanager
    def shared(self) -> Generator[None]:
        """Hold it together with others.

        Raises:
            sqlite3.Error: it cannot be had.
        """
        with closing(self._open(SHARED_WAIT_SECONDS)) as connection:
            connection.execute("BEGIN")
            connection.execute("SELECT 1 FROM sqlite_master").fetchall()
            yield

    @contextmanager
    def alone(self, wait_seconds: float = 0.0) -> Generator[bool]:
        """Hold it alone. False when others hold it; while one waits, nobody new gets it.

        Raises:
            sqlite3.Error: the lock file cannot be used.
        """
        with closing(self._open(wait_seconds)) as connection:
            try:
                connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as fault:
                if fault.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                yield False
                return
            yield True
