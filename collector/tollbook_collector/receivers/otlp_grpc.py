"""OTLP over gRPC: takes spans, answers only when their claims are durable.

An asyncio server with one decoding thread: measured faster than a thread pool (53,000 against 42,000 spans/s), and a
decoder that can run only once bounds what decoding can hold in memory. Every answer is one of four:

- OK: everything is booked. OK with partial success: the rest is booked, the counted spans can never be.
- UNAVAILABLE with RetryInfo: nothing is known to be booked, send the same again (overload, store busy, our fault).
- INVALID_ARGUMENT: the bytes are no OTLP request. RESOURCE_EXHAUSTED: the request is too large; send it in parts.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NoReturn, Protocol

import grpc
import grpc.aio
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from tollbook.claim import Claim
from tollbook.problem import Problem
from tollbook_collector.address import Address
from tollbook_collector.receivers.counts import Counts
from tollbook_collector.receivers.envelope import open_envelope
from tollbook_collector.receivers.retry_info import retry_trailers
from tollbook_collector.receivers.spans import Read, read_spans

SERVICE = "opentelemetry.proto.collector.trace.v1.TraceService"
MAX_IN_FLIGHT = 32
"""Requests being read or waiting for their commit, over all connections."""
COMMIT_SECONDS = 20
"""How long a request waits for its commit; exporters give up after 10 to 30 s."""
RETRY_SECONDS = 2
"""What a sender is told to wait when there is too much."""
STOP_SECONDS = 10
"""How long requests may go on when the receiver stops."""
MAX_HEADER_BYTES = 16 * 1024

_LOG = logging.getLogger(__name__)
_RPC: Any = grpc
"""grpcio's annotations leave type arguments open."""


class Sink(Protocol):
    """Where claims go: the store's writer."""

    def submit(self, claims: Sequence[Claim], problems: Sequence[Problem]) -> "Future[Any]":
        """A future that is done only after commit. Raises when there is too much to take more."""
        ...


class GrpcReceiver:
    """The gRPC server. Built, started and stopped inside one event loop."""

    def __init__(self, sink: Sink, counts: Counts, *, max_message_bytes: int) -> None:
        self._sink = sink
        self._counts = counts
        self._max_message_bytes = max_message_bytes
        self._decoder = ThreadPoolExecutor(1, thread_name_prefix="otlp-decode")
        self._in_flight = 0
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
        export = _RPC.unary_unary_rpc_method_handler(self._export)  # the bytes as they came: see envelope.py
        server.add_generic_rpc_handlers((_RPC.method_handlers_generic_handler(SERVICE, {"Export": export}),))
        try:
            port: int = server.add_insecure_port(str(address))
        except RuntimeError as fault:
            raise OSError(f"cannot listen on {address}") from fault
        await server.start()
        self._server = server
        return Address(address.host, port)

    async def stop(self) -> None:
        """Take nothing new, finish and answer what was received."""
        if self._server is not None:
            await self._server.stop(STOP_SECONDS)
        self._decoder.shutdown()

    async def _export(self, raw: bytes, context: Any) -> bytes:
        if self._in_flight >= MAX_IN_FLIGHT:
            await self._refuse(context, "too_many_requests")
        self._in_flight += 1
        try:
            return await self._take(raw, context)
        finally:
            self._in_flight -= 1

    async def _take(self, raw: bytes, context: Any) -> bytes:
        """Read, book, answer."""
        read: Read | Problem | None = None
        reason = "our_fault"
        try:
            read = await asyncio.get_running_loop().run_in_executor(self._decoder, _read, raw)
            if isinstance(read, Read) and (read.claims or read.problems):
                reason = "store_busy"
                booked = self._sink.submit(read.claims, read.problems)
                # Shielded: a client that hangs up must not cancel what the writer has begun.
                await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(booked)), COMMIT_SECONDS)
        except Exception as fault:  # whatever went wrong here is not the sender's loss
            _LOG.warning("a request is to be sent again: %s: %s", reason, type(fault).__name__)
            await self._refuse(context, reason)
        if isinstance(read, Problem):
            self._counts.refuse(read.reason)
            code = grpc.StatusCode.INVALID_ARGUMENT if read.reason == "not_otlp" else grpc.StatusCode.RESOURCE_EXHAUSTED
            await context.abort(code, f"{read.reason}: {read.detail}. {read.remedy}")
        assert isinstance(read, Read)
        self._counts.add(len(read.claims), read.problems)
        return _answer(read)

    async def _refuse(self, context: Any, reason: str) -> NoReturn:
        """Ask for the same request again, later."""
        self._counts.refuse(reason)
        message = f"{reason}: send the same again"
        await context.abort(grpc.StatusCode.UNAVAILABLE, message, retry_trailers(RETRY_SECONDS, message))
        raise AssertionError("abort returned")


def _read(raw: bytes) -> Read | Problem:
    parts = open_envelope(raw)
    return parts if isinstance(parts, Problem) else read_spans(parts)


def _answer(read: Read) -> bytes:
    """Empty for full success; otherwise how many spans were discarded, and why."""
    if not read.problems:
        return b""
    reasons = Counter(problem.reason for problem in read.problems)
    counted = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
    first = read.problems[0]
    message = f"discarded for ever: {counted}. First: {first.reason}. {first.remedy}".rstrip()
    partial = ExportTracePartialSuccess(rejected_spans=len(read.problems), error_message=message)
    return ExportTraceServiceResponse(partial_success=partial).SerializeToString()
