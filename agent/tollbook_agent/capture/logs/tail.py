"""Resumable tailing of one log file: what is new since a cursor, as whole lines.

Files grow, shrink, are replaced, move to an archive and are compressed there. A cursor is believed only when the
file's first line and the bytes before the offset are still what they were; otherwise the file is read again from its
beginning, which the ids in it make harmless. Nothing here interprets a line.
"""

import hashlib
import io
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import zstandard

from tollbook_agent.capture.logs.discover import Found
from tollbook_agent.store.connect import FileCursor

CHUNK_BYTES = 64 * 1024 * 1024
"""Read and handed to a reader at once."""
HEAD_BYTES = 4096
"""Of the first line, what identifies a file."""
TAIL_BYTES = 256
"""Before the offset, what proves that the file was only appended to."""
MAX_LINE_BYTES = 32 * 1024 * 1024
"""A longer line is passed over and counted."""
HASH_BYTES = 8
PACKED_BYTES = 256 * 1024
"""Of a compressed file, read at once."""
COMPRESSED = ".zst"
NOTHING = hashlib.blake2b(b"", digest_size=HASH_BYTES).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Whole lines of a file. A `provisional` piece is the unfinished last line, which may be complete already: what it
    holds may be stored, but the cursor stays before it."""

    data: bytes
    offset: int
    """After these lines."""
    provisional: bool = False
    skipped_lines: int = 0
    """Lines over the limit that were passed over before this piece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where reading starts."""

    offset: int
    state: str
    head: bytes
    proof: bytes
    """Hash of the bytes before the offset."""
    restarted: bool
    """Read from the beginning though some of it had been read before: its discards are counted anew."""


Adopt = Callable[[bytes], FileCursor | None]
"""The cursor of a file with this head that is no longer where it was."""


def unchanged(found: Found, cursor: FileCursor | None) -> bool:
    """Whether a file is as it was at the last look."""
    return (
        cursor is not None
        and cursor.size == found.size
        and cursor.mtime_ns == found.mtime_ns
        and cursor.inode == found.inode
        and cursor.device == found.device
    )


class _Unpacked(io.RawIOBase):
    """The plain text of a compressed file. A file that ends inside a frame is an error, not an end."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._frame: Any = None
        """Decodes the frame begun; `None` between frames."""
        self._ready = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises zstandard.ZstdError where the file is damaged or cut short."""
        while not self._ready and not self._ended:
            packed = self._packed.read(PACKED_BYTES)
            if packed:
                self._ready = self._decoded(packed)
            else:
                self._ended = True
                if self._frame is not None:
                    raise zstandard.ZstdError("the compressed file is cut short")
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _decoded(self, packed: bytes) -> bytes:
        """The plain text of some packed bytes, which may hold the ends of several frames."""
        plain: list[bytes] = []
        while packed:
            frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
            plain.append(frame.decompress(packed))
            packed = frame.unused_data if frame.eof else b""
            self._frame = None if frame.eof else frame
        return b"".join(plain)

    def close(self) -> None:
        self._packed.close()
        super().close()


def _open(path: str) -> BinaryIO:
    raw = open(path, "rb")  # noqa: SIM115 - the caller closes it
    return io.BufferedReader(_Unpacked(raw), PACKED_BYTES) if path.endswith(COMPRESSED) else raw


def _skip(stream: BinaryIO, path: str, offset: int) -> None:
    """Go to an offset of the plain text; a compressed stream is read up to it."""
    if not path.endswith(COMPRESSED):
        stream.seek(offset)
        return
    while offset > 0:
        read = stream.read(min(offset, CHUNK_BYTES))
        if not read:
            return
        offset -= len(read)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=HASH_BYTES).digest()


def read_head(path: str) -> bytes:
    """Hash of the first line, as far as it identifies the file; empty while the first line is unfinished.

    Raises:
        OSError, zstandard.ZstdError: the file cannot be read.
    """
    with _open(path) as stream:
        first = stream.read(HEAD_BYTES)
    line, newline, _ = first.partition(b"\n")
    return _digest(line) if newline or len(first) == HEAD_BYTES else b""


def proof(path: str, offset: int, data: bytes) -> bytes:
    """Hash of the bytes before an offset, `data` being the last of them.

    Raises:
        OSError, zstandard.ZstdError: `data` is too short and the file cannot be read.
    """
    if len(data) >= TAIL_BYTES or len(data) == offset:
        return _digest(data[-TAIL_BYTES:])
    with _open(path) as stream:
        size = min(TAIL_BYTES, offset)
        _skip(stream, path, offset - size)
        return _digest(stream.read(size))


def start(found: Found, cursor: FileCursor | None, adopt: Adopt) -> Start:
    """Where to start reading a file that has changed.

    Raises:
        OSError, zstandard.ZstdError: the file cannot be read now.
    """
    head = read_head(found.path)
    known = cursor
    if known is None and head:
        known = adopt(head)
    if known is None:
        return Start(offset=0, state="", head=head, proof=NOTHING, restarted=False)
    if known.offset and known.head == head and _still_there(found.path, known):
        return Start(offset=known.offset, state=known.state, head=head, proof=known.tail, restarted=False)
    return Start(offset=0, state="", head=head, proof=NOTHING, restarted=True)


def _still_there(path: str, cursor: FileCursor) -> bool:
    """Whether the bytes before the offset are those that were read."""
    with _open(path) as stream:
        size = min(TAIL_BYTES, cursor.offset)
        _skip(stream, path, cursor.offset - size)
        return _digest(stream.read(size)) == cursor.tail


def pieces(path: str, offset: int) -> Iterator[Piece]:
    """The whole lines from an offset to the end, then the unfinished last line where it looks complete.

    A line over the limit is passed over once it has ended, wherever it was cut while it grew.

    Raises:
        OSError, zstandard.ZstdError: the file cannot be read further; what came before is good.
    """
    rest = b""
    passed = skipped = 0
    """Bytes of an unfinished line over the limit; lines over the limit that no piece has told of yet."""
    with _open(path) as stream:
        _skip(stream, path, offset)
        while chunk := stream.read(CHUNK_BYTES):
            data = rest + chunk if rest else chunk
            if passed:
                end = data.find(b"\n") + 1
                if not end:
                    passed += len(data)
                    continue
                offset, passed, skipped, data = offset + passed + end, 0, skipped + 1, data[end:]
            end = data.rfind(b"\n") + 1
            rest = data[end:]
            if end:
                yield from _within_limit(data[:end], offset, skipped)
                offset, skipped = offset + end, 0
            if len(rest) > MAX_LINE_BYTES:
                passed, rest = len(rest), b""
    if skipped:
        yield Piece(data=b"", offset=offset, skipped_lines=skipped)
    if rest.rstrip().endswith(b"}"):
        yield Piece(data=rest + b"\n", offset=offset, provisional=True)


def _within_limit(data: bytes, offset: int, skipped: int) -> Iterator[Piece]:
    """Whole lines that begin at an offset, without those over the limit: nearly always one piece."""
    place = done = 0
    while len(data) - place > MAX_LINE_BYTES:
        newline = data.rfind(b"\n", place, place + MAX_LINE_BYTES + 1)
        if newline >= 0:
            place = newline + 1
            continue
        if place > done:
            yield Piece(data=data[done:place], offset=offset + place, skipped_lines=skipped)
            skipped = 0
        place = done = data.find(b"\n", place) + 1
        skipped += 1
    yield Piece(data=data[done:] if done else data, offset=offset + len(data), skipped_lines=skipped)


def gone(cursors: Mapping[str, FileCursor]) -> Adopt:
    """Adoption among known files: the cursor with this head whose file is no longer there."""
    by_head: dict[bytes, list[FileCursor]] = {}
    for cursor in cursors.values():
        if cursor.head:
            by_head.setdefault(cursor.head, []).append(cursor)

    def adopt(head: bytes) -> FileCursor | None:
        missing = [each for each in by_head.get(head, ()) if not os.path.exists(each.path)]
        return max(missing, key=lambda each: each.offset) if missing else None

    return adopt
