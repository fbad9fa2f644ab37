"""HTTP/1.1 as a server speaks it: requests read one after the other, answers in chunks or of a known length."""

import asyncio
import contextlib
import http
from collections.abc import Mapping

from tests.support.provider.message import BODY_BYTES, Request

HEAD_BYTES = 256 << 10
"""Codex puts metadata of some kilobytes in a header."""
GONE_SECONDS = 120.0
"""The longest wait for a client to go away."""


class Broken(Exception):
    """What came is no HTTP/1.1 request."""


async def read_head(reader: asyncio.StreamReader) -> bytes | None:
    """The bytes of a request's head with its empty line; `None` where the client has ended.

    Raises:
        Broken: the head is too long, or the connection ended in its middle.
    """
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as fault:
        if fault.partial:
            raise Broken("half a head") from fault
        return None
    except asyncio.LimitOverrunError as fault:
        raise Broken("head too long") from fault


def parse_head(head: bytes) -> Request:
    """The request of a head, without its body.

    Raises:
        Broken: it is not HTTP/1.1.
    """
    first, *lines = head.decode("latin-1").split("\r\n")
    try:
        method, target, version = first.split(" ")
    except ValueError as fault:
        raise Broken(first[:80]) from fault
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    path, _, query = target.partition("?")
    return Request(
        method=method,
        host=headers.get("host", "").partition(":")[0].lower(),
        path=path,
        query=query,
        headers=headers,
        body=b"",
        http_version=version.removeprefix("HTTP/"),
    )


async def read_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    """The body that follows a head.

    Raises:
        Broken: too long, or no valid chunks.
        asyncio.IncompleteReadError: the client went away.
    """
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return await _read_chunks(reader)
    length = int(headers.get("content-length") or 0)
    if length > BODY_BYTES:
        raise Broken("body too long")
    return await reader.readexactly(length)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while True:
        try:
            size = int((await reader.readline()).split(b";")[0], 16)
        except ValueError as fault:
            raise Broken("chunk") from fault
        if len(body) + size > BODY_BYTES:
            raise Broken("body too long")
        body += await reader.readexactly(size)
        await reader.readline()
        if not size:
            return bytes(body)


class Http1Answer:
    """An answer on a connection of HTTP/1.1; without a content-length it goes out in chunks."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._chunked = False

    async def start(self, status: int, headers: Mapping[str, str]) -> None:
        self._chunked = "content-length" not in headers and status != http.HTTPStatus.NO_CONTENT
        fields = {**headers, **({"transfer-encoding": "chunked"} if self._chunked else {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        phrase = http.HTTPStatus(status).phrase if status in set(http.HTTPStatus) else "Overloaded"
        await self._write(f"HTTP/1.1 {status} {phrase}\r\n{lines}\r\n".encode("latin-1"))

    async def send(self, data: bytes) -> None:
        if data:
            await self._write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    async def end(self) -> None:
        if self._chunked:
            await self._write(b"0\r\n\r\n")

    async def cut(self) -> None:
        self._writer.close()  # no last chunk: the client sees half a body
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def gone(self) -> None:
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(GONE_SECONDS):
                await self._reader.read(1)

    async def _write(self, data: bytes) -> None:
        if self._writer.is_closing() or self._reader.at_eof():
            raise ConnectionResetError("the client has gone")
        self._writer.write(data)
        await self._writer.drain()
