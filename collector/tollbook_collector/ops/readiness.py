"""Readiness: whether claims can be booked now, and if not, why. It finds out by itself when they can be again.

The last commit tells. After one that failed no sender may come any more, since load balancers send none to who is not
ready; so a thread tries a small write of its own until one succeeds.
"""

import logging
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from tollbook.problem import Problem
from tollbook_collector.store.record.errors import Busy, DiskFull, Retryable
from tollbook_collector.store.record.probe import try_writing

PROBE_SECONDS = 2.0
"""Between two tries while nothing can be booked."""
STOP_SECONDS = 5.0
LEAST_FREE = 256 * 1024 * 1024
"""Bytes that must be free, or a twentieth of a disk that is smaller than 5 GiB."""
_SHARE = 20

_REMEDIES = {
    "disk_full": "Make room where the record lies. Nothing is lost: agents keep what was not acknowledged.",
    "disk_low": "Make room where the record lies, before it is full.",
    "store_busy": "Another process writes the record: see who has the file open (lsof), and end it.",
    "disk_failed": "Look at the system's log; restore a backup to another disk if this one is dying.",
}
_LOG = logging.getLogger(__name__)


def _disk(path: Path) -> tuple[int, int]:
    """Bytes of the disk a folder lies on, and how many of them are free."""
    found = shutil.disk_usage(path)
    return found.total, found.free


class Readiness:
    """Told by the writers how their commits went. For any thread."""

    def __init__(
        self,
        store: Path,
        *,
        probe: Callable[[Path], None] = try_writing,
        free: Callable[[Path], tuple[int, int]] = _disk,
        probe_seconds: float = PROBE_SECONDS,
    ) -> None:
        """`free` gives the bytes of a disk and how many of them are free."""
        self._store = store
        self._probe = probe
        self._free = free
        self._seconds = probe_seconds
        self._lock = threading.Lock()
        self._trouble: str | None = None
        self._detail = ""
        self._stopping = threading.Event()
        self._prober: threading.Thread | None = None

    def succeeded(self) -> None:
        """Something was committed."""
        if self._trouble is None:
            return
        with self._lock:
            before, self._trouble = self._trouble, None
        _LOG.warning("claims are booked again (before: %s)", before)

    def failed(self, fault: Retryable) -> None:
        """Nothing could be committed."""
        reason = "disk_full" if isinstance(fault, DiskFull) else "store_busy" if isinstance(fault, Busy) else None
        with self._lock:
            if self._trouble is None:
                _LOG.error("nothing can be booked: %s", fault)
            self._trouble, self._detail = reason or "disk_failed", str(fault)
            if self._prober is None and not self._stopping.is_set():
                self._prober = threading.Thread(target=self._try_again, name="readiness", daemon=True)
                self._prober.start()

    def problem(self) -> Problem | None:
        """Why nothing should be sent now; `None`: all is well. Cheap."""
        with self._lock:
            reason, detail = self._trouble, self._detail
        if reason is None:
            try:
                total, free = self._free(self._store.parent)
            except OSError:
                return None  # the next commit will tell
            if free >= min(LEAST_FREE, total // _SHARE):
                return None
            reason, detail = "disk_low", f"{free // 2**20} MiB are free"
        return Problem(reason="not_ready", where=reason, detail=detail, permanent=False, remedy=_REMEDIES[reason])

    def close(self) -> None:
        """End the thread."""
        self._stopping.set()
        prober = self._prober
        if prober is not None:
            prober.join(STOP_SECONDS)

    def _try_again(self) -> None:
        """Until a write succeeds."""
        while not self._stopping.wait(self._seconds):
            try:
                self._probe(self._store)
            except Retryable:
                continue
            self.succeeded()
            with self._lock:
                if self._trouble is None:
                    self._prober = None
                    return
