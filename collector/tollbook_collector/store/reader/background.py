"""Day files in a running collector: one DuckDB for all tenants, and the sealer's own thread."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tollbook_collector.priority import give_way
from tollbook_collector.store.reader.day_files import FOLDER_MODE, DayFiles, FilesFault, folder_of
from tollbook_collector.store.reader.duck_reader import DuckReader
from tollbook_collector.store.reader.opening import open_files
from tollbook_collector.store.reader.sealer import QUIET_SECONDS, Sealer
from tollbook_collector.store.record.errors import RecordError

TURN_SECONDS = 15.0
REST = 2
"""After each day it rests so many times as long as the day took: a third of a processor while much is to be sealed."""
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
        give_way()
        while not self._stop.is_set():
            try:
                self._sealer.turn(self._rested())
            except (OSError, sqlite3.Error, RecordError) as fault:
                _LOG.warning("days could not be sealed: %s", fault)
            except Exception:
                _LOG.exception("days could not be sealed")
            self._stop.wait(self._turn_seconds)

    def _rested(self) -> Callable[[], bool]:
        """Asked before each day of a turn whether to go on; rests first."""
        began: float | None = None

        def going_on() -> bool:
            nonlocal began
            if began is not None:
                self._stop.wait(REST * (time.monotonic() - began))
            began = time.monotonic()
            return not self._stop.is_set()

        return going_on


class SealedDays:
    """The files of a record, which are written as days become quiet, and readers over them."""

    def __init__(self, files: DayFiles, sealer: Sealer, turn_seconds: float) -> None:
        self._files = files
        self._sealing = BackgroundSealer(sealer, turn_seconds=turn_seconds)

    @classmethod
    def beside(
        cls, record: Path, *, quiet_seconds: float = QUIET_SECONDS, turn_seconds: float = TURN_SECONDS
    ) -> Self | None:
        """Those of a record of the newest schema. `None`: DuckDB is not installed, or the folder cannot be used, which
        is logged; the record answers alone then, only slower."""
        try:
            folder_of(record).mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
            files = open_files(record)
            return (
                None if files is None else cls(files, Sealer(files, record, quiet_seconds=quiet_seconds), turn_seconds)
            )
        except (OSError, sqlite3.Error, FilesFault) as fault:
            _LOG.warning("there will be no day files, the record answers alone: %s", fault)
            return None

    def reader(self, record: Path, tenant: int) -> DuckReader:
        """A tenant's reader; closed by who asked for it."""
        return DuckReader(self._files, record, tenant)

    def close(self) -> None:
        """Stop sealing and let go of DuckDB. Readers are closed before."""
        self._sealing.close()
        self._files.close()
