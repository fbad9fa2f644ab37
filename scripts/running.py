"""Programs started by `make up`: what they say first, what they complain about, and that none is left behind."""

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import IO

BIN = Path(sys.executable).parent
STOP_SECONDS = 15
LOOK_SECONDS = 0.1
LAST_LINES = 40
"""Lines of a program's complaints that are kept."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
"""Ctrl-C, a request to end, and a terminal that was closed."""


class Stopped(Exception):
    """One of `SIGNALS` arrived."""


class Failed(Exception):
    """A part did not do what it must; the message says which, and what it said."""


_asked: list[int] = []
"""The signals that arrived."""


def stop_on_signals() -> None:
    """From here on a signal is remembered, and `pause` acts on it: an exception at any moment could get lost."""
    for number in SIGNALS:
        signal.signal(number, lambda number, _frame: _asked.append(number))


def pause(seconds: float = 0.0) -> None:
    """Wait a moment.

    Raises:
        Stopped: one of `SIGNALS` has arrived.
    """
    time.sleep(seconds)
    if _asked:
        raise Stopped


class Part:
    """One of our programs at work, in a session of its own, so that Ctrl-C reaches it through us and in order."""

    def __init__(self, command: list[str], environment: Mapping[str, str], parts: "list[Part]") -> None:
        self.name = " ".join(command)
        self._complaints: deque[str] = deque(maxlen=LAST_LINES)
        self._said: deque[str] = deque(maxlen=1)
        self._spoken = threading.Event()
        bars = sys.stderr.isatty()
        """On a terminal, programs show their own progress and complaints."""
        self.process = subprocess.Popen(
            [BIN / command[0], *command[1:]],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if bars else subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        parts.append(self)
        self._readers = [threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True)]
        if not bars:
            self._readers.append(threading.Thread(target=self._overhear, args=(self.process.stderr,), daemon=True))
        for reader in self._readers:
            reader.start()

    def _listen(self, stream: IO[str]) -> None:
        """Keep the first line and let the others go, so that the program never waits for a reader."""
        for line in stream:
            if not self._spoken.is_set():
                self._said.append(line.rstrip("\n"))
                self._spoken.set()
        self._spoken.set()

    def _overhear(self, stream: IO[str]) -> None:
        self._complaints.extend(iter(stream.readline, ""))

    def first_line(self, seconds: float) -> str:
        """What the program prints first.

        Raises:
            Failed: it ended before, or said nothing in time.
            Stopped: somebody asked for the end.
        """
        deadline = time.monotonic() + seconds
        while not self._spoken.wait(LOOK_SECONDS):
            pause()
            if time.monotonic() > deadline:
                raise self.failure(f"said nothing for {seconds} seconds")
        if not self._said:
            raise self.failure("did not start")
        return self._said[0]

    def failure(self, what: str) -> Failed:
        """What to tell about a part that does not do its work."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
            for reader in self._readers:
                reader.join(1)
        code = self.process.poll()
        ended = "" if code is None else f" (exit code {code})"
        return Failed(f"`{self.name}` {what}{ended}\n{''.join(self._complaints)}".rstrip())

    def check(self) -> None:
        """Raises Failed where the program has ended."""
        if self.process.poll() is not None:
            raise self.failure("ended by itself")

    def stop(self) -> None:
        """Ask, wait, insist. SIGTERM, because a SIGINT may get lost in a program that is still starting."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
