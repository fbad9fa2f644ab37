"""The sender over real OTLP/gRPC on loopback: refusals with RetryInfo, partial success, proxies, what is told of us."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.support.domain import NOON
from tests.support.small_store import eventually, prepared, store_at
from tollbook.spans import encode
from tollbook_agent.daemon import resource
from tollbook_agent.export import Backoff, CannotSend, GrpcTransport, Sender
from tollbook_agent.settings import Settings
from tollbook_agent.store.store import Store

RETRY_IN_2_SECONDS = (
    b"\x08\x0e\x1a\x30\x0a\x28type.googleapis.com/google.rpc.RetryInfo\x12\x04\x0a\x02\x08\x02"  # google.rpc.Status
)
SERVICE: Any = trace_service_pb2_grpc
"""Its generated functions name no types."""
GONE = "127.0.0.1:1"
"""Where nobody listens."""


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Refuses as often as it was told, then takes everything."""

    def __init__(self) -> None:
        self.refusals: list[tuple[grpc.StatusCode, tuple[tuple[str, bytes], ...]]] = []
        self.rejects = 0
        self.requests: list[ExportTraceServiceRequest] = []

    def Export(self, request: ExportTraceServiceRequest, context: Any) -> ExportTraceServiceResponse:
        self.requests.append(request)
        if self.refusals:
            code, trailers = self.refusals.pop(0)
            context.set_trailing_metadata(trailers)
            context.abort(code, "not now")
        partial = ExportTracePartialSuccess(rejected_spans=self.rejects, error_message="why" if self.rejects else "")
        return ExportTraceServiceResponse(partial_success=partial)

    def span_ids(self) -> list[list[bytes]]:
        return [[span.span_id for span in request.resource_spans[0].scope_spans[0].spans] for request in self.requests]


@pytest.fixture
def served() -> Iterator[tuple[Collector, str]]:
    collector = Collector()
    pool = ThreadPoolExecutor(1)
    server: Any = grpc.server(pool)
    SERVICE.add_TraceServiceServicer_to_server(collector, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield collector, f"127.0.0.1:{port}"
    server.stop(None).wait()
    pool.shutdown()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = store_at(tmp_path / "laptop.db")
    made.commit([prepared(1), prepared(2)], now_ns=NOON)
    yield made
    made.close()


def transport_to(target: str) -> GrpcTransport:
    return GrpcTransport(target, resource(Settings(home=Path("/nowhere"), device="0123456789abcdef")))


def test_unavailable_and_then_ok(served: tuple[Collector, str], store: Store) -> None:
    collector, target = served
    collector.refusals = [(grpc.StatusCode.UNAVAILABLE, ())] * 2
    sender = Sender(store, transport_to(target), clock=lambda: NOON, backoff=Backoff(lambda _low, _high: 0.0))
    sender.start()
    eventually(lambda: store.backlog() == 0)
    sender.stop()
    first, second, third = collector.span_ids()
    assert first == second == third
    assert len(first) == 2
    eventually(lambda: "sender" not in [thread.name for thread in threading.enumerate()])


def test_what_the_collector_says_about_waiting_is_heard(served: tuple[Collector, str], store: Store) -> None:
    collector, target = served
    collector.refusals = [
        (grpc.StatusCode.UNAVAILABLE, (("grpc-status-details-bin", RETRY_IN_2_SECONDS),)),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, ()),
        (grpc.StatusCode.UNAVAILABLE, (("grpc-status-details-bin", b"\xff\xff"),)),
    ]
    transport = transport_to(target)
    spans = [encode(one.claim) for one in store.unsent(10)]
    said: list[tuple[str, float | None, bool]] = []
    for _ in range(3):
        with pytest.raises(CannotSend) as refused:
            transport.send(spans)
        said.append((str(refused.value), refused.value.retry_after, refused.value.too_large))
    transport.close()
    assert said == [("unavailable", 2.0, False), ("resource_exhausted", None, True), ("unavailable", None, False)]


def test_partial_success_is_told(served: tuple[Collector, str], store: Store) -> None:
    collector, target = served
    collector.rejects = 1
    transport = transport_to(target)
    answer = transport.send([encode(one.claim) for one in store.unsent(10)])
    transport.close()
    assert (answer.rejected, answer.message) == (1, "why")


def test_nobody_there_and_a_closed_channel_are_failures_like_any_other(store: Store) -> None:
    transport = transport_to(GONE)
    spans = [encode(one.claim) for one in store.unsent(10)]
    with pytest.raises(CannotSend, match="unavailable"):
        transport.send(spans)
    transport.close()
    with pytest.raises(CannotSend, match="cancelled"):
        transport.send(spans)


@pytest.mark.parametrize("variable", ["http_proxy", "https_proxy", "grpc_proxy", "HTTP_PROXY"])
def test_no_proxy_stands_between_us_and_loopback(
    served: tuple[Collector, str], store: Store, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    collector, target = served
    monkeypatch.setenv(variable, f"http://{GONE}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    transport = transport_to(target)
    transport.send([encode(one.claim) for one in store.unsent(10)])
    transport.close()
    assert len(collector.requests) == 1


def test_a_span_is_a_client_call_with_real_times_and_whole_numbers(served: tuple[Collector, str], store: Store) -> None:
    collector, target = served
    transport = transport_to(target)
    (first, _) = store.unsent(10)
    span = encode(first.claim)
    transport.send([span])
    transport.close()
    ((sent,),) = [request.resource_spans[0].scope_spans[0].spans for request in collector.requests]
    assert (sent.kind, sent.name) == (sent.SPAN_KIND_CLIENT, "chat claude-opus-5-5")
    assert (sent.trace_id, sent.span_id) == (span.trace_id, span.span_id)
    assert (sent.start_time_unix_nano, sent.end_time_unix_nano) == (first.claim.started_at, first.claim.ended_at)
    values = {each.key: each.value for each in sent.attributes}
    assert set(values) == set(span.attributes)
    for key, value in span.attributes.items():
        assert (values[key].int_value if isinstance(value, int) else values[key].string_value) == value


def test_the_environment_adds_nothing_to_what_is_told_of_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "canary=1,host.name=secret")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "secret")
    monkeypatch.setenv("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", "process,os,host")
    told = resource(Settings(home=Path("/nowhere"), device="0123456789abcdef")).attributes
    assert set(told) == {"service.name", "service.version", "service.instance.id", "host.id", "rpc.grpc.version"}
    assert told["service.name"] == "tollbook-agent"
