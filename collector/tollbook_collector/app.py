"""The server: builds the parts, runs them in one event loop, stops them in order.

Up: API (so that /livez answers), store, writer, receivers, then ready. Down, in reverse: not ready, the receivers
finish what they received, the writer commits it, the store closes.
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from types import FrameType
from typing import Any, NamedTuple

import uvicorn

from tollbook.prices import default_book
from tollbook.problem import Problem
from tollbook_collector.address import Address
from tollbook_collector.api.app import Gate, build
from tollbook_collector.api.hosts import App, HostCheck
from tollbook_collector.ask import Answers
from tollbook_collector.auth.guard import Guard, open_guard
from tollbook_collector.auth.hearers import AT_ONCE
from tollbook_collector.auth.principal import DEFAULT_TENANT
from tollbook_collector.config import Settings
from tollbook_collector.open_store import open_store
from tollbook_collector.ops.metrics_page import MetricsPage
from tollbook_collector.receivers.counts import Counts
from tollbook_collector.receivers.otlp_grpc import GrpcReceiver
from tollbook_collector.receivers.otlp_http import HttpReceiver
from tollbook_collector.tls import Tls

BACKLOG = 128
MAX_API_CONNECTIONS = 256
"""API connections at once; more are answered 503."""
MAX_HTTP_CONNECTIONS = 256
"""OTLP/HTTP connections at once; more are answered 503."""
MAX_METRICS_CONNECTIONS = 8
HTTP_STOP_SECONDS = 5


class Listening(NamedTuple):
    """Where the server can be reached."""

    otlp_grpc: Address
    otlp_http: Address
    api: Address
    metrics: Address | None = None


Announce = Callable[[Listening], None]
"""Called once, when everything is open."""


async def serve(settings: Settings, announce: Announce) -> Problem | None:
    """Serve until SIGINT or SIGTERM, or say why that cannot be: `cannot_listen`, `store` or
    `no_credentials`."""
    stop = _stop_on_signals()
    try:
        listening = _listen(settings.api_address)
    except OSError as fault:
        return _cannot_listen("api_address", settings.api_address, fault)
    gate = Gate(any_host=not settings.api_address.is_loopback)
    api = Address(settings.api_address.host, listening.getsockname()[1])
    async with _serving(build(gate), listening, MAX_API_CONNECTIONS, settings.tls):
        record = await asyncio.to_thread(open_store, settings)
        if isinstance(record, Problem):
            return record
        try:
            guard = await asyncio.to_thread(open_guard, settings, record)
            if isinstance(guard, Problem):
                return guard
            try:
                return await _collect(settings, guard, gate, api, announce, stop)
            finally:
                await asyncio.to_thread(guard.close)
        finally:
            record.close()


async def _collect(
    settings: Settings, guard: Guard, gate: Gate, api: Address, announce: Announce, stop: asyncio.Event
) -> Problem | None:
    """Receive and answer until `stop`; then finish what was received."""
    counts = {"otlp_grpc": Counts(), "otlp_http": Counts()}
    most = settings.max_message_bytes
    door, first = guard.door, guard.tenants.writer(DEFAULT_TENANT)
    any_host = not settings.otlp_http_address.is_loopback
    readers = 1 + AT_ONCE * settings.receiver_processes  # and one that is ready to ask
    grpc = GrpcReceiver(
        first, counts["otlp_grpc"], max_message_bytes=most, door=door, tls=settings.tls, ready=guard.ready,
        readers=readers,
    )  # fmt: skip
    http = HttpReceiver(first, counts["otlp_http"], max_message_bytes=most, door=door, any_host=any_host)
    try:
        try:
            otlp_grpc = await grpc.start(settings.otlp_grpc_address)
        except OSError as fault:
            return _cannot_listen("otlp_grpc_address", settings.otlp_grpc_address, fault)
        try:
            listening = _listen(settings.otlp_http_address)
        except OSError as fault:
            return _cannot_listen("otlp_http_address", settings.otlp_http_address, fault)
        otlp_http = Address(settings.otlp_http_address.host, listening.getsockname()[1])
        try:
            measured = None if settings.metrics_address is None else _listen(settings.metrics_address)
        except OSError as fault:
            listening.close()
            return _cannot_listen("metrics_address", settings.metrics_address or api, fault)
        async with (
            _serving(http, listening, MAX_HTTP_CONNECTIONS, settings.tls),
            _metrics(settings, guard, counts, measured) as metrics,
        ):
            shown = lambda: {name: each.as_json() for name, each in counts.items()}  # noqa: E731
            book = default_book().version
            ports = {"otlp_grpc": otlp_grpc.port, "otlp_http": otlp_http.port}
            gate.service = guard.service(price_book=book, receivers=shown, ports=ports)
            record, ready = guard.tenants.record(DEFAULT_TENANT), guard.trouble
            sums = guard.tenants.reader(DEFAULT_TENANT).spend
            gate.answers = Answers(record, price_book=book, sums=sums, receivers=shown, trouble=ready)
            gate.on_open()
            announce(Listening(otlp_grpc, otlp_http, api, metrics))
            await stop.wait()
            return None
    finally:
        gate.answers = None
        gate.closed.set()
        await grpc.stop()
        http.close()


@contextlib.asynccontextmanager
async def _metrics(
    settings: Settings, guard: Guard, counts: dict[str, Counts], listening: socket.socket | None
) -> AsyncGenerator[Address | None]:
    """The page of metrics, where there is to be one, and where it is."""
    asked, operations = settings.metrics_address, guard.operations
    if listening is None or asked is None or operations is None:
        yield None
        return
    page = HostCheck(MetricsPage(lambda: operations.families(counts)), any_host=lambda: not asked.is_loopback)
    async with _serving(page, listening, MAX_METRICS_CONNECTIONS, settings.tls):
        yield Address(asked.host, listening.getsockname()[1])


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
    listening = socket.create_server((address.host, address.port), family=family, backlog=BACKLOG)
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
async def _serving(
    app: App, listening: socket.socket, connections: int, tls: Tls | None = None
) -> AsyncGenerator[None]:
    """An application, answering over HTTP for as long as the context lasts."""
    secure: dict[str, Any] = {} if tls is None else dict(tls.for_uvicorn())
    server = _Uvicorn(
        uvicorn.Config(
            app,
            **secure,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=connections,
            timeout_graceful_shutdown=HTTP_STOP_SECONDS,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
