"""What is around the relay, on one event loop: an origin, a parent proxy, an engine that misbehaves, and a client."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import psutil

from tollbook_agent.capture.proxy import dial, head
from tollbook_agent.capture.proxy.engine_process import EngineProcess
from tollbook_agent.capture.proxy.generations import Generation
from tollbook_agent.capture.proxy.relay import Relay

USER, PASSWORD = "tollbook", "0123456789abcdef0123456789abcdef"
HOST = "api.anthropic.com"
GENERATION = Generation(name="0123456789abcdef", since=0.0, until=1e12, hosts=frozenset({HOST, "chatgpt.com"}))
ANSWER = b"\x16\x03\x03\x00\x04pong"
"""What stands for a ServerHello."""
OWN = frozenset({psutil.Process().name().lower()})
"""The program these tests run in."""

type Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
type Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def listening(serve: Serve) -> AsyncGenerator[int]:
    """A server on a free port of loopback; its connections end with it."""
    tasks: set[asyncio.Task[None]] = set()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await serve(reader, writer)
        finally:
            await _ended(writer)
            tasks.discard(task)

    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _ended(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


@dataclass(slots=True)
class Origin:
    """Keeps what every connection said, and answers the first bytes of each with `answer`, then echoes."""

    answer: bytes = ANSWER
    heard: list[bytearray] = field(default_factory=list[bytearray])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        mine = bytearray()
        self.heard.append(mine)
        first = True
        while data := await reader.read(65_536):
            mine += data
            writer.write(self.answer if first else data)
            first = False
            await writer.drain()
        writer.write_eof()


@dataclass(slots=True)
class ParentProxy:
    """A CONNECT proxy that leads every host to one port, and keeps the heads it was given."""

    to: int
    refuses: int | None = None
    heads: list[bytes] = field(default_factory=list[bytes])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        if self.refuses is not None:
            writer.write(head.answer(self.refuses, "No"))
            return
        there, back = await asyncio.open_connection("127.0.0.1", self.to)
        writer.write(head.ESTABLISHED)
        try:
            await asyncio.gather(_copy(reader, back), _copy(there, writer))
        finally:
            await _ended(back)


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
        sink.write_eof()


class FakeEngine(EngineProcess):
    """An engine whose process is a server of the test's own, or nothing at all."""

    def __init__(self, port: int) -> None:
        self.notes: list[dict[str, Any]] = []
        super().__init__({"token": "secret"}, self.notes.append)
        self._port = port
        self.warmed = 0

    async def warm(self) -> bool:
        """It is."""
        self.warmed += 1
        return True


def request(target: str, *, password: str = PASSWORD, method: str = "CONNECT") -> bytes:
    """The head that a tool sends to its proxy."""
    value = head.credential(USER, password)
    return f"{method} {target} HTTP/1.1\r\nHost: {target}\r\nProxy-Authorization: {value}\r\n\r\n".encode()


async def ask(port: int, raw: bytes) -> tuple[int, Streams]:
    """Send a head to the relay; the status of its answer, and the tunnel."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=dial.LIMIT)
    writer.write(raw)
    answer = await reader.readuntil(b"\r\n\r\n")
    return int(answer.split(b" ")[1]), (reader, writer)


async def tunnel(port: int, target: str = f"{HOST}:443") -> Streams:
    """A tunnel that stands."""
    status, streams = await ask(port, request(target))
    assert status == 200
    return streams


@dataclass(frozen=True, slots=True, kw_only=True)
class Net:
    """A relay with all that is around it."""

    relay: Relay
    port: int
    origin: Origin
    parent: ParentProxy
    engine: FakeEngine | None


def serving(host: str, _now: float) -> Generation | None:
    """What the relay is to capture."""
    return GENERATION if host in GENERATION.hosts else None


@contextlib.asynccontextmanager
async def net(engine: Serve | None = None, **more: Any) -> AsyncGenerator[Net]:
    """A relay whose every host leads to one origin; `engine`: what the engine does with a connection."""
    origin = Origin()
    async with contextlib.AsyncExitStack() as stack:
        parent = ParentProxy(to=await stack.enter_async_context(listening(origin.serve)))
        parent_port = await stack.enter_async_context(listening(parent.serve))
        fake = None
        if engine is not None:
            fake = FakeEngine(await stack.enter_async_context(listening(engine)))
        arguments: dict[str, Any] = {
            "user": USER,
            "password": PASSWORD,
            "serving": serving,
            "engine": fake,
            "parent": dial.Parent(host="127.0.0.1", port=parent_port),
            "programs": OWN,
        }
        relay = Relay(**{**arguments, **more})
        listener = socket.create_server(("127.0.0.1", 0))
        server = await relay.serve(listener)
        try:
            yield Net(relay=relay, port=listener.getsockname()[1], origin=origin, parent=parent, engine=fake)
        finally:
            server.close()
            await relay.close()


async def playing_engine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An engine that works: it answers every host by itself, and echoes."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(head.ESTABLISHED)
    await reader.read(65_536)
    writer.write(ANSWER + b" by the engine")
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()
