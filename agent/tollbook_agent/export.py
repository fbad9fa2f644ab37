"""The sender: claims from the outbox to the collector over OTLP/gRPC, until the collector has acknowledged each.

The stock batch processor drops what it cannot send at once; here the outbox is the queue and a row leaves it only after
an acknowledgement. There is no attempt limit: a collector that is away for days gets everything when it is back.
"""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.resources import Resource

from tollbook.spans import ClaimSpan, encode
from tollbook_agent.heartbeat import Counts, Heart
from tollbook_agent.retry_info import DETAILS_KEY, retry_after
from tollbook_agent.store.store import Discard, Store, Unsent

BATCH_SPANS = 512
"""Of one request; fewer while the collector finds them too large."""
SEND_TIMEOUT_SECONDS = 30.0
BACKOFF_FIRST_SECONDS = 0.2
BACKOFF_MOST_SECONDS = 60.0
IDLE_SECONDS = 5.0
"""Between looks at the outbox when nothing wakes the sender."""
SCOPE_NAME = "tollbook.agent"
REJECTED = "rejected_by_collector"
DETAIL_CHARACTERS = 200
"""Of the collector's own words about what it rejected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The collector's answer: it has all but `rejected` spans, which it can never accept."""

    rejected: int = 0
    message: str = ""


class CannotSend(Exception):
    """The collector did not take the batch now; nothing is lost.

    `retry_after`: seconds, where it said. `too_large`: it may take the batch in parts.
    """

    def __init__(self, reason: str, retry_after: float | None = None, *, too_large: bool = False) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.too_large = too_large


class Transport(Protocol):
    """Sends one batch. Raises CannotSend."""

    def send(self, spans: Sequence[ClaimSpan]) -> Sent: ...

    def close(self) -> None: ...


_CHANNEL = [
    ("grpc.enable_http_proxy", 0),  # the target is loopback, whatever `http_proxy` says
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 5_000),  # the waiting is ours: `Backoff`
]


class GrpcTransport:
    """OTLP/gRPC to host:port: in clear, or over TLS with these authorities (PEM; b"" for the system's)."""

    def __init__(
        self, target: str, resource: Resource, *, token: str | None = None, roots: bytes | None = None
    ) -> None:
        """`token` goes with every request; who calls sees to it that it goes nowhere in clear but to this machine."""
        if roots is None:
            self._channel = grpc.insecure_channel(target, options=_CHANNEL)
        else:
            credentials: Any = grpc.ssl_channel_credentials(roots or None)  # pyright: ignore[reportUnknownMemberType]
            self._channel = grpc.secure_channel(target, credentials, options=_CHANNEL)
        self._metadata = () if token is None else (("authorization", f"Bearer {token}"),)
        stub: Any = TraceServiceStub(self._channel)
        self._export: Callable[..., ExportTraceServiceResponse] = stub.Export
        self._resource = [_attribute(key, value) for key, value in resource.attributes.items()]

    def send(self, spans: Sequence[ClaimSpan]) -> Sent:
        """One export call.

        Raises:
            CannotSend: any failure; the collector may or may not have the batch, and a repeat is harmless.
        """
        try:
            answer = self._export(self._request(spans), timeout=SEND_TIMEOUT_SECONDS, metadata=self._metadata)
        except grpc.RpcError as fault:
            code = fault.code() if isinstance(fault, grpc.Call) else grpc.StatusCode.UNKNOWN
            wait = _retry_after(fault)
            too_large = code is grpc.StatusCode.RESOURCE_EXHAUSTED and wait is None
            raise CannotSend(code.name.lower(), wait, too_large=too_large) from fault
        except ValueError as fault:  # the channel was closed: we are stopping
            raise CannotSend("cancelled") from fault
        partial = answer.partial_success
        return Sent(rejected=partial.rejected_spans, message=partial.error_message)

    def heart(self, counts: Counts) -> Heart:
        """What tells the same collector, as the same sender, how this agent is."""
        return Heart(self._channel, self._resource, self._metadata, counts)

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()

    def _request(self, spans: Sequence[ClaimSpan]) -> ExportTraceServiceRequest:
        request = ExportTraceServiceRequest()
        group = request.resource_spans.add()
        group.resource.attributes.extend(self._resource)
        scope = group.scope_spans.add()
        scope.scope.name = SCOPE_NAME
        scope.spans.extend(map(span_message, spans))
        return request


def span_message(span: ClaimSpan) -> Span:
    """The protobuf form of a claim's span."""
    return Span(
        name=span.name,
        kind=Span.SPAN_KIND_CLIENT,
        trace_id=span.trace_id,
        span_id=span.span_id,
        start_time_unix_nano=span.started_at,
        end_time_unix_nano=span.ended_at,
        attributes=[_attribute(key, value) for key, value in span.attributes.items()],
    )


def _attribute(key: str, value: Any) -> KeyValue:
    if isinstance(value, int):
        return KeyValue(key=key, value=AnyValue(int_value=value))
    return KeyValue(key=key, value=AnyValue(string_value=str(value)))


def _retry_after(fault: grpc.RpcError) -> float | None:
    """Seconds the collector asked us to wait, `None` where it did not say."""
    metadata: Any = fault.trailing_metadata() if isinstance(fault, grpc.Call) else None
    for key, value in metadata or ():
        if key == DETAILS_KEY and isinstance(value, bytes):
            return retry_after(value)
    return None


class Backoff:
    """Exponential with full jitter and no last attempt."""

    def __init__(self, pick: Callable[[float, float], float] = random.uniform) -> None:
        self._pick = pick
        self._ceiling = BACKOFF_FIRST_SECONDS

    def failed(self, retry_after: float | None) -> float:
        """Seconds to wait after another failure; never less than the collector asked for."""
        wait = self._pick(BACKOFF_FIRST_SECONDS / 2, self._ceiling)
        self._ceiling = min(self._ceiling * 2, BACKOFF_MOST_SECONDS)
        return max(wait, retry_after or 0.0)

    def succeeded(self) -> None:
        """Start over."""
        self._ceiling = BACKOFF_FIRST_SECONDS


class Sender:
    """A thread that empties the outbox."""

    def __init__(
        self, store: Store, transport: Transport, *, clock: Callable[[], int], backoff: Backoff | None = None,
        heart: Heart | None = None,
    ) -> None:  # fmt: skip
        self._heart = heart
        self._store, self._transport, self._clock = store, transport, clock
        self._backoff = backoff or Backoff()
        self._wake = threading.Event()
        self._draining = threading.Event()
        """What waits is still sent; then the thread ends."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self.last_error: str | None = None
        """Why the last attempt failed; `None` after a success."""

    def start(self) -> None:
        """Begin sending."""
        self._thread.start()

    def wake(self) -> None:
        """There is something to send."""
        self._wake.set()

    def stop(self, *, drain_seconds: float = 0.0) -> None:
        """Stop after at most `drain_seconds` of trying to send what waits."""
        self._draining.set()
        self._wake.set()
        if self._thread.is_alive() and self.last_error is None:
            self._thread.join(drain_seconds)
        self._stopping.set()
        self._transport.close()  # ends a call under way: the collector may have it, and gets it again
        if self._thread.is_alive():
            self._thread.join(SEND_TIMEOUT_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                wait = self.send_all()
                if wait is None and self._heart is not None:
                    self._heart.beat()
            except Exception as fault:  # a full disk, say; one failure must not end all sending
                self.last_error = f"{type(fault).__name__}: {fault}"
                wait = self._backoff.failed(None)
            if self._draining.is_set():
                return
            if wait is None:
                self._wake.wait(IDLE_SECONDS)
            else:
                self._draining.wait(wait)

    def send_all(self) -> float | None:
        """Send until the outbox is empty (`None`) or the collector does not answer (seconds to wait)."""
        most = BATCH_SPANS
        while not self._stopping.is_set():
            batch = self._store.unsent(most)
            if not batch:
                return None
            try:
                answer = self._transport.send([encode(one.claim) for one in batch])
            except CannotSend as fault:
                self.last_error = str(fault)
                if fault.too_large and len(batch) > 1:
                    most = len(batch) // 2
                    continue
                return self._backoff.failed(fault.retry_after)
            self._acknowledge(batch, answer)
            self.last_error = None
            self._backoff.succeeded()
        return None

    def _acknowledge(self, batch: Sequence[Unsent], answer: Sent) -> None:
        discards: list[Discard] = []
        if answer.rejected:
            detail = answer.message[:DETAIL_CHARACTERS]
            discards.append(Discard(path="collector", reason=REJECTED, count=answer.rejected, detail=detail))
        self._store.acknowledge([one.sequence for one in batch], discards, now_ns=self._clock())
