"""A CONNECT proxy that leads every host to the mock provider: for runs of the clients without Tollbook's own relay."""

import asyncio
import contextlib

from tests.support.provider.http1 import HEAD_BYTES, Broken, read_head
from tests.support.provider.server import LOOPBACK

PIECE_BYTES = 64 << 10


async def listen_tunnel(port: int) -> asyncio.Server:
    """Open a free port of loopback; every tunnel goes to `port`."""

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, Broken):
            head = await read_head(reader)
            if head is not None and head.startswith(b"CONNECT "):
                there, back = await asyncio.open_connection(LOOPBACK, port)
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await asyncio.gather(_copy(reader, back), _copy(there, writer))
        writer.close()

    return await asyncio.start_server(connection, LOOPBACK, 0, limit=HEAD_BYTES)


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Until either side ends; then the other one is ended too."""
    with contextlib.suppress(OSError):
        while data := await source.read(PIECE_BYTES):
            sink.write(data)
            await sink.drain()
    sink.close()
    with contextlib.suppress(OSError):
        await sink.wait_closed()
