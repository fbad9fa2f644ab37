"""Claude Code's own events, as recorded, in both encodings, and what becomes of damaged ones."""

from collections import Counter
from typing import Any

import msgspec
import pytest

from tests.agent.otlp.messages import CLAUDE_CALL, as_protobuf, recorded, request
from tollbook.claim import claim_of
from tollbook.identity import Id
from tollbook.sighting import Sighting
from tollbook.usage import Usage
from tollbook.vocabulary import Basis, Billing, Channel, Evidence, IdKind, Purpose, Quality, Source, Tool
from tollbook_agent.capture.otlp.read import Encoding, Read, read_logs

T = 1_795_200_000_000_000_000
SECOND = 1_000_000_000


def both(name: str) -> Read:
    """What a recording tells; the same in JSON and in protobuf."""
    raw = recorded(name)
    plain = read_logs(raw, Encoding.JSON)
    assert read_logs(as_protobuf(raw), Encoding.PROTOBUF) == plain
    return plain


def sightings(read: Read) -> list[Sighting]:
    return [each.sighting for each in read.observations]


def one(**changes: Any) -> Sighting:
    read = read_logs(request(CLAUDE_CALL | changes), Encoding.JSON)
    assert not read.problems
    return read.observations[0].sighting


def test_a_call_is_read_whole() -> None:
    read = both("claude_code")
    first = sightings(read)[0]
    assert read.problems == ()
    assert read.others == 3
    assert (first.source, first.tool) == (Source.OTEL, Tool.CLAUDE_CODE)
    assert first.ids == (
        Id(IdKind.REQUEST, "req_011Rec0001"),
        Id(IdKind.CLIENT_REQUEST, "c0c0c0c0-0000-4000-8000-000000000001"),
    )
    assert (first.started_at, first.ended_at) == (T + SECOND // 2, T + 3 * SECOND)
    assert first.usage == Usage(input=11, cache_read=30000, cache_write_5m=500, cache_write_1h=400, output=402)
    assert (first.channel, first.basis["channel"]) == (Channel.ANTHROPIC, Basis.CONFIGURED)
    assert (first.model, first.speed, first.quality) == ("claude-opus-5-5", "standard", Quality.FINAL)
    assert first.session_id == "0c9e5d1a-3f3f-4a58-9d5e-7c1a00000001"
    assert first.turn_id == "7b7b7b7b-0000-4000-8000-00000000000b"
    assert first.scope.organization == "4d4d4d4d-0000-4000-8000-00000000000a"
    assert first.reported_cost_nano_usd == 19_100_000
    assert first.work.repo is not None
    assert (first.work.repo.value, first.work.repo.evidence) == ("initech/ledger", Evidence.METADATA)


def test_why_a_call_was_made() -> None:
    found = sightings(both("claude_code"))
    purposes = [each.purpose for each in found]
    assert purposes == [Purpose.TURN, Purpose.SUBAGENT, Purpose.COMPACTION, Purpose.TITLE, Purpose.OTHER]
    assert found[1].agent_id == "a1b2c3d4e5f60718"
    assert found[1].speed == "fast"
    assert one(query_source="sdk").purpose is Purpose.TURN
    assert one(query_source="repl_main_thread:outputStyle:Explanatory").purpose is Purpose.TURN


def test_nothing_but_the_allowed_is_in_what_was_read() -> None:
    for name in ("claude_code", "claude_code_elsewhere", "claude_code_damaged", "codex"):
        everything = msgspec.json.encode(read_logs(recorded(name), Encoding.JSON)).lower()
        assert b"canary" not in everything
        assert b"/home" not in everything


def test_other_versions_and_other_hosts() -> None:
    old, bedrock, vertex, gateway = sightings(both("claude_code_elsewhere"))
    assert old.usage == Usage(input=7, cache_write=1200, output=90)
    assert (old.quality, old.purpose, old.channel) == (Quality.PARTIAL, Purpose.SUBAGENT, Channel.ANTHROPIC)
    assert old.reported_cost_nano_usd == 2_100_000
    assert bedrock.ids == (Id(IdKind.REQUEST, "5b1f3a52-6c11-4a01-9d3e-1f0000000001"),)
    assert (bedrock.channel, bedrock.billing, bedrock.scope.endpoint_scope) == (
        Channel.BEDROCK,
        Billing.METERED,
        "geo",
    )
    assert (vertex.channel, vertex.ids) == (Channel.VERTEX, (Id(IdKind.REQUEST, "req_vrtx_011Rec"),))
    assert gateway.channel is None
    assert gateway.ids == (Id(IdKind.RESPONSE, "chatcmpl-7"),)


def test_bedrock_is_known_by_the_shape_of_its_id() -> None:
    found = one(request_id="5b1f3a52-6c11-4a01-9d3e-1f0000000002")
    assert (found.channel, found.basis["channel"]) == (Channel.BEDROCK, Basis.SHAPE)


def test_one_damaged_value_costs_that_value_alone() -> None:
    read = read_logs(recorded("claude_code_damaged"), Encoding.JSON)
    by_id = {each.ids[0].value: each for each in sightings(read)}
    assert Counter(problem.reason for problem in read.problems) == {
        "record_not_otlp": 1,
        "event_without_id": 1,
        "event_without_time": 1,
        "negative_count": 1,
        "duration_out_of_range": 1,
        "cost_out_of_range": 1,
        "event_without_counts": 1,
    }
    assert by_id["req_011Bad0001"].reported_cost_nano_usd is None
    assert by_id["req_011Bad0001"].usage is not None
    assert by_id["req_011Bad0004"].usage is None
    assert by_id["req_011Bad0005"].started_at == by_id["req_011Bad0005"].ended_at == T
    assert by_id["req_011Bad0006"].usage is None
    assert by_id["req_011Bad0007"].model is None
    named = by_id["req_011Bad0007"].work.repo
    assert named is not None
    assert named.value == "initech/ledger"


def test_every_observation_makes_a_claim_with_its_request_id() -> None:
    claims = [claim_of(each, "device") for each in sightings(both("claude_code"))]
    assert {claim and claim.key.id.kind for claim in claims} == {IdKind.REQUEST}


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize("raw", [b"\xff\xff", b"[1]", b"{", b'{"resourceLogs": 3}', b"\x0a\xff"])
def test_what_is_no_otlp_is_refused_as_a_whole(raw: bytes, encoding: Encoding) -> None:
    read = read_logs(raw, encoding)
    assert read.refused is not None
    assert read.refused.reason == "not_otlp"


def test_a_request_of_too_many_records_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollbook_agent.capture.otlp.plain.MAX_RECORDS", 2)
    monkeypatch.setattr("tollbook_agent.capture.otlp.plain_json.MAX_RECORDS", 2)
    raw = request(CLAUDE_CALL, CLAUDE_CALL, CLAUDE_CALL)
    for body, encoding in ((raw, Encoding.JSON), (as_protobuf(raw), Encoding.PROTOBUF)):
        refused = read_logs(body, encoding).refused
        assert refused is not None
        assert refused.reason == "too_many_records"


def test_a_name_that_is_not_allowed_is_not_decoded() -> None:
    bomb = b"\x0a\x06prompt" + b"\x12\xff\xff\xff\xff\x0f"  # a value whose length is a lie
    name = as_protobuf(request(CLAUDE_CALL))
    record = b"\x32" + bytes([len(bomb)]) + bomb
    # The record is the last field of its parents: their lengths grow by what is added.
    assert len(read_logs(_grown(name, record), Encoding.PROTOBUF).observations) == 1


def _grown(raw: bytes, more: bytes) -> bytes:
    """The request with more bytes at the end of its one record."""
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    parsed = ExportLogsServiceRequest.FromString(raw)
    record = parsed.resource_logs[0].scope_logs[0].log_records[0].SerializeToString() + more
    for _ in range(2):
        record = b"\x12" + _varint(len(record)) + record
    return b"\x0a" + _varint(len(record)) + record


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))
