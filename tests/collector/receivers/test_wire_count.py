"""What is too much is told before anything is made of it, and nothing that a sender may send is too much."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from tests.collector.claim_maker import make_claim, request_of
from tests.collector.fuzz.requests import Maker
from tollbook.problem import Problem
from tollbook_collector.receivers.plain import Signal
from tollbook_collector.receivers.routing import Encoding, read_request
from tollbook_collector.receivers.wire_count import MAX_FIELDS, MAX_RECORDS, too_many_fields, too_many_objects


@pytest.mark.parametrize("signal", list(Signal))
@pytest.mark.parametrize("tag", [b"\x0a", b"\x12"])
def test_millions_of_empty_parts_are_refused_unparsed(signal: Signal, tag: bytes) -> None:
    inner = tag + b"\x00"
    body = inner * 1_000_000
    length = len(body)
    outer = b"\x0a" + bytes((length & 0x7F | 0x80, length >> 7 & 0x7F | 0x80, length >> 14 & 0x7F)) + body
    for raw in (b"\x0a\x00" * 1_000_000, outer):
        found = read_request(raw, signal, Encoding.PROTOBUF)
        assert isinstance(found, Problem)
        assert found.reason == "too_many_records"


@given(st.integers(0, 200), st.integers(0, 30))
def test_every_field_of_the_outer_levels_is_counted(parts: int, scopes: int) -> None:
    request = ExportLogsServiceRequest()
    for _ in range(parts):
        part = request.resource_logs.add()
        for _ in range(scopes):
            part.scope_logs.add()
    assert too_many_fields(request.SerializeToString()) == (parts * (1 + scopes) > MAX_FIELDS)


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=8), st.booleans())
def test_the_records_of_all_scopes_are_counted(records: list[int], long_tags: bool) -> None:
    record = (b"\x92\x00" if long_tags else b"\x12") + b"\x12" + b"\x0a\x10" + bytes(16)
    scopes = [_field(0x12, record * count) for count in records]
    assert too_many_fields(b"".join(_field(0x0A, scope) for scope in scopes)) == (sum(records) > MAX_RECORDS)


def _field(tag: int, payload: bytes) -> bytes:
    length = len(payload)
    return bytes((tag, length & 0x7F | 0x80, length >> 7 & 0x7F | 0x80, length >> 14)) + payload


def test_full_requests_of_ordinary_spans_are_not_too_much() -> None:
    assert not too_many_fields(request_of([make_claim(number) for number in range(2_000)]))


@given(st.binary(max_size=200), st.integers(0, 2**32))
def test_no_bytes_make_it_fail(noise: bytes, seed: int) -> None:
    too_many_fields(noise)
    raw = Maker(random.Random(seed)).one().body
    if len(raw) < 100_000:
        too_many_fields(raw)


def test_json_that_is_nothing_but_objects_is_too_much_and_telemetry_is_not() -> None:
    assert too_many_objects(b"{}," * 100_000)
    attribute = {"key": "gen_ai.request.model", "value": {"stringValue": "claude"}}
    spans = [{"name": "chat", "attributes": [attribute] * 25} for _ in range(1_000)]
    ordinary = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    assert not too_many_objects(json.dumps(ordinary, separators=(",", ":")).encode())
