"""The body of an HTTP request: as long as it says or in chunks, plain or gzip, never more than is allowed."""

import zlib
from typing import Protocol

MAX_CHUNK_LINE = 1_024
"""Bytes of the line before a chunk, its extensions included."""
MAX_TRAILERS = 16
_GZIP = 16 + zlib.MAX_WBITS


class Input(Protocol):
    """A connection's read side."""

    def read(self, size: int, /) -> bytes: ...

    def readline(self, size: int, /) -> bytes: ...


class BodyError(Exception):
    """The body cannot be taken. `status` is the HTTP status that says so."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def read_body(stream: Input, *, length: str | None, transfer: str | None, coding: str | None, most: int) -> bytes:
    """The whole body, decompressed.

    Raises:
        BodyError: it is too long, damaged, ends early, or is encoded in another way.
        OSError: the connection failed.
    """
    if (coding or "identity").lower() not in ("identity", "gzip"):
        raise BodyError(415, "only gzip is decompressed")
    if transfer is not None:
        if transfer.strip().lower() != "chunked" or length is not None:
            raise BodyError(400, "unknown transfer encoding")
        raw = _chunks(stream, most)
    else:
        raw = _counted(stream, length, most)
    return _gunzip(raw, most) if (coding or "").lower() == "gzip" else raw


def _counted(stream: Input, length: str | None, most: int) -> bytes:
    if length is None:
        raise BodyError(411, "the length is missing")
    if not (length.isascii() and length.isdecimal()):
        raise BodyError(400, "the length is no number")
    if len(length) > 12 or int(length) > most:
        raise BodyError(413, f"more than {most} bytes")
    return _exactly(stream, int(length))


def _chunks(stream: Input, most: int) -> bytes:
    body = bytearray()
    while True:
        line = stream.readline(MAX_CHUNK_LINE)
        size_text = line.split(b";", 1)[0].strip()
        if not line.endswith(b"\n") or not size_text or len(size_text) > 8:
            raise BodyError(400, "a damaged chunk")
        try:
            size = int(size_text, 16)
        except ValueError:
            raise BodyError(400, "a damaged chunk") from None
        if size < 0 or len(body) + size > most:
            raise BodyError(413, f"more than {most} bytes")
        if size == 0:
            break
        body += _exactly(stream, size)
        if stream.readline(3).strip():
            raise BodyError(400, "a damaged chunk")
    for _ in range(MAX_TRAILERS):
        if not stream.readline(MAX_CHUNK_LINE).strip():
            return bytes(body)
    raise BodyError(400, "too many trailers")


def _exactly(stream: Input, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise BodyError(400, "the body ends early")
    return data


def _gunzip(raw: bytes, most: int) -> bytes:
    unzip = zlib.decompressobj(_GZIP)
    try:
        data = unzip.decompress(raw, most)
    except zlib.error:
        raise BodyError(400, "damaged gzip") from None
    if unzip.unconsumed_tail or (not unzip.eof and len(data) >= most):
        raise BodyError(413, f"more than {most} bytes")
    if not unzip.eof:
        raise BodyError(400, "the gzip ends early")
    return data
