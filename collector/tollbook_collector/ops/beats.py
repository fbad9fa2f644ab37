"""Beats: keeps the last heartbeat of each device, in the record every few seconds.

In between they are in memory: a heartbeat is cumulative, so one that a kill loses is made good by the next.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from tollbook.heartbeat import Heartbeat
from tollbook_collector.store.record.devices import Beat

KEEP_SECONDS = 5.0
STOP_SECONDS = 15.0
MAX_WAITING = 10_000
"""Devices whose heartbeats wait to be written; those of more are passed over, their next ones come in a minute."""
_LOG = logging.getLogger(__name__)


class Shelf(Protocol):
    """Where heartbeats are kept: the record's access part."""

    def put_beats(self, beats: Sequence[Beat]) -> None: ...


class Beats:
    """For any thread. `close` writes what waits."""

    def __init__(
        self, shelf: Shelf, *, clock: Callable[[], int] = time.time_ns, keep_seconds: float = KEEP_SECONDS
    ) -> None:
        self._shelf = shelf
        self._clock = clock
        self._seconds = keep_seconds
        self._waiting: dict[tuple[int, str], Beat] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeats", daemon=True)
        self._thread.start()

    def note(self, tenant: int, person: str | None, heartbeat: Heartbeat) -> None:
        """A device has said how it is."""
        key = tenant, heartbeat.device
        with self._lock:
            if key in self._waiting or len(self._waiting) < MAX_WAITING:
                self._waiting[key] = Beat(tenant, person, self._clock(), heartbeat)

    def close(self) -> None:
        """Write what waits, end the thread."""
        self._stopping.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        stopping = False
        while not stopping:
            stopping = self._stopping.wait(self._seconds)
            with self._lock:
                some, self._waiting = self._waiting, {}
            if not some:
                continue
            try:
                self._shelf.put_beats(list(some.values()))
            except Exception as fault:  # whatever it is, it must not end the thread; the next try has them all
                _LOG.warning("heartbeats are written later: %s", type(fault).__name__)
                with self._lock:
                    self._waiting = some | self._waiting
