"""How events travel in a body: as server-sent events or AWS's binary event stream, compressed or not."""

import base64
import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any, Protocol, cast

import brotli  # pyright: ignore[reportMissingTypeStubs]
import zstandard

STREAM_HEADERS: Mapping[bytes, bytes] = {
    b":event-type": b"chunk",
    b":content-type": b"application/json",
    b":message-type": b"event",
}
STRING = 7
"""The type of a string in an event stream's headers."""
ENCODINGS = ("identity", "gzip", "br", "zstd", "deflate")


def server_sent(document: Mapping[str, Any]) -> bytes:
    """One server-sent event, named after the document's type."""
    return f"event: {document['type']}\ndata: {json.dumps(document)}\n\n".encode()


def stream_frame(document: Mapping[str, Any]) -> bytes:
    """One frame of AWS's event stream around a Bedrock chunk."""
    inner = base64.b64encode(json.dumps(document).encode()).decode()
    return binary_frame(STREAM_HEADERS, json.dumps({"bytes": inner, "p": "abcdefgh"}).encode())


def exception_frame(kind: str, message: str) -> bytes:
    """The frame by which Bedrock ends a stream that it cannot go on with."""
    headers = {b":exception-type": kind.encode(), b":content-type": b"application/json", b":message-type": b"exception"}
    return binary_frame(headers, json.dumps({"message": message}).encode())


def binary_frame(headers: Mapping[bytes, bytes], payload: bytes) -> bytes:
    """Lengths, their CRC, headers, payload, and the CRC of everything before."""
    packed = b"".join(
        struct.pack(">B", len(name)) + name + struct.pack(">BH", STRING, len(value)) + value
        for name, value in headers.items()
    )
    prelude = struct.pack(">II", 12 + len(packed) + len(payload) + 4, len(packed))
    front = prelude + struct.pack(">I", zlib.crc32(prelude)) + packed + payload
    return front + struct.pack(">I", zlib.crc32(front))


class Encoder(Protocol):
    """Compresses a body part by part; each part can be read as soon as it has come."""

    def part(self, data: bytes) -> bytes: ...

    def last(self) -> bytes: ...


class Identity:
    def part(self, data: bytes) -> bytes:
        return data

    def last(self) -> bytes:
        return b""


class Deflating:
    """gzip, or deflate in its zlib wrapper."""

    def __init__(self, *, gzip: bool) -> None:
        self._made = zlib.compressobj(wbits=31 if gzip else 15)

    def part(self, data: bytes) -> bytes:
        return self._made.compress(data) + self._made.flush(zlib.Z_SYNC_FLUSH)

    def last(self) -> bytes:
        return self._made.flush()


class Brotli:
    def __init__(self) -> None:
        self._made = cast("Any", brotli).Compressor(quality=4)

    def part(self, data: bytes) -> bytes:
        return self._made.process(data) + self._made.flush()

    def last(self) -> bytes:
        return self._made.finish()


class Zstandard:
    def __init__(self) -> None:
        self._made = zstandard.ZstdCompressor().compressobj()

    def part(self, data: bytes) -> bytes:
        return self._made.compress(data) + self._made.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def last(self) -> bytes:
        return self._made.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH)


def encoder(name: str) -> Encoder:
    """For a name of `ENCODINGS`."""
    match name:
        case "gzip" | "deflate":
            return Deflating(gzip=name == "gzip")
        case "br":
            return Brotli()
        case "zstd":
            return Zstandard()
        case _:
            return Identity()


def chosen_encoding(number: int, accepted: str) -> str:
    """One that the client takes, another one with every answer."""
    wanted = ENCODINGS[number % len(ENCODINGS)]
    return wanted if wanted in {word.strip().partition(";")[0] for word in accepted.split(",")} else "identity"
