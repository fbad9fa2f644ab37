"""Server-sent events, read as they come.

From the HTML standard, "Server-sent events": lines end with CR, LF or CRLF, a byte order mark may stand first, several
`data` lines of one event are joined by LF, an empty line ends an event, lines that begin with a colon are comments.
What these streams do not use (`id`, `retry`) is dropped.
"""

from typing import NamedTuple

MAX_EVENT = 8 * 1024 * 1024
"""Bytes of one event, names and line ends included: an event of the end of a stream may repeat a whole response."""
MAX_NAME = 128
"""Bytes of an event's name; a longer one is cut."""
_BOM = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """One event. `name` is empty where the stream gave none; `data` is never empty."""

    name: str
    data: bytes


class Sse:
    """Cuts a stream of bytes into events; the cuts of the stream itself do not matter.

    `skipped` counts the events that were larger than `max_event`: they are passed over and never held.
    """

    def __init__(self, max_event: int = MAX_EVENT) -> None:
        self.skipped = 0
        self._max_event = max_event
        self._line = bytearray()
        self._after_cr = False
        self._at_start = True
        self._name = b""
        self._data: list[bytes] = []
        self._size = 0
        self._too_large = False

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete."""
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        if b"\r" in data:
            self._after_cr = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = data.split(b"\n")
        events: list[Event] = []
        for line in lines:
            if self._line:
                self._begin_line(line)
                line = bytes(self._line)
                self._line.clear()
            self._end_line(line, events)
        self._begin_line(rest)
        return events

    def end(self) -> list[Event]:
        """The event whose empty line never came, if there is one: the stream is over.

        The standard drops it. A whole answer of which only the last line end is missing is still an answer; a torn
        one is told from it by whoever reads `data`.
        """
        events: list[Event] = []
        if self._line:
            line = bytes(self._line)
            self._line.clear()
            self._end_line(line, events)
        self._dispatch(events)
        return events

    def _begin_line(self, part: bytes) -> None:
        """Keep a part of a line whose end has not come."""
        if self._size + len(self._line) + len(part) > self._max_event:
            self._too_large = True
            self._data.clear()
            self._size = 0
            del self._line[1:]  # one byte stays: the line is not empty, and so does not end the event
            part = part[:1] if not self._line else b""
        self._line += part

    def _end_line(self, line: bytes, events: list[Event]) -> None:
        """Read one whole line."""
        self._size += len(line)
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if not line:
            self._dispatch(events)
            return
        if self._too_large or self._size > self._max_event:
            self._too_large = True
            self._data.clear()
            return
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._name = value[:MAX_NAME]

    def _dispatch(self, events: list[Event]) -> None:
        """End an event."""
        if self._too_large:
            self.skipped += 1
        elif any(self._data):
            events.append(Event(self._name.decode("utf-8", "replace"), b"\n".join(self._data)))
        self._name = b""
        self._data.clear()
        self._size = 0
        self._too_large = False
