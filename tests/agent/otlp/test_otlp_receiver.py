"""The loopback receiver as exporters and as strangers meet it: over HTTP, and over gRPC with the standard's stubs."""

import contextlib
import gzip
import http.client
import socket
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from tests.agent.otlp.messages import as_protobuf, recorded
from tollbook_agent.capture.otlp import receiver_http
from tollbook_agent.capture.otlp.read import Read
from tollbook_agent.capture.otlp.receiver import Receiver

TOKEN = "0123456789abcdef0123456789abcdef"
PROTOBUF, JSON = "application/x-protobuf", "application/json"
_RPC: Any = grpc


class Sink:
    """Keeps what it is given, or fails as a full disk does."""

    def __init__(self) -> None:
        self.taken: list[Read] = []
        self.full = False

    def __call__(self, read: Read) -> None:
        if self.full:
            raise OSError("no space left")
        self.taken.append(read)

    def calls(self) -> int:
        return sum(len(each.observations) for each in self.taken)


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def receiver(sink: Sink) -> Iterator[Receiver]:
    made = Receiver(sink, token=TOKEN, grpc_port=0)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def post(
    receiver: Receiver, body: bytes, path: str = "/v1/logs", kind: str = PROTOBUF, **headers: str | None
) -> tuple[int, bytes, dict[str, str]]:
    """One POST as an exporter sends it; a header of `None` is left out."""
    sent: dict[str, str | None] = {"content-type": kind, "x-tollbook-token": TOKEN}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", receiver.http_port, timeout=5)) as connection:
        connection.request("POST", path, body, {name: value for name, value in sent.items() if value is not None})
        answer = connection.getresponse()
        return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}


def test_all_encodings_reach_the_sink(receiver: Receiver, sink: Sink) -> None:
    raw = recorded("claude_code")
    assert post(receiver, as_protobuf(raw))[:2] == (200, b"")
    assert post(receiver, raw, kind=f"{JSON}; charset=utf-8")[:2] == (200, b"{}")
    assert post(receiver, gzip.compress(raw), kind=JSON, content_encoding="gzip")[0] == 200
    assert sink.calls() == 15
    assert sink.taken[0] == sink.taken[1] == sink.taken[2]
    assert receiver.counts()["calls"] == 15
    assert receiver.counts()["other_events"] == 9


def test_chunks_as_a_compressing_exporter_sends_them(receiver: Receiver, sink: Sink) -> None:
    raw = gzip.compress(recorded("claude_code"))
    pieces = iter((raw[:100], raw[100:]))
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", receiver.http_port, timeout=5)) as connection:
        headers = {"content-type": JSON, "content-encoding": "gzip", "x-tollbook-token": TOKEN}
        for body in (pieces, iter((raw,))):  # twice: the connection stays usable
            connection.request("POST", "/v1/logs", body, headers, encode_chunked=True)
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b"{}")
    assert sink.calls() == 10


def test_what_is_not_read_is_accepted_and_counted(receiver: Receiver, sink: Sink) -> None:
    assert post(receiver, b"\x0a\x00", "/v1/traces")[0] == 200
    assert post(receiver, b"{}", "/v1/metrics", JSON)[0] == 200
    assert sink.taken == []
    assert receiver.counts() == {"metrics_not_read": 1, "traces_not_read": 1}


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"x_tollbook_token": None}, 401, "wrong_token"),
        ({"x_tollbook_token": TOKEN[:-1] + "0"}, 401, "wrong_token"),
        ({"x_tollbook_token": "\xff" * 32}, 401, "wrong_token"),
        ({"host": "evil.example"}, 403, "foreign_request"),
        ({"host": "127.0.0.1"}, 403, "foreign_request"),
        ({"origin": "http://127.0.0.1"}, 403, "foreign_request"),
        ({"sec_fetch_site": "cross-site"}, 403, "foreign_request"),
        ({"kind": "text/plain"}, 415, None),
        ({"path": "/v1/log"}, 404, None),
        ({"content_encoding": "br"}, 415, "bad_body"),
        ({"content_encoding": "gzip"}, 400, "bad_body"),
        ({"transfer_encoding": "gzip"}, 400, "bad_body"),
    ],
)
def test_strangers_and_strange_requests_are_refused(
    receiver: Receiver, sink: Sink, changes: dict[str, Any], status: int, reason: str | None
) -> None:
    answer = post(receiver, as_protobuf(recorded("claude_code")), **changes)
    assert answer[0] == status
    assert answer[2]["connection"] == "close"
    assert sink.taken == []
    assert reason is None or receiver.counts() == {reason: 1}


def test_a_body_is_bounded_before_and_after_decompression(
    receiver: Receiver, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver_http, "MAX_BODY_BYTES", 1000)
    assert post(receiver, b"x" * 1001)[0] == 413
    assert post(receiver, gzip.compress(b"x" * 100_000), content_encoding="gzip")[0] == 413
    assert post(receiver, gzip.compress(b"x" * 100)[:-9], content_encoding="gzip")[0] == 400
    assert sink.taken == []


def test_what_could_not_be_committed_is_to_be_sent_again(receiver: Receiver, sink: Sink) -> None:
    body = as_protobuf(recorded("claude_code"))
    sink.full = True
    status, _, headers = post(receiver, body)
    assert status == 503
    assert headers["retry-after"] == "5"
    with _RPC.insecure_channel(f"127.0.0.1:{receiver.grpc_port}") as channel, pytest.raises(grpc.RpcError) as refused:
        export(channel, body)
    assert code(refused.value) is grpc.StatusCode.UNAVAILABLE
    sink.full = False
    assert post(receiver, body)[0] == 200
    assert receiver.counts()["not_committed"] == 2
    assert sink.calls() == 5


def test_what_is_no_otlp_is_not_to_be_sent_again(receiver: Receiver) -> None:
    status, body, _ = post(receiver, b"{", kind=JSON)
    assert (status, body) == (400, b'{"message":"not_otlp"}')
    assert post(receiver, b"\xff\xff")[:2] == (400, b"\x12\x08not_otlp")


def export(channel: Any, raw: bytes, token: str = TOKEN) -> Any:
    stub: Any = LogsServiceStub(channel)
    metadata = (("x-tollbook-token", token),)
    return stub.Export(ExportLogsServiceRequest.FromString(raw), metadata=metadata, timeout=5)


def code(fault: Any) -> Any:
    return fault.code()


def test_grpc_with_the_standard_stubs(receiver: Receiver, sink: Sink) -> None:
    raw = as_protobuf(recorded("claude_code"))
    metadata = (("x-tollbook-token", TOKEN),)
    with _RPC.insecure_channel(f"127.0.0.1:{receiver.grpc_port}", compression=grpc.Compression.Gzip) as channel:
        assert export(channel, raw) == ExportLogsServiceResponse()
        traces: Any = TraceServiceStub(channel)
        metrics: Any = MetricsServiceStub(channel)
        traces.Export(ExportTraceServiceRequest(), metadata=metadata, timeout=5)
        metrics.Export(ExportMetricsServiceRequest(), metadata=metadata, timeout=5)
    assert sink.calls() == 5
    assert receiver.counts()["traces_not_read"] == receiver.counts()["metrics_not_read"] == 1


def test_grpc_without_the_token_is_refused(receiver: Receiver, sink: Sink) -> None:
    with _RPC.insecure_channel(f"127.0.0.1:{receiver.grpc_port}") as channel, pytest.raises(grpc.RpcError) as refused:
        export(channel, as_protobuf(recorded("claude_code")), TOKEN.replace("0", "1"))
    assert code(refused.value) is grpc.StatusCode.UNAUTHENTICATED
    assert sink.taken == []


def test_connections_are_bounded(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    held = [
        socket.create_connection(("127.0.0.1", receiver.http_port), 5) for _ in range(receiver_http.MAX_CONNECTIONS)
    ]
    try:
        with socket.create_connection(("127.0.0.1", receiver.http_port), 5) as more:
            assert more.recv(1) == b""
    finally:
        for each in held:
            each.close()
    assert receiver.counts()["too_many_connections"] == 1


def test_a_port_in_use_is_told(receiver: Receiver, sink: Sink) -> None:
    with pytest.raises(OSError, match=r"."):
        Receiver(sink, token=TOKEN, http_port=receiver.http_port)
    with pytest.raises(OSError, match="cannot listen"):
        Receiver(sink, token=TOKEN, grpc_port=receiver.grpc_port)


def test_a_short_token_is_none(sink: Sink) -> None:
    with pytest.raises(ValueError, match="token"):
        Receiver(sink, token="")
