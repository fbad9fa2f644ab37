"""Which lines of a transcript are worth decoding.

Most bytes of a transcript are prompts and tool results. One search over all of them finds the lines that can hold a
response, one over the line ends finds the few records about the session, which begin with their type.
"""

import re
from collections.abc import Iterator
from enum import IntEnum

from tollbook_agent.capture.logs.claude_records import KNOWN_TYPES

MAX_LINE_BYTES = 32 * 1024 * 1024
"""A longer line is not decoded: the longest seen are about 1 MB."""
MAX_OTHER_BYTES = 4096
"""How far a record that does not begin like Claude Code's is searched for its type."""
MAX_RESULT_LINES = 64
"""After a call of WebSearch its result is looked for in this many lines: agents that run beside it write between."""

RESPONSE_MARK = b'"assistant"'
"""In every record that can hold a response: as its own type, or as that of the line nested in it. Inside of a prompt
the quotes would be escaped."""
RESULT_MARK = b'"searchCount":'
_ORDINARY = b'{"parentUuid":'
"""How the records of the conversation begin."""
_TYPE = re.compile(rb'[ \t\0]*(?:\xef\xbb\xbf)?\{\s*"type"\s*:\s*"([A-Za-z0-9_-]{1,40})"')
BLANK = b" \t\r\0\xef\xbb\xbf"
"""What may stand before a record: padding of a crash, a byte order mark."""
_EVENTS = (b'"pr-link"', b'"worktree-state"')
_NO_OTHER_TYPES = KNOWN_TYPES - {"pr-link", "worktree-state", "cost-state"}


class Found(IntEnum):
    """Why a line is of interest."""

    RESPONSE = 0
    EVENT = 1
    """Says something about the session."""
    COST_STATE = 2
    RESULT = 3
    """May say how often WebSearch searched."""
    UNKNOWN = 4
    """Of a type this reader does not know."""
    NO_JSON = 5
    TOO_LONG = 6


class Scan:
    """The lines of interest of `data`, as (why, first byte, byte after the last)."""

    def __init__(self, data: bytes, result_lines: int) -> None:
        self._data = data
        self.result_lines = result_lines
        """In how many more lines the result of a web search may stand; whoever iterates may set it."""

    def __iter__(self) -> Iterator[tuple[Found, int, int]]:
        data, find, begins = self._data, self._data.find, self._data.startswith
        size = len(data)
        start, mark = 0, find(RESPONSE_MARK)
        while start < size:
            end = find(b"\n", start)
            if end < 0:
                end = size
            if start <= mark < end:
                yield (Found.RESPONSE if end - start <= MAX_LINE_BYTES else Found.TOO_LONG), start, end
                mark = find(RESPONSE_MARK, end)
            elif not begins(_ORDINARY, start):
                why = _look_closer(data, start, end)
                if why is not None:
                    yield why, start, end
            if self.result_lines > 0:
                self.result_lines -= 1
                if find(RESULT_MARK, start, end) >= 0:
                    yield Found.RESULT, start, end
            start = end + 1


def _look_closer(data: bytes, start: int, end: int) -> Found | None:
    """What a line is that holds no response and does not begin like a record of the conversation."""
    match = _TYPE.match(data, start, end)
    if match is None:
        head = data[start : min(end, start + MAX_OTHER_BYTES)]
        if any(event in head for event in _EVENTS):
            return Found.EVENT
        first = head.lstrip(BLANK)[:1]
        return None if first in (b"{", b"") else Found.NO_JSON
    kind = match[1].decode("ascii")
    if kind in _NO_OTHER_TYPES:
        return None
    if kind == "cost-state":
        return Found.COST_STATE
    return Found.UNKNOWN if kind not in KNOWN_TYPES else Found.EVENT


def type_at(data: bytes, start: int, end: int) -> str:
    """The type a record begins with; empty where it does not."""
    match = _TYPE.match(data, start, end)
    return match[1].decode("ascii") if match else ""
