"""Copying the record's log of writes into its file, beside the writer.

A commit is durable in the log. SQLite lets the writer copy the log from time to time, and then claims wait for pages
all over the file to be written. Here another thread does it; the writer only where the log has become very long.
"""

import logging
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from tollbook_collector.store.record.connect import open_file

TURN_SECONDS = 1.0
STOP_SECONDS = 30.0
"""How long stopping waits for the copy that is being made."""

_LOG = logging.getLogger(__name__)


class Checkpointer:
    """Copies what was committed, until `close`. It loses nothing where it fails: the next turn tries again."""

    def __init__(self, path: Path, *, turn_seconds: float = TURN_SECONDS) -> None:
        self._path = path
        self._turn_seconds = turn_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoint", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread after the copy it is making."""
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        said = ""
        while not self._stop.is_set():
            try:
                with closing(open_file(self._path)) as connection:
                    while not self._stop.wait(self._turn_seconds):
                        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                        said = ""
            except (OSError, sqlite3.Error) as fault:
                if str(fault) != said:
                    said = str(fault)
                    _LOG.warning("the log of writes cannot be copied into the record now: %s", said)
                self._stop.wait(self._turn_seconds)
