"""Runs a program in a pseudo-terminal, types into it and reads its screen."""

import contextlib
import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

from tests.clients.running import end_group

ROWS, COLUMNS = 50, 160
READ_BYTES = 64 << 10
KEPT_CHARACTERS = 400_000
LOOK_SECONDS = 0.1
WAIT_SECONDS = 90.0
CONTROL = re.compile(
    rb"\x1b\[[0-9;?<>=]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b[=>78cDEHM]"
)
QUESTIONS: Mapping[bytes, bytes] = {
    b"\x1b[6n": b"\x1b[1;1R",  # where is the cursor
    b"\x1b[c": b"\x1b[?62;22c",  # what kind of terminal
    b"\x1b[>q": b"\x1bP>|xterm(390)\x1b\\",
    b"\x1b[?u": b"\x1b[?0u",
}
"""What programs ask a terminal at their start, and the answers; they wait for some of them."""


class Terminal:
    """One program and its screen, as the text that it has ever written."""

    def __init__(self, main: int) -> None:
        self._main = main
        self._raw = b""

    @property
    def text(self) -> str:
        """All that was written so far, less control sequences and blanks: programs place words by moving the cursor."""
        plain = CONTROL.sub(b"", self._raw).decode("utf-8", "replace")
        return re.sub(r"\s+", "", plain)

    def type(self, text: str) -> None:
        """Type it, key by key: programs take a burst for something pasted."""
        for character in text:
            os.write(self._main, character.encode())
            self.watch(0.01)

    def watch(self, seconds: float) -> bool:
        """Read for so long at most; whether the program still has the terminal open."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self._main], [], [], min(left, LOOK_SECONDS))[0]:
                continue
            try:
                data = os.read(self._main, READ_BYTES)
            except OSError:  # how Linux says that the other side is closed
                return False
            if not data:
                return False
            self._raw = (self._raw + data)[-KEPT_CHARACTERS:]
            for question, answer in QUESTIONS.items():
                for _ in range(data.count(question)):
                    os.write(self._main, answer)
        return True

    def wait_for(self, words: str, seconds: float = WAIT_SECONDS) -> None:
        """Until these words, blanks aside, have been written.

        Raises:
            TimeoutError: they were not; says what was.
        """
        wanted = re.sub(r"\s+", "", words)
        end = time.monotonic() + seconds
        while wanted not in self.text:
            if time.monotonic() > end or not self.watch(LOOK_SECONDS):
                raise TimeoutError(f"{words!r} did not appear; the end of the screen: {self.text[-1500:]}")


@contextlib.contextmanager
def terminal(
    words: Sequence[str], *, folder: Path, environment: Mapping[str, str]
) -> Generator[tuple[Terminal, subprocess.Popen[bytes]]]:
    """The program in a terminal of its own; its group is ended at the end, whatever happens."""
    main, side = os.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    whole = {**environment, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": str(ROWS)}
    child = subprocess.Popen(
        words, cwd=folder, env=whole, stdin=side, stdout=side, stderr=side, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(side)
    try:
        yield Terminal(main), child
    finally:
        end_group(child.pid)
        child.wait()
        os.close(main)
