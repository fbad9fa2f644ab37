"""Copying the record's log of writes into its file, beside the writer.

A commit is durable in the log. SQLite lets the writer copy the log from time to time, and then claims wait for pages
all over the file to be written. Here another thread does it. But the log can begin anew only when all of it is copied,
and while claims come in, more is written meanwhile: when next to nothing is left, the writer is asked to copy that.
"""

import logging
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from tollbook_collector.store.record.connect import COPY, open_file

TURN_SECONDS = 1.0
STOP_SECONDS = 30.0
"""How long stopping waits for the copy that is being made."""
LONG_PAGES = 24_000
"""A log of 96 MB is to begin anew."""
FEW_PAGES = 2_500
"""What the writer copies in the time of a commit."""
COPIES_A_TURN = 4
"""Each is a fraction of the one before: as much as was written during it."""

_LOG = logging.getLogger(__name__)


class Checkpointer:
    """Copies what was committed, until `close`. It loses nothing where it fails: the next turn tries again."""

    def __init__(self, path: Path, *, due: threading.Event | None = None, turn_seconds: float = TURN_SECONDS) -> None:
        """`due` is set when the writer should copy what is left."""
        self._path = path
        self._due = due
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
                        self._copy(connection)
                        said = ""
            except (OSError, sqlite3.Error) as fault:
                if str(fault) != said:
                    said = str(fault)
                    _LOG.warning("the log of writes cannot be copied into the record now: %s", said)
                self._stop.wait(self._turn_seconds)

    def _copy(self, connection: sqlite3.Connection) -> None:
        before = None
        for _ in range(COPIES_A_TURN):
            _, log, copied = connection.execute(COPY).fetchone()
            if log < LONG_PAGES or copied == before:  # a reader still needs the rest as it was
                return
            if log - copied <= FEW_PAGES:
                if self._due is not None:
                    self._due.set()
                return
            before = copied
