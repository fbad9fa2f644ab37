"""Connect's envelopes (and gRPC's, which are the same but for the end): messages of a stream of bytes, as they come.

From the Connect protocol: 1 byte of flags, 4 bytes of length, big-endian, the message. Flag 1: the message is
compressed, by gzip here; flag 2: the end of the stream, in JSON.
"""

import zlib
from typing import NamedTuple

MAX_MESSAGE = 4 * 1024 * 1024
"""Bytes of one message, packed or not; a larger one is passed over and never held."""
_HEAD = 5
"""Bytes before each message."""
_COMPRESSED, _END = 0x01, 0x02
_GZIP = zlib.MAX_WBITS | 16


class Message(NamedTuple):
    """One message, unpacked. The last of a stream is JSON and says how it ended."""

    data: bytes
    is_end: bool


class Envelopes:
    """Cuts a stream into messages; the cuts of its bytes do not matter.

    `skipped` counts the messages that were too large or could not be unpacked.
    """

    def __init__(self) -> None:
        self.skipped = 0
        self._head: bytearray = bytearray()
        self._held: bytearray = bytearray()
        self._flags: int = 0
        self._left: int | None = None
        """Bytes of the message under way that are still to come."""
        self._too_large = False

    def feed(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete."""
        found: list[Message] = []
        at = 0
        while True:
            if self._left is None:
                part = data[at : at + _HEAD - len(self._head)]
                self._head += part
                at += len(part)
                if len(self._head) < _HEAD:
                    return found
                self._begin()
            part = data[at : at + (self._left or 0)]
            at += len(part)
            self._left = (self._left or 0) - len(part)
            if not self._too_large:
                self._held += part
            if self._left:
                return found
            self._finish(found)

    def _begin(self) -> None:
        self._flags = self._head[0]
        self._left = int.from_bytes(self._head[1:], "big")
        self._head.clear()
        self._too_large = self._left > MAX_MESSAGE

    def _finish(self, found: list[Message]) -> None:
        data = None if self._too_large else self._unpacked()
        if data is None:
            self.skipped += 1
        else:
            found.append(Message(data, bool(self._flags & _END)))
        self._held.clear()
        self._left = None

    def _unpacked(self) -> bytes | None:
        if not self._flags & _COMPRESSED:
            return bytes(self._held)
        unzip = zlib.decompressobj(_GZIP)
        try:
            data = unzip.decompress(bytes(self._held), MAX_MESSAGE)
        except zlib.error:
            return None
        return data if unzip.eof else None
