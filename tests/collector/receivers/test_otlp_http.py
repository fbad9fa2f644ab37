"""OTLP over HTTP: what is taken, what is answered, in which encoding, and what is refused."""

import gzip
import json
import zlib
from typing import Any

import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.duration_pb2 import Duration
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.collector.claim_maker import make_claim, make_request, make_span, request_of
from tests.collector.receivers.http_bench import JSON, MAX_MESSAGE, PROTOBUF, Bench, run
from tollbook_collector.receivers import otlp_http
from tollbook_collector.receivers.plain import Signal

TRACES = "/v1/traces"
_NEWER = Span(attributes=[KeyValue(key="tollbook.schema", value=AnyValue(int_value=99))])


def json_log(*records: dict[str, Any]) -> bytes:
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": list(records)}]}]}).encode()


def claude_event(request_id: str, **more: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "event.name": {"stringValue": "api_request"},
        "model": {"stringValue": "claude-haiku-4-5"},
        "input_tokens": {"intValue": "7"},
        "output_tokens": {"intValue": 11},
        "request_id": {"stringValue": request_id},
        **more,
    }
    attributes = [{"key": key, "value": value} for key, value in values.items()]
    body = {"stringValue": "claude_code.api_request"}
    return {"timeUnixNano": "1795183390000000000", "body": body, "attributes": attributes}


def test_own_claims_arrive_over_http_and_the_answer_is_empty() -> None:
    def test(bench: Bench) -> None:
        claims = [make_claim(number) for number in range(5)]
        answer = bench.send(TRACES, request_of(claims))
        assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"", PROTOBUF)
        assert bench.sink.claims == claims
        assert bench.counts.spans == 5

    run(test)


def test_gzip_is_taken_also_in_two_streams() -> None:
    def test(bench: Bench) -> None:
        raw = request_of([make_claim(number) for number in range(40)])
        assert bench.send(TRACES, gzip.compress(raw, mtime=0), content_encoding="gzip").status == 200
        two = gzip.compress(raw[:100], mtime=0) + gzip.compress(raw[100:], mtime=0)
        assert bench.send(TRACES, two, content_encoding="GZIP").status == 200
        assert len(bench.sink.claims) == 80

    run(test)


def test_a_damaged_value_costs_neither_its_record_nor_the_neighbours() -> None:
    def test(bench: Bench) -> None:
        body = json_log(
            claude_event("req_011A", cost_usd={"doubleValue": {}}),
            claude_event("req_011B", cost_usd={"intValue": "9" * 400}, futureField={"x": 1}),
            claude_event("req_011C", cost_usd={"doubleValue": 0.5}),
        )
        answer = bench.send("/v1/logs", body, JSON)
        assert (answer.status, json.loads(answer.body)) == (200, {})
        assert [claim.ids[0].value for claim in bench.sink.claims] == ["req_011A", "req_011B", "req_011C"]
        costs = [claim.fields.get("reported_cost_nano_usd") for claim in bench.sink.claims]
        assert [cost and cost.value for cost in costs] == [None, None, 500_000_000]
        assert bench.counts.ignored["damaged_attributes"] >= 2

    run(test)


def test_partial_success_is_told_in_the_encoding_of_the_request() -> None:
    def test(bench: Bench) -> None:
        raw = make_request([make_span(make_claim(1)), _NEWER, _NEWER])
        partial = ExportTraceServiceResponse.FromString(bench.send(TRACES, raw).body).partial_success
        assert partial.rejected_spans == 2
        assert "unknown_schema 2" in partial.error_message
        low = claude_event("req_011D", cache_read_tokens={"intValue": "-5"})
        told = json.loads(bench.send("/v1/logs", json_log(low, claude_event("req_011E")), JSON).body)
        assert told["partialSuccess"]["rejectedLogRecords"] == "1"
        assert "count_out_of_range 1" in told["partialSuccess"]["errorMessage"]
        assert len(bench.sink.claims) == 2
        assert bench.counts.discarded == {"unknown_schema": 2, "count_out_of_range": 1}

    run(test)


def test_telemetry_of_other_things_is_taken_and_not_answered() -> None:
    def test(bench: Bench) -> None:
        bench.sink.refuse = RuntimeError("not asked")
        answer = bench.send(TRACES, make_request([Span(name="GET /health"), Span(name="postgres.select")]))
        assert (answer.status, answer.body) == (200, b"")
        assert bench.counts.ignored == {"no_dialect": 2}

    run(test)


@pytest.mark.parametrize(
    ("request_class", "signal"), [(ExportLogsServiceRequest, "logs"), (ExportMetricsServiceRequest, "metrics")]
)
def test_every_signal_is_taken_empty(request_class: Any, signal: str) -> None:
    def test(bench: Bench) -> None:
        assert bench.send(f"/v1/{signal}", request_class().SerializeToString()).status == 200
        assert bench.send(f"/v1/{signal}", b"{}", JSON).body == b"{}"

    run(test)


def test_metrics_are_counted_and_never_booked() -> None:
    def test(bench: Bench) -> None:
        metric = {"name": "claude_code.token.usage", "sum": {"dataPoints": [{"asInt": "5"}]}}
        body = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric, metric]}]}]}).encode()
        assert bench.send("/v1/metrics", body, JSON).status == 200
        assert bench.sink.claims == []
        assert bench.counts.ignored == {"metrics": 2}

    run(test)


def test_a_full_store_asks_for_the_same_again_in_both_encodings() -> None:
    def test(bench: Bench) -> None:
        bench.sink.refuse = RuntimeError("full")
        answer = bench.send(TRACES, request_of([make_claim(1)]))
        assert (answer.status, answer.headers["retry-after"]) == (503, "2")
        info = b"\x0a\x02" + Duration(seconds=2).SerializeToString()
        detail = Packed(type_url="type.googleapis.com/google.rpc.RetryInfo", value=info).SerializeToString()
        assert answer.body.startswith(b"\x08\x0e")  # google.rpc.Code.UNAVAILABLE
        assert answer.body.endswith(detail)
        answer = bench.send("/v1/logs", json_log(claude_event("req_011F")), JSON)
        status = json.loads(answer.body)
        assert (answer.status, status["code"], status["details"][0]["retryDelay"]) == (503, 14, "2s")
        bench.sink.refuse, bench.sink.fail = None, OSError("disk")
        assert bench.send(TRACES, request_of([make_claim(1)])).status == 503
        assert bench.counts.refused == {"store_busy": 3}

    run(test)


def test_the_answer_waits_for_the_commit_and_too_many_at_once_wait_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp_http, "MAX_IN_FLIGHT", 1)

    def test(bench: Bench) -> None:
        import threading

        bench.sink.hold = True
        answers: list[int] = []
        sending = threading.Thread(
            target=lambda: answers.append(bench.send(TRACES, request_of([make_claim(1)])).status)
        )
        sending.start()
        assert bench.sink.arrived.wait(10)
        assert answers == []
        refused = bench.send(TRACES, request_of([make_claim(2)]))
        assert (refused.status, refused.headers["retry-after"]) == (429, "2")
        bench.sink.waiting[0].set_result(None)
        sending.join(10)
        assert answers == [200]

    run(test)


def packed(size: int) -> bytes:
    return gzip.compress(b"\0" * size, mtime=0)


@pytest.mark.parametrize(
    ("status", "reason", "path", "body", "headers"),
    [
        (413, "too_large", TRACES, b"\0" * (MAX_MESSAGE + 1), {}),
        (413, "too_large", TRACES, packed(64 * 1024 * 1024), {"content_encoding": "gzip"}),
        (413, "too_large", TRACES, packed(MAX_MESSAGE - 1), {"content_encoding": "gzip"}),
        (400, "not_gzip", TRACES, b"no gzip at all", {"content_encoding": "gzip"}),
        (400, "not_gzip", TRACES, gzip.compress(b"abc" * 99, mtime=0)[:-9], {"content_encoding": "gzip"}),
        (415, "unknown_content_encoding", TRACES, zlib.compress(b"x"), {"content_encoding": "zstd"}),
        (415, "unknown_content_type", TRACES, b"x", {"content_type": "text/plain"}),
        (400, "not_otlp", TRACES, b"\xff\xff\xff", {}),
        (400, "not_otlp", "/v1/logs", b"[" * 2_000, {"content_type": JSON}),
        (413, "too_many_records", "/v1/logs", b"[" * 100_000, {"content_type": JSON}),
        (400, "not_otlp", "/v1/logs", b'"a text"', {"content_type": JSON}),
        (413, "too_many_records", "/v1/logs", json_log(*[{}] * 8_193), {"content_type": JSON}),
        (404, "no_such_path", "/v1/profiles", b"", {}),
        (405, "not_post", TRACES, b"", {"method": "GET"}),
        (403, "host_not_allowed", TRACES, b"", {"host": "collector.example"}),
        (403, "origin_not_allowed", TRACES, b"", {"origin": "https://example.com"}),
    ],
)
def test_what_can_never_be_taken(status: int, reason: str, path: str, body: bytes, headers: dict[str, str]) -> None:
    def test(bench: Bench) -> None:
        answer = bench.send(path, body, **headers)
        assert (answer.status, bench.counts.refused) == (status, {reason: 1})
        assert reason.encode() in answer.body
        assert "retry-after" not in answer.headers
        assert bench.sink.claims == []
        assert bench.send(TRACES, request_of([make_claim(1)])).status == 200  # the receiver lives on

    run(test)


def test_the_paths_are_the_signals() -> None:
    assert otlp_http.PATHS == {
        "/v1/traces": Signal.TRACES,
        "/v1/logs": Signal.LOGS,
        "/v1/metrics": Signal.METRICS,
    }
