"""Keeps the status line's one file written: after every booking, and once a minute so that its age tells who is alive.

A thread of its own with a reader's connection: neither booking nor a tool waits for it, and whatever goes wrong here
shows as an old file.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tollbook_agent import spans
from tollbook_agent.capture.proxy import files
from tollbook_agent.settings import Settings
from tollbook_agent.statusline import FILE, MAGIC
from tollbook_agent.store.connect import StoreError, connect_reading
from tollbook_agent.store.glance import Glance, glance

BEAT_SECONDS = 60.0
APART_SECONDS = 1.0
"""Between two writings, at least."""
WORK_SHARE = 20
"""After a writing it rests this many times as long as the writing took."""
ACTIVE_NS = 24 * 3600 * 10**9
"""A session without a call for longer is not in the file."""
MAX_WORD = 64
STOP_SECONDS = 2.0

type Failing = Callable[[], bool]
"""Whether what is read cannot be stored at the moment."""


def cents(amount_nano_usd: int) -> str:
    """Dollars and cents, half up."""
    whole = (amount_nano_usd + 5_000_000) // 10_000_000
    return f"${whole // 100:,}.{whole % 100:02d}"


def text_of(found: Glance, state: str, written: int, midnight: int) -> str:
    """The file's text (`statusline.py` describes it). What is not a plain word is not in it."""
    lines = [f"{MAGIC} 1 {written} {midnight} {state}", f"today {cents(found.today_nano_usd)}"]
    for one in found.sessions:
        if _is_word(one.session_id):
            lines.append(f"{one.session_id} {_tickets(one.tickets)} {cents(one.list_nano_usd)}")
    return "\n".join(lines) + "\n"


def _tickets(keys: str) -> str:
    words = [word for word in keys.split() if _is_word(word)]
    if not words:
        return "no ticket"
    return words[0] if len(words) == 1 else f"{words[0]}+{len(words) - 1}"


def _is_word(text: str) -> bool:
    return len(text) <= MAX_WORD and text.isascii() and all(each.isalnum() or each in "._-" for each in text)


def write(path: Path, text: str) -> None:
    """Replace the file as a whole; only this user can read it.

    Raises:
        OSError: it cannot be written; the one before stays.
    """
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, text.encode("ascii"))
    finally:
        os.close(descriptor)
    temporary.replace(path)


class StatusFile:
    """The thread that writes."""

    def __init__(self, settings: Settings, failing: Failing) -> None:
        self._settings, self._failing = settings, failing
        self._path = settings.home / FILE
        self._zone = ZoneInfo(settings.timezone) if settings.timezone else None
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="status-file", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Something was booked."""
        self._wake.set()

    def stop(self) -> None:
        """Take the file away: nobody keeps it written any more."""
        self._stopping.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(STOP_SECONDS)
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _run(self) -> None:
        while not self._stopping.is_set():
            begun = time.monotonic()
            with contextlib.suppress(StoreError, OSError):
                self.write(self._state())
            self._stopping.wait(max(APART_SECONDS, WORK_SHARE * (time.monotonic() - begun)))
            self._wake.wait(BEAT_SECONDS)
            self._wake.clear()

    def _state(self) -> str:
        if self._failing():
            return "error"
        network = files.load(self._settings.home)
        return "on" if network is None or network.capture else "off"

    def write(self, state: str) -> None:
        """Ask the store and write.

        Raises:
            StoreError, OSError: it is not possible now.
        """
        now = datetime.now(UTC).astimezone(self._zone)
        connection = connect_reading(self._settings.store)
        if connection is None:
            return
        with contextlib.closing(connection):
            start = spans.nanoseconds(spans.begin(spans.TODAY, now))
            found = glance(connection, start, time.time_ns() - ACTIVE_NS)
        midnight = int(spans.midnight_after(now).timestamp())
        write(self._path, text_of(found, state, int(now.timestamp()), midnight))
