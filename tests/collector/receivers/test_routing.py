"""One request with spans of many: each goes to its reader, and none holds up another."""

import json
import random
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from tests.collector.claim_maker import make_claim, make_request, make_span, request_of
from tests.collector.dialects.recording import NAMES, load
from tollbook.claim import merge
from tollbook.problem import Problem
from tollbook_collector.receivers import plain_protobuf, routing
from tollbook_collector.receivers.dialects.registry import ALLOWED
from tollbook_collector.receivers.plain import MAX_LIST, MAX_RECORDS, MAX_TEXT, Record, Signal
from tollbook_collector.receivers.routing import OBSERVER, Encoding, Taken, read_request

_TRACES = [name for name in NAMES if load(name).signal is Signal.TRACES]


def taken(raw: bytes, signal: Signal = Signal.TRACES, encoding: Encoding = Encoding.PROTOBUF) -> Taken:
    read = read_request(raw, signal, encoding)
    assert isinstance(read, Taken)
    return read


def chat(response: str, **more: AnyValue) -> Span:
    values = {
        "gen_ai.operation.name": AnyValue(string_value="chat"),
        "gen_ai.response.id": AnyValue(string_value=response),
        "gen_ai.usage.input_tokens": AnyValue(int_value=7),
        "gen_ai.usage.output_tokens": AnyValue(int_value=3),
        **{name.replace("__", "."): value for name, value in more.items()},
    }
    return Span(
        start_time_unix_nano=10**18,
        end_time_unix_nano=10**18 + 5,
        attributes=[KeyValue(key=key, value=value) for key, value in values.items()],
    )


def request(*spans: Span) -> bytes:
    group = ScopeSpans(scope=InstrumentationScope(name="my.tracer"), spans=spans)
    return ExportTraceServiceRequest(resource_spans=[ResourceSpans(scope_spans=[group])]).SerializeToString()


def test_own_spans_alone_never_come_near_a_dialect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(routing, "dialect_of")
    claims = [make_claim(number) for number in range(3)]
    assert taken(request_of(claims)).claims == tuple(claims)


def test_own_and_foreign_spans_share_a_request() -> None:
    claims = [make_claim(number) for number in range(3)]
    raw = request_of(claims[:2]) + request(chat("msg_01A"), Span(name="GET /")) + make_request([make_span(claims[2])])
    read = taken(raw)
    assert read.claims[:3] == tuple(claims)
    (foreign,) = read.claims[3:]
    assert (foreign.key.observer, foreign.ids[0].value) == (OBSERVER, "msg_01A")
    assert read.ignored == {"no_dialect": 1}
    assert read.problems == ()


def test_own_spans_are_read_in_json_too() -> None:
    claims = [make_claim(number) for number in range(3)]
    spans = [make_span(claim) for claim in claims]

    def value(each: AnyValue) -> dict[str, Any]:
        whole = each.WhichOneof("value") == "int_value"
        return {"intValue": str(each.int_value)} if whole else {"stringValue": each.string_value}

    written = [
        {
            "startTimeUnixNano": str(span.start_time_unix_nano),
            "endTimeUnixNano": str(span.end_time_unix_nano),
            "attributes": [{"key": each.key, "value": value(each.value)} for each in span.attributes],
        }
        for span in spans
    ]
    raw = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": written}]}]}).encode()
    assert taken(raw, encoding=Encoding.JSON).claims == tuple(claims)


def test_the_mark_of_an_own_span_inside_a_prompt_fools_nobody() -> None:
    """A span that only quotes the mark is rejected for itself; its neighbours are booked."""
    quoted = chat("msg_01Quoted", gen_ai__prompt=AnyValue(string_value="\x0a\x0ftollbook.schema"))
    read = taken(request(quoted, chat("msg_01B")))
    assert [claim.ids[0].value for claim in read.claims] == ["msg_01B"]
    assert [problem.reason for problem in read.problems] == ["no_dialect"]


def test_all_recordings_in_one_request_in_any_order_give_the_same_claims() -> None:
    raws = [load(name).protobuf for name in _TRACES]
    chance = random.Random(7)
    singly = merge(claim for raw in raws for claim in taken(raw).claims)
    for _ in range(5):
        chance.shuffle(raws)
        assert merge(taken(b"".join(raws)).claims) == singly


def test_spans_of_a_ring_are_read() -> None:
    spans = [chat("msg_01C"), chat("msg_01D")]
    for span, own, parent in zip(spans, (b"a" * 8, b"b" * 8), (b"b" * 8, b"a" * 8), strict=True):
        span.trace_id, span.span_id, span.parent_span_id = b"t" * 16, own, parent
    assert len(taken(request(*spans)).claims) == 2


def test_an_aggregate_is_dropped_only_where_it_names_no_response() -> None:
    inner, outer = chat("msg_01E"), chat("")
    inner.trace_id, inner.span_id, inner.parent_span_id = b"t" * 16, b"i" * 8, b"o" * 8
    outer.trace_id, outer.span_id = b"t" * 16, b"o" * 8
    read = taken(request(inner, outer))
    assert [claim.ids[0].value for claim in read.claims] == ["msg_01E"]
    assert read.ignored == {"aggregate": 1}
    outer.attributes[1].value.string_value = "msg_01F"
    assert len(taken(request(inner, outer)).claims) == 2


_ODD = st.sampled_from(
    [
        AnyValue(),
        AnyValue(bytes_value=b"x"),
        AnyValue(double_value=float("nan")),
        AnyValue(double_value=float("-inf")),
        AnyValue(double_value=1e300),
        AnyValue(double_value=7.5),
        AnyValue(bool_value=True),
        AnyValue(string_value="x" * (MAX_TEXT + 1)),
        AnyValue(string_value="9" * 30),
        AnyValue(string_value="-7"),
        AnyValue(int_value=-(2**63)),
        AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=1)] * (MAX_LIST + 1))),
        AnyValue(array_value=ArrayValue(values=[AnyValue(array_value=ArrayValue())])),
        AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key="a")])),
    ]
)


@given(st.sampled_from(sorted(ALLOWED.names | ALLOWED.documents)), _ODD)
def test_an_odd_value_anywhere_never_costs_a_neighbour(name: str, value: AnyValue) -> None:
    odd = chat("msg_01Odd", **{name.replace(".", "__"): value})
    read = taken(request(chat("msg_01G"), odd, chat("msg_01H")))
    booked = [claim.ids[0].value for claim in read.claims]
    assert {"msg_01G", "msg_01H"} <= set(booked)
    assert len(read.claims) + len(read.problems) + sum(read.ignored.values()) >= 3


@given(st.binary(max_size=200), st.sampled_from(Signal), st.sampled_from(Encoding))
def test_any_bytes_are_read_or_refused(raw: bytes, signal: Signal, encoding: Encoding) -> None:
    assert isinstance(read_request(raw, signal, encoding), Taken | Problem)


@given(st.data())
def test_any_damage_to_a_recording_is_survived(data: st.DataObject) -> None:
    recording = load(data.draw(st.sampled_from(NAMES)))
    raw = bytearray(recording.protobuf)
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(read_request(bytes(raw), recording.signal, Encoding.PROTOBUF), Taken | Problem)


def test_a_damaged_record_is_a_problem_and_its_neighbours_are_read() -> None:
    broken = b"\x0a" + struct.pack("B", 100)  # a trace id that ends early
    spans = [chat("msg_01I").SerializeToString(), broken, chat("msg_01J").SerializeToString()]
    group = b"".join(b"\x12" + _length(each) + each for each in spans)
    part = b"\x12" + _length(group) + group
    read = taken(b"\x0a" + _length(part) + part)
    assert [claim.ids[0].value for claim in read.claims] == ["msg_01I", "msg_01J"]
    assert [problem.reason for problem in read.problems] == ["record_not_protobuf"]


def _length(raw: bytes) -> bytes:
    size, encoded = len(raw), bytearray()
    while size > 0x7F:
        encoded.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*encoded, size])


def test_a_large_span_with_content_is_read_without_it() -> None:
    prompt = AnyValue(string_value="canary " * 100_000)
    read = taken(request(chat("msg_01K", gen_ai__input__messages=prompt)))
    assert [claim.ids[0].value for claim in read.claims] == ["msg_01K"]
    assert "canary" not in repr(read)


def test_too_many_records_are_counted_before_they_are_read() -> None:
    for signal in (Signal.LOGS, Signal.METRICS):
        group = b"\x12\x00" * (MAX_RECORDS + 1)
        part = b"\x12" + _length(group) + group
        read = read_request(b"\x0a" + _length(part) + part, signal, Encoding.PROTOBUF)
        assert isinstance(read, Problem)
        assert read.reason == "too_many_records"


def test_a_value_before_its_key_is_read() -> None:
    pair = KeyValue(key="gen_ai.system", value=AnyValue(string_value="openai"))
    value = pair.value.SerializeToString()
    swapped = b"\x12" + _length(value) + value + b"\x0a" + _length(pair.key.encode()) + pair.key.encode()
    resource = b"\x0a" + _length(swapped) + swapped
    assert Resource.FromString(resource).attributes[0] == pair
    part = b"\x0a" + _length(resource) + resource + b"\x12\x02\x12\x00"
    raws = plain_protobuf.split(b"\x0a" + _length(part) + part, Signal.TRACES)
    assert isinstance(raws, list)
    (record,) = plain_protobuf.read(raws, Signal.TRACES, ALLOWED)
    assert isinstance(record, Record)
    assert record.resource == {"gen_ai.system": "openai"}
