"""The sealer: writes days that have become quiet into files, and deletes files that nobody can read any longer.

A day is written from a snapshot and named in the manifest only if it has not changed since. A kill at any moment leaves
at most a file without a name, which the next sealer deletes.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from tollbook_collector.store.reader.day_files import DayFiles, FilesFault
from tollbook_collector.store.reader.day_leaves import others_of, texts_of
from tollbook_collector.store.reader.leases import Lease
from tollbook_collector.store.reader.leaves import FORMAT
from tollbook_collector.store.record import manifest
from tollbook_collector.store.record.connect import connect_reading, open_file, transaction

SEALER_LEASE = "sealer.lock"
QUIET_SECONDS = 300.0
"""How long nothing of a day may change before it is sealed."""
MAX_DAYS_A_TURN = 400
PATIENT_FILES = 1_000
"""Retired files up to which deleting waits for a moment without readers; beyond, new readers wait for it."""
IMPATIENCE_SECONDS = 5.0
CHECK_SECONDS = 3_600.0
"""How often every named file is looked at."""

_LOG = logging.getLogger(__name__)


class Turn(NamedTuple):
    """What one turn did."""

    sealed: int
    deleted: int
    open_days: int
    """Days that are still read from the record."""


NOTHING = Turn(0, 0, 0)


class Sealer:
    """Seals the days of all tenants of one record. One at a time works on a record, in whatever process."""

    def __init__(
        self,
        files: DayFiles,
        record: Path,
        *,
        quiet_seconds: float = QUIET_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`record` must have the newest schema; `files` are those beside it, and closed by who opened them.

        Raises:
            OSError, sqlite3.Error: it cannot be opened.
        """
        self._files = files
        self._record = record
        self._alone = Lease(files.folder / SEALER_LEASE)
        self._quiet_seconds = quiet_seconds
        self._clock = clock
        self._seen: dict[tuple[int, int], tuple[int, float]] = {}
        """Open days: their version and since when it is known."""
        self._checked_at: float | None = None
        self._connection = open_file(record)
        self._connection.execute("PRAGMA synchronous = FULL")
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of the record, after the turn that runs."""
        with self._lock:
            self._connection.close()

    def turn(self, going_on: Callable[[], bool] = lambda: True) -> Turn:
        """Seal what has been quiet for long enough, delete what may go; ends early when `going_on` says so.

        Raises:
            Retryable, sqlite3.Error: the record cannot be read or written now; the next turn goes on.
            OSError: the folder cannot be used.
        """
        with self._lock, self._alone.alone() as mine:
            if not mine:
                return NOTHING
            open_days = self._open_days()
            quiet = [day for day in open_days if self._is_quiet(day)]
            sealed = 0
            for day in quiet[:MAX_DAYS_A_TURN]:
                if not going_on():
                    break
                sealed += self._seal(day)
            return Turn(sealed, self._delete(), len(open_days) - sealed)

    def rebuild(self) -> None:
        """Give up every file: turns write them anew from the record, which answers until then.

        Raises:
            Retryable, sqlite3.Error: nothing was given up.
        """
        with self._lock, transaction(self._connection):
            manifest.unseal(self._connection)

    def _open_days(self) -> list[manifest.Day]:
        """Days without a good file, by tenant and day."""
        self._give_up_damaged()
        now, known = self._clock(), self._seen
        found = [day for day in manifest.every_day(self._connection) if not day.is_clean(FORMAT)]
        self._seen = {}
        for day in found:
            key = day.tenant, day.day
            before = known.get(key)
            self._seen[key] = before if before is not None and before[0] == day.version else (day.version, now)
        return found

    def _give_up_damaged(self) -> None:
        """Now and then, open the days again whose files are gone or cut off."""
        now = self._clock()
        if self._checked_at is not None and now - self._checked_at < CHECK_SECONDS:
            return
        self._checked_at = now
        damaged = [day for day in manifest.every_day(self._connection) if self._is_damaged(day)]
        if damaged:
            _LOG.warning("%d day files are gone or cut off; they are written anew", len(damaged))
            with transaction(self._connection):
                for day in damaged:
                    manifest.touch(self._connection, day.tenant, [day.day])

    def _is_damaged(self, day: manifest.Day) -> bool:
        return day.is_clean(FORMAT) and day.file is not None and not self._files.is_whole(day.file, day.bytes)

    def _is_quiet(self, day: manifest.Day) -> bool:
        version, since = self._seen[day.tenant, day.day]
        return version == day.version and self._clock() - since >= self._quiet_seconds

    def _seal(self, day: manifest.Day) -> bool:
        """Write a day and name its file; whether it is sealed now."""
        with closing(connect_reading(self._record)) as reading:
            reading.execute("BEGIN")
            now = manifest.one_day(reading, day.tenant, day.day)
            if now is None or now.version != day.version:
                return False
            texts, others = texts_of(reading, day.tenant, day.day), others_of(reading, day.tenant, day.day)
            try:
                name, size = self._files.write(day.tenant, day.day, day.version, texts, others)
            except (OSError, FilesFault) as fault:
                _LOG.warning("a day stays in the record alone, its file cannot be written: %s", str(fault))
                return False
        with transaction(self._connection):
            sealed = manifest.seal(self._connection, now, FORMAT, name, size)
        if sealed:
            self._seen.pop((day.tenant, day.day), None)
        return sealed

    def _delete(self) -> int:
        """Delete files that no reader can have been told of: retired ones, and those that never got a name."""
        waiting = manifest.retired(self._connection)
        named = {day.file for day in manifest.every_day(self._connection)}
        gone = self._files.names() - named
        if not waiting and not gone:
            return 0
        with self._files.readers.alone(IMPATIENCE_SECONDS if len(waiting) > PATIENT_FILES else 0.0) as nobody_reads:
            if not nobody_reads:
                return 0
            deleted = _unlink(self._files.folder, gone)
        left = self._files.names()
        with transaction(self._connection):
            manifest.forget_retired(self._connection, [name for name in waiting if name not in left])
        return deleted


def _unlink(folder: Path, names: Iterable[str]) -> int:
    """Delete files; how many went. One that another program holds open stays for the next turn."""
    deleted = 0
    for name in names:
        try:
            (folder / name).unlink(missing_ok=True)
            deleted += 1
        except OSError as fault:
            _LOG.warning("%s cannot be deleted: %s", name, fault)
    return deleted
