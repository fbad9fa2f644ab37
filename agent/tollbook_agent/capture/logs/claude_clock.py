"""When a transcript line was written, also where it does not say so."""

import re

from tollbook.vocabulary import Basis
from tollbook_agent.capture.logs.claude_times import nanoseconds

MAX_TRIES = 32
"""Texts that look like a timestamp and are none, on the way back to the one before a line."""
_KEY = b'"timestamp"'
_VALUE = re.compile(rb'"timestamp"\s*:\s*"([0-9TZ:.+-]{1,40})"')


class Clock:
    """Times of the lines of one piece of a file."""

    def __init__(self, data: bytes, last: int | None, fallback: int) -> None:
        self._data = data
        self._last = last
        self._searched = 0
        """`_last` is right up to here."""
        self._fallback = fallback

    def guess(self, start: int) -> tuple[int, Basis]:
        """When the line that begins at `start` was written, if it does not say so: the latest time before it."""
        before = self.before(start)
        return (self._fallback, Basis.DEFAULT) if before is None else (before, Basis.SHAPE)

    def before(self, end: int) -> int | None:
        """The last timestamp before a byte, in this piece or an earlier one. Bytes must not go back."""
        place = end
        for _ in range(MAX_TRIES):
            place = self._data.rfind(_KEY, self._searched, place)
            if place < 0:
                break
            match = _VALUE.match(self._data, place)
            time = nanoseconds(match[1].decode("ascii")) if match else None
            if time is not None:
                self._last = time
                break
        self._searched = end
        return self._last
