"""AWS event stream: the binary frames of `application/vnd.amazon.eventstream`, read as they come.

From Amazon's description of the encoding: 4 bytes of total length, 4 bytes of header length, a CRC-32 of these 8; the
headers (1 byte of name length, the name, 1 byte of type, the value); the payload; a CRC-32 of all before it.
"""

import struct
import zlib
from collections.abc import Mapping
from typing import NamedTuple

from tollbook.problem import Problem

MAX_FRAME = 4 * 1024 * 1024
"""Bytes of a frame; a larger one is passed over and never held."""
_PRELUDE = struct.Struct(">III")
_CRC = struct.Struct(">I")
_OVERHEAD = _PRELUDE.size + _CRC.size
_STRING = 7
_FIXED_SIZE: Mapping[int, int] = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Header types of a fixed length: booleans, integers, a time, a UUID."""
_SIZED = (6, _STRING)
"""Header types that begin with 2 bytes of length: bytes and text."""


class Frame(NamedTuple):
    """One frame: its headers of type text, and its payload."""

    headers: Mapping[str, str]
    payload: bytes


class EventStream:
    """Cuts a stream of bytes into frames; the cuts of the stream itself do not matter.

    `problem` is why reading ended: a prelude that is damaged, after which no frame can be found. `skipped` counts the
    frames that were too large or damaged themselves.
    """

    def __init__(self, where: str, max_frame: int = MAX_FRAME) -> None:
        self.problem: Problem | None = None
        self.skipped = 0
        self._where = where
        self._max_frame = max_frame
        self._buffer = bytearray()
        self._pass_over = 0

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete."""
        frames: list[Frame] = []
        if self.problem is not None:
            return frames
        self._buffer += data
        while self._step(frames):
            pass
        return frames

    def _step(self, frames: list[Frame]) -> bool:
        """Take one frame, or what is there of one that is passed over; False when more bytes are needed."""
        buffer = self._buffer
        if self._pass_over:
            gone = min(self._pass_over, len(buffer))
            del buffer[:gone]
            self._pass_over -= gone
            return bool(buffer)
        if len(buffer) < _PRELUDE.size:
            return False
        total, header_length, crc = _PRELUDE.unpack_from(buffer)
        if crc != zlib.crc32(buffer[:8]) or total < _OVERHEAD + header_length:
            self.problem = Problem(reason="frame_damaged", where=self._where, detail="prelude")
            buffer.clear()
            return False
        if total > self._max_frame:
            self.skipped += 1
            self._pass_over = total
            return True
        if len(buffer) < total:
            return False
        self._take(bytes(buffer[:total]), header_length, frames)
        del buffer[:total]
        return True

    def _take(self, frame: bytes, header_length: int, frames: list[Frame]) -> None:
        """Check one whole frame and take it apart."""
        (crc,) = _CRC.unpack_from(frame, len(frame) - _CRC.size)
        begin = _PRELUDE.size + header_length
        headers = _headers(frame[_PRELUDE.size : begin]) if crc == zlib.crc32(frame[: -_CRC.size]) else None
        if headers is None:
            self.skipped += 1
        else:
            frames.append(Frame(headers, frame[begin : -_CRC.size]))


def _headers(data: bytes) -> dict[str, str] | None:
    """The headers of type text; `None` where the block is not made of headers."""
    found: dict[str, str] = {}
    at = 0
    while at < len(data):
        begin = at + 1 + data[at]
        name, kind = data[at + 1 : begin], data[begin : begin + 1]
        if not kind:
            return None
        begin += 1
        size = _FIXED_SIZE.get(kind[0])
        if kind[0] in _SIZED:
            size = int.from_bytes(data[begin : begin + 2])
            begin += 2
        if size is None or begin + size > len(data):
            return None
        at = begin + size
        if kind[0] == _STRING:
            found[name.decode("utf-8", "replace")] = data[begin:at].decode("utf-8", "replace")
    return found
