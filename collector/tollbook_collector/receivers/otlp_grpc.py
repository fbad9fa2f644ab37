"""OTLP over gRPC: takes spans and logs, answers only when their claims are durable. Metrics are taken and counted.

An asyncio server with one reading thread: measured faster than a thread pool (53,000 against 42,000 spans/s), and a
reader that can run only once bounds what reading can hold in memory. Where other processes read, a few threads wait
for them. Every answer is one of four:

- OK: everything is booked. OK with partial success: the rest is booked, the counted spans can never be.
- UNAVAILABLE with RetryInfo: nothing is known to be booked, send the same again (overload, store busy, our fault).
- UNAUTHENTICATED, PERMISSION_DENIED: who sends shows no credential that may.
- INVALID_ARGUMENT: the bytes are no OTLP request. RESOURCE_EXHAUSTED: the request is too large; send it in parts.
  With RetryInfo: the sender has sent too much; send the same again then.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any, NamedTuple, Protocol

import grpc
import grpc.aio
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from tollbook.claim import Claim
from tollbook.problem import Problem
from tollbook_collector.address import Address
from tollbook_collector.prepared import Prepared
from tollbook_collector.receivers.counts import Counts
from tollbook_collector.receivers.door import Came, Door, OpenDoor, RateLimited
from tollbook_collector.receivers.health import health_handler
from tollbook_collector.receivers.plain import Signal
from tollbook_collector.receivers.reading import Reading, Unbooked
from tollbook_collector.receivers.rejection import rejection
from tollbook_collector.receivers.retry_info import RESOURCE_EXHAUSTED, retry_trailers
from tollbook_collector.receivers.routing import Encoding, Taken, read_request
from tollbook_collector.tls import Tls

SERVICE = "opentelemetry.proto.collector.trace.v1.TraceService"
SERVICES = {
    SERVICE: Signal.TRACES,
    "opentelemetry.proto.collector.logs.v1.LogsService": Signal.LOGS,
    "opentelemetry.proto.collector.metrics.v1.MetricsService": Signal.METRICS,
}
MAX_IN_FLIGHT = 32
"""Requests of one connection, and of the largest size over all of them, being read or waiting for their commit."""
MAX_REQUESTS = 256
"""The same of any size: fifty laptops that send at once are not told to come again."""
COMMIT_SECONDS = 20
"""How long a request waits for its commit; exporters give up after 10 to 30 s."""
RETRY_SECONDS = 2
"""What a sender is told to wait when there is too much."""
STOP_SECONDS = 10
"""How long requests may go on when the receiver stops."""
MAX_HEADER_BYTES = 16 * 1024

_CODES = {
    "not_otlp": grpc.StatusCode.INVALID_ARGUMENT,
    "unauthenticated": grpc.StatusCode.UNAUTHENTICATED,
    "forbidden": grpc.StatusCode.PERMISSION_DENIED,
}
"""What a request is refused with that can never be taken as it is; else it is too large."""
_LOG = logging.getLogger(__name__)
_RPC: Any = grpc
"""grpcio's annotations leave type arguments open."""


class Sink(Protocol):
    """Where claims go: the store's writer."""

    def submit(self, claims: Sequence[Claim | Prepared], problems: Sequence[Problem]) -> "Future[Any]":
        """A future that is done only after commit. Raises when there is too much to take more."""
        ...


class GrpcReceiver:
    """The gRPC server. Built, started and stopped inside one event loop."""

    def __init__(
        self, sink: Sink, counts: Counts, *, max_message_bytes: int, door: Door | None = None, tls: Tls | None = None,
        ready: Callable[[], bool] = lambda: True, readers: int = 1,
    ) -> None:  # fmt: skip
        """Without a `door` everybody sends into `sink`. `ready` answers the health service; `readers` requests are read
        at once."""
        self._ready = ready
        self._door = door or OpenDoor(sink)
        self._tls = tls
        self._counts = counts
        self._max_message_bytes = max_message_bytes
        self._readers = readers
        self._reading: Reading | None = None
        self._in_flight = 0
        self._held = 0
        """Bytes of the requests in flight."""
        self._server: Any = None

    async def start(self, address: Address) -> Address:
        """Listen. Returns the address with the port that was given.

        Raises:
            OSError: the address cannot be listened on.
        """
        server: Any = grpc.aio.server(
            options=(
                ("grpc.max_receive_message_length", self._max_message_bytes),
                ("grpc.max_metadata_size", MAX_HEADER_BYTES),
                ("grpc.max_concurrent_streams", MAX_IN_FLIGHT),
                # Without this a second collector would silently share the port, and half the spans.
                ("grpc.so_reuseport", 0),
            )
        )
        for service, signal in SERVICES.items():
            export = _RPC.unary_unary_rpc_method_handler(
                self._exporter(signal)
            )  # the bytes as they came: see envelope.py
            server.add_generic_rpc_handlers((_RPC.method_handlers_generic_handler(service, {"Export": export}),))
        server.add_generic_rpc_handlers((health_handler(frozenset(SERVICES), self._ready),))
        try:
            if self._tls is None:
                port: int = server.add_insecure_port(str(address))
            else:
                port = server.add_secure_port(str(address), self._tls.for_grpc())
        except RuntimeError as fault:
            raise OSError(f"cannot listen on {address}") from fault
        self._reading = Reading(self._readers, "otlp-read", commit_seconds=COMMIT_SECONDS)
        await server.start()
        self._server = server
        return Address(address.host, port)

    async def stop(self) -> None:
        """Take nothing new, finish and answer what was received."""
        if self._server is not None:
            await self._server.stop(STOP_SECONDS)
        if self._reading is not None:
            self._reading.close()
            self._reading = None

    def _exporter(self, signal: Signal) -> Callable[[bytes, Any], Awaitable[bytes]]:
        async def export(raw: bytes, context: Any) -> bytes:
            answer = await self._export(raw, context, signal)
            # What aborts a call is kept by its own traceback until Python looks for cycles: the request must not be.
            del raw
            if isinstance(answer, Refused):
                await context.abort(answer.code, answer.message, answer.trailers)
                raise AssertionError("abort returned")
            return answer

        return export

    async def _export(self, raw: bytes, context: Any, signal: Signal) -> "bytes | Refused":
        if self._in_flight >= MAX_REQUESTS or self._held + len(raw) > MAX_IN_FLIGHT * self._max_message_bytes:
            return self._later("too_many_requests")
        self._in_flight += 1
        self._held += len(raw)
        try:
            return await self._take(raw, _authorization(context), signal)
        finally:
            self._in_flight -= 1
            self._held -= len(raw)

    async def _take(self, raw: bytes, authorization: str | None, signal: Signal) -> "bytes | Refused":
        """Read, book, answer."""
        begun = time.perf_counter()
        assert self._reading is not None  # it is there before the first request
        read = await self._reading.ask(partial(self._read, raw, signal, authorization))
        if isinstance(read, Taken):
            self._counts.add(len(read.bookable), read.problems, read.ignored)
            self._counts.seconds.observe(time.perf_counter() - begun)
            return _answer(read)
        if isinstance(read, RateLimited):
            self._counts.refuse("rate_limited")
            message = f"rate_limited: send the same again in {read.seconds} s"
            trailers = retry_trailers(read.seconds, message, RESOURCE_EXHAUSTED)
            return Refused(grpc.StatusCode.RESOURCE_EXHAUSTED, message, trailers)
        if isinstance(read, Unbooked):  # whatever went wrong here is not the sender's loss
            _LOG.warning("a request is to be sent again: %s: %s", read.reason, type(read.fault).__name__)
            return self._later(read.reason)
        self._counts.refuse(read.reason)
        code = _CODES.get(read.reason, grpc.StatusCode.RESOURCE_EXHAUSTED)
        return Refused(code, f"{read.reason}: {read.detail}. {read.remedy}")

    def _read(self, raw: bytes, signal: Signal, authorization: str | None) -> Came:
        return self._door.take(authorization, partial(read_request, raw, signal, Encoding.PROTOBUF))

    def _later(self, reason: str) -> "Refused":
        """Ask for the same request again, later."""
        self._counts.refuse(reason)
        message = f"{reason}: send the same again"
        return Refused(grpc.StatusCode.UNAVAILABLE, message, retry_trailers(RETRY_SECONDS, message))


class Refused(NamedTuple):
    """How a call is to end that is not answered OK."""

    code: grpc.StatusCode
    message: str
    trailers: tuple[tuple[str, str | bytes], ...] = ()


def _authorization(context: Any) -> str | None:
    """The header; of several all together, which then is no credential."""
    found = [value for name, value in context.invocation_metadata() or () if name == "authorization"]
    return ", ".join(map(str, found)) if found else None


def _answer(read: Taken) -> bytes:
    """Empty for full success; otherwise how many records were discarded, and why. The messages of logs and metrics have
    the same fields under the same numbers."""
    told = rejection(read.problems)
    if told is None:
        return b""
    partial = ExportTracePartialSuccess(rejected_spans=told.records, error_message=told.message)
    return ExportTraceServiceResponse(partial_success=partial).SerializeToString()
