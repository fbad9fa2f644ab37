"""The body of an OTLP/HTTP request: never more of it is held than is allowed, packed or unpacked."""

import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

CODINGS: frozenset[str] = frozenset({"", "identity", "gzip"})
MAX_RATIO = 256
"""Bytes a byte of gzip may become. Spans that are all alike become 30 or so; zeros become 1,030."""
RATIO_FROM = 64 * 1024
"""Bytes from which the ratio is looked at."""
MAX_MEMBERS = 16
"""Streams of gzip after one another in one body."""
_STEP = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class BodyError(Exception):
    """The body cannot be taken: `status` is the HTTP status that says so, `reason` a fixed code."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason

    def __reduce__(self) -> tuple[type["BodyError"], tuple[int, str, str]]:
        return BodyError, (self.status, self.reason, str(self))


async def receive_body(receive: Receive, *, declared: str | None, most: int) -> bytes:
    """The body as it was sent.

    Raises:
        BodyError: it is larger than `most`, by its own word or in fact, or the client left.
    """
    if declared is not None and (not declared.isdecimal() or len(declared) > 12 or int(declared) > most):
        raise _too_large(most)
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise BodyError(400, "client_left", "the body ends early")
        body += message.get("body", b"")
        if len(body) > most:
            raise _too_large(most)
        if not message.get("more_body", False):
            return bytes(body)


def unpack(raw: bytes, *, coding: str, most: int) -> bytes:
    """The body unpacked. It stops where the body becomes too large or grows too fast to be telemetry.

    Raises:
        BodyError: it is too large, damaged, or packed in another way.
    """
    if coding != "gzip":
        if len(raw) > most:
            raise _too_large(most)
        return raw
    unpacked = bytearray()
    rest = raw
    for _ in range(MAX_MEMBERS):
        rest = _member(rest, len(raw), unpacked, most)
        if not rest:
            return bytes(unpacked)
    raise BodyError(400, "not_gzip", f"more than {MAX_MEMBERS} streams of gzip")


def _member(raw: bytes, packed: int, unpacked: bytearray, most: int) -> bytes:
    """Unpack one stream of gzip; what comes after it."""
    stream = zlib.decompressobj(_GZIP)
    while not stream.eof:
        try:
            data = stream.decompress(raw, _STEP)
        except zlib.error:
            raise BodyError(400, "not_gzip", "the body is no gzip") from None
        unpacked += data
        if len(unpacked) > most or (len(unpacked) > RATIO_FROM and len(unpacked) > packed * MAX_RATIO):
            raise _too_large(most)
        raw = stream.unconsumed_tail
        if not raw and not data and not stream.eof:
            raise BodyError(400, "not_gzip", "the gzip ends early")
    return stream.unused_data


def _too_large(most: int) -> BodyError:
    return BodyError(413, "too_large", f"the request is larger than {most} bytes; send it in parts")
