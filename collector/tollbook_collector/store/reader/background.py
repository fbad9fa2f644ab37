"""The sealer's own thread in a running collector."""

import logging
import sqlite3
import threading

from tollbook_collector.store.reader.sealer import Sealer
from tollbook_collector.store.record.errors import RecordError

TURN_SECONDS = 15.0
STOP_SECONDS = 30.0
"""How long stopping waits for the day that is being written."""

_LOG = logging.getLogger(__name__)


class BackgroundSealer:
    """Takes a turn now and then, until `close`. What goes wrong in a turn is logged, and the next one tries again."""

    def __init__(self, sealer: Sealer, *, turn_seconds: float = TURN_SECONDS) -> None:
        self._sealer = sealer
        self._turn_seconds = turn_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sealer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread after the day it is writing, and close the sealer."""
        self._stop.set()
        self._thread.join(STOP_SECONDS)
        if not self._thread.is_alive():
            self._sealer.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._sealer.turn(lambda: not self._stop.is_set())
            except (OSError, sqlite3.Error, RecordError) as fault:
                _LOG.warning("days could not be sealed: %s", fault)
            except Exception:
                _LOG.exception("days could not be sealed")
            self._stop.wait(self._turn_seconds)
