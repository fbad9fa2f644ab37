"""OTLP over gRPC on loopback."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from tollbook_agent.capture.otlp.intake import MAX_BODY_BYTES, TOKEN_HEADER, Intake, Signal, Verdict
from tollbook_agent.capture.otlp.read import Encoding

THREADS = 2
MAX_RPCS = 32
"""Requests that are worked on or wait; the next one is turned away."""
MAX_STREAMS = 64
MAX_HEADER_BYTES = 16 * 1024
STOP_SECONDS = 2.0

_RPC: Any = grpc
"""grpcio's annotations leave type arguments open."""
_SERVICES: tuple[tuple[str, Signal], ...] = (
    ("opentelemetry.proto.collector.logs.v1.LogsService", Signal.LOGS),
    ("opentelemetry.proto.collector.trace.v1.TraceService", Signal.TRACES),
    ("opentelemetry.proto.collector.metrics.v1.MetricsService", Signal.METRICS),
)


class GrpcReceiver:
    """The server. Every answer is OK (empty: full success), UNAVAILABLE (again, later) or final."""

    def __init__(self, intake: Intake, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 is a free one.

        Raises:
            OSError: the port cannot be listened on.
        """
        self._intake = intake
        self._workers = ThreadPoolExecutor(THREADS, thread_name_prefix="otlp-grpc")
        self._server: Any = _RPC.server(
            self._workers,
            maximum_concurrent_rpcs=MAX_RPCS,
            options=(
                ("grpc.max_receive_message_length", MAX_BODY_BYTES),
                ("grpc.max_metadata_size", MAX_HEADER_BYTES),
                ("grpc.max_concurrent_streams", MAX_STREAMS),
                # Without this another user's process could share the port.
                ("grpc.so_reuseport", 0),
            ),
        )
        for service, signal in _SERVICES:
            method = _RPC.unary_unary_rpc_method_handler(self._method(signal))
            self._server.add_generic_rpc_handlers((_RPC.method_handlers_generic_handler(service, {"Export": method}),))
        try:
            self.port: int = self._server.add_insecure_port(f"127.0.0.1:{port}")
        except RuntimeError as fault:
            self._workers.shutdown()
            raise OSError(f"cannot listen on 127.0.0.1:{port}") from fault

    def start(self) -> None:
        """Begin to answer."""
        self._server.start()

    def stop(self) -> None:
        """Take nothing new, answer what was received."""
        self._server.stop(STOP_SECONDS).wait()
        self._workers.shutdown()

    def _method(self, signal: Signal) -> Any:
        def export(raw: bytes, context: Any) -> bytes:
            return self._export(signal, raw, context)

        return export

    def _export(self, signal: Signal, raw: bytes, context: Any) -> bytes:
        """Bytes in, bytes out: the messages are read by `plain`, and an empty answer is full success."""
        metadata: Any = context.invocation_metadata()
        token = next((value for key, value in metadata if key == TOKEN_HEADER), None)
        if not self._intake.knows(token):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, f"{TOKEN_HEADER} is missing or wrong")
        answer = self._intake.take(signal, raw, Encoding.PROTOBUF)
        if answer.verdict is Verdict.LATER:
            context.abort(grpc.StatusCode.UNAVAILABLE, f"{answer.reason}: send the same again")
        if answer.verdict is Verdict.REFUSED:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, answer.reason)
        return b""
