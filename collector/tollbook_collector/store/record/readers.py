"""Reading connections, kept for the next question."""

import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

MAX_IDLE = 4
"""Connections kept open between questions."""


class Readers:
    """Lends a connection to one question at a time; each question sees one snapshot."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def connection(self) -> Generator[sqlite3.Connection]:
        """A connection inside a read transaction.

        Raises:
            sqlite3.Error: the file cannot be read.
        """
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = self._connect()
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            with self._lock:
                keep = not self._closed and len(self._idle) < MAX_IDLE
                if keep:
                    self._idle.append(connection)
            if not keep:
                connection.close()

    def close(self) -> None:
        """Close what is idle; what is lent is closed when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
