"""Both OTLP doors on the loopback, as they are served: before a record of two tenants, with credentials."""

import asyncio
import http.client
import socket
import threading
from collections.abc import Coroutine, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import grpc
import uvicorn

from tests.collector.auth.auth_bench import Bench
from tollbook.booked import Booked
from tollbook_collector.address import Address
from tollbook_collector.auth.tenants import Tenants
from tollbook_collector.receivers.counts import Counts
from tollbook_collector.receivers.otlp_grpc import SERVICES, GrpcReceiver
from tollbook_collector.receivers.otlp_http import HttpReceiver
from tollbook_collector.receivers.plain import Signal

MAX_MESSAGE = 1024 * 1024
PATIENCE_SECONDS = 20
PROTOBUF = "application/x-protobuf"
_SERVICE_OF = {signal: service for service, signal in SERVICES.items()}
CUT_OFF = 0
"""In place of a status: the connection was closed before there was an answer."""
type Header = tuple[str, str | bytes]


class Doors:
    """Sends to both as any client may, and shows what was booked."""

    def __init__(self, parts: Bench, channel: Any, port: int) -> None:
        self.parts = parts
        self._channel, self._port = channel, port

    @property
    def tenants(self) -> Tenants:
        return self.parts.guard.tenants

    def rows(self, tenant: int = 1) -> Iterator[Booked]:
        return self.tenants.record(tenant).rows(None, None)

    def over_grpc(self, raw: bytes, headers: Sequence[Header], signal: Signal = Signal.TRACES) -> grpc.StatusCode:
        export = self._channel.unary_unary(f"/{_SERVICE_OF[signal]}/Export")
        try:
            export(raw, metadata=tuple(headers), timeout=PATIENCE_SECONDS)
        except grpc.RpcError as refused:
            return refused.code()
        return grpc.StatusCode.OK

    def over_http(
        self, raw: bytes, headers: Sequence[Header], signal: Signal = Signal.TRACES, content_type: str = PROTOBUF
    ) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        try:
            connection.putrequest("POST", f"/v1/{signal}")
            for name, value in (("content-type", content_type), ("content-length", str(len(raw))), *headers):
                connection.putheader(name, value)
            connection.endheaders(raw)
            return connection.getresponse().status
        except ConnectionError:
            return CUT_OFF
        finally:
            connection.close()


@contextmanager
def doors(parts: Bench) -> Generator[Doors]:
    """Open both, in an event loop of a thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run[T](work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(PATIENCE_SECONDS)

    async def opened() -> GrpcReceiver:
        return GrpcReceiver(first, Counts(), max_message_bytes=MAX_MESSAGE, door=parts.guard.door)

    first = parts.guard.tenants.writer(1)
    over_grpc = run(opened())
    over_http = HttpReceiver(first, Counts(), max_message_bytes=MAX_MESSAGE, door=parts.guard.door)
    server = uvicorn.Server(uvicorn.Config(over_http, http="h11", ws="none", lifespan="off", log_config=None))
    listening = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.run_coroutine_threadsafe(server.serve(sockets=[listening]), loop)
    try:
        address = run(over_grpc.start(Address("127.0.0.1", 0)))
        with grpc.insecure_channel(str(address)) as channel:
            yield Doors(parts, channel, listening.getsockname()[1])
    finally:
        server.should_exit = True
        serving.result(PATIENCE_SECONDS)
        run(over_grpc.stop())
        over_http.close()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE_SECONDS)
        loop.close()
