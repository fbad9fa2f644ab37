"""The outermost objects of a JSON text, one by one as they come: of an array that grows, or of one object alone.

Without `alt=sse` Gemini streams one JSON array, an element a chunk. What stands between the objects is not looked at:
whoever decodes them sees whether they are JSON.
"""

import re

MAX_OBJECT = 16 * 1024 * 1024
"""Bytes of one object, pictures in it included; a larger one is passed over and never held."""
_MARK = re.compile(rb'["\\{}]')
_QUOTE, _BACKSLASH, _OPEN, _CLOSE = b'"\\{}'


class Objects:
    """Cuts a JSON text into its outermost objects; the cuts of its bytes do not matter.

    `skipped` counts the objects that were larger than `max_object`.
    """

    def __init__(self, max_object: int = MAX_OBJECT) -> None:
        self.skipped = 0
        self._max_object = max_object
        self._held = bytearray()
        self._depth = 0
        self._in_text = False
        self._escaped = False
        self._too_large = False

    def feed(self, data: bytes) -> list[bytes]:
        """The objects that these bytes complete."""
        found: list[bytes] = []
        begin = 0
        past = 1 if self._escaped and data else 0
        self._escaped = self._escaped and not data
        for match in _MARK.finditer(data, past):
            at = match.start()
            if at < past:
                continue
            mark = data[at]
            if self._in_text:
                if mark == _BACKSLASH:
                    past = at + 2
                    self._escaped = past > len(data)
                elif mark == _QUOTE:
                    self._in_text = False
            elif mark == _QUOTE:
                self._in_text = self._depth > 0
            elif mark == _OPEN:
                begin = begin if self._depth else at
                self._depth += 1
            elif mark == _CLOSE and self._depth:
                self._depth -= 1
                if not self._depth:
                    self._hold(data[begin : at + 1])
                    self._finish(found)
        if self._depth:
            self._hold(data[begin:])
        return found

    def _hold(self, part: bytes) -> None:
        if self._too_large or len(self._held) + len(part) > self._max_object:
            self._too_large = True
            self._held.clear()
        else:
            self._held += part

    def _finish(self, found: list[bytes]) -> None:
        if self._too_large:
            self.skipped += 1
        else:
            found.append(bytes(self._held))
        self._held.clear()
        self._too_large = False
