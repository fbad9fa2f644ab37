"""The server: builds the parts, runs them in one event loop, stops them in order.

Up: API (so that /livez answers), store, writer, receiver, then ready. Down, in reverse: not ready, the receiver
finishes what it received, the writer commits it, the store closes.
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from types import FrameType
from typing import NamedTuple

import uvicorn

from tollbook.prices import default_book
from tollbook.problem import Problem
from tollbook_collector.address import Address
from tollbook_collector.api.app import Gate, build
from tollbook_collector.ask import Answers
from tollbook_collector.config import Settings
from tollbook_collector.open_store import open_store
from tollbook_collector.receivers.counts import Counts
from tollbook_collector.receivers.otlp_grpc import GrpcReceiver
from tollbook_collector.store.record.sqlite import Record
from tollbook_collector.store.record.writer import Writer

API_BACKLOG = 128
MAX_API_CONNECTIONS = 256
"""API connections at once; more are answered 503."""
API_STOP_SECONDS = 5


class Listening(NamedTuple):
    """Where the server can be reached."""

    otlp_grpc: Address
    api: Address


Announce = Callable[[Listening], None]
"""Called once, when everything is open."""


async def serve(settings: Settings, announce: Announce) -> Problem | None:
    """Serve until SIGINT or SIGTERM, or say why that cannot be: `cannot_listen` or `store`."""
    stop = _stop_on_signals()
    try:
        listening = _listen(settings.api_address)
    except OSError as fault:
        return _cannot_listen("api_address", settings.api_address, fault)
    gate = Gate()
    api = Address(settings.api_address.host, listening.getsockname()[1])
    async with _api(gate, listening):
        record = await asyncio.to_thread(open_store, settings)
        if isinstance(record, Problem):
            return record
        try:
            return await _collect(settings, record, gate, api, announce, stop)
        finally:
            record.close()


async def _collect(
    settings: Settings, record: Record, gate: Gate, api: Address, announce: Announce, stop: asyncio.Event
) -> Problem | None:
    """Receive and answer until `stop`; then finish what was received."""
    counts = Counts()
    writer = Writer(record)
    receiver = GrpcReceiver(writer, counts, max_message_bytes=settings.max_message_bytes)
    try:
        try:
            otlp_grpc = await receiver.start(settings.otlp_grpc_address)
        except OSError as fault:
            return _cannot_listen("otlp_grpc_address", settings.otlp_grpc_address, fault)
        price_book = default_book().version
        gate.answers = Answers(record, price_book=price_book, receivers=lambda: {"otlp_grpc": counts.as_json()})
        announce(Listening(otlp_grpc, api))
        await stop.wait()
        return None
    finally:
        gate.answers = None
        await receiver.stop()
        await asyncio.to_thread(writer.close)


def _stop_on_signals() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set. Works where event loops have no signal handlers (Windows) too."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop.set)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)
    return stop


def _listen(address: Address) -> socket.socket:
    """A listening socket.

    Raises:
        OSError: it cannot be had.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listening = socket.create_server((address.host, address.port), family=family, backlog=API_BACKLOG)
    # Connections inherit it; without it every answer on a kept connection waits 40 ms for a delayed acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _cannot_listen(setting: str, address: Address, fault: OSError) -> Problem:
    what = f"{address} cannot be listened on ({fault.strerror or fault})"
    remedy = "If another collector runs there, stop it or set another port; 127.0.0.1:0 takes any free one."
    return Problem(reason="cannot_listen", where=setting, detail=what, remedy=remedy)


class _Uvicorn(uvicorn.Server):
    """uvicorn without its own signal handlers: this module stops all parts together."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@contextlib.asynccontextmanager
async def _api(gate: Gate, listening: socket.socket) -> AsyncGenerator[None]:
    """The API, answering for as long as the context lasts."""
    server = _Uvicorn(
        uvicorn.Config(
            build(gate),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=MAX_API_CONNECTIONS,
            timeout_graceful_shutdown=API_STOP_SECONDS,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
