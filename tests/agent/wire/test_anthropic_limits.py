"""Whatever bytes come: no reader raises, holds much, depends on cuts or lets content through."""

import json
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.anthropic_wire import ASKED, ENDED, FAMILIES, READ, Recording, pieces, recordings, told
from tollbook.identity import Id
from tollbook.vocabulary import Billing, IdKind, Purpose, Quality
from tollbook_agent.capture.wire import anthropic, bedrock
from tollbook_agent.capture.wire.anthropic_answers import name
from tollbook_agent.capture.wire.anthropic_message import MAX_PROBLEMS, Message, Notes
from tollbook_agent.capture.wire.exchange import KEY_CLASS, NOTHING, Found, Reader, Request, Response

EVERY = [one for family in FAMILIES for one in recordings(family)]
SSE_HEAD = Response(200, {"content-type": "text/event-stream", "request-id": "req_1"}, READ)
JSON_HEAD = Response(200, {"content-type": "application/json", "request-id": "req_1"}, READ)


def fed(recording: Recording, chunks: list[bytes]) -> Found:
    reader = recording.open()
    assert reader is not None
    reader.request_data(recording.request_body)
    reader.response(recording.response)
    found = [reader.response_data(chunk, READ) for chunk in chunks]
    found.append(reader.end(ENDED, complete=True))
    observations = tuple(one for each in found for one in each.observations)
    problems = [one for each in found for one in each.problems]
    return Found(observations, tuple(sorted(problems, key=repr)))


@given(
    st.sampled_from(EVERY),
    st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=3)), min_size=1, max_size=4),
    st.lists(st.integers(0, 10**6), max_size=8),
)
def test_damage_never_raises_nor_depends_on_cuts(
    recording: Recording, changes: list[tuple[int, bytes]], cuts: list[int]
) -> None:
    data = bytearray(recording.plain)
    for place, noise in changes:
        at = place % (len(data) + 1)
        data[at : at + len(noise) + 1] = noise
    whole = fed(recording, [bytes(data)])
    assert fed(recording, list(pieces(bytes(data), cuts, 1))) == whole
    assert len(whole.observations) <= (2 if recording.name == "batch_results" else 1)
    assert len(whole.problems) <= MAX_PROBLEMS


@given(st.sampled_from(EVERY), st.binary(max_size=200))
def test_any_request_body_is_read(recording: Recording, noise: bytes) -> None:
    reader = recording.open()
    assert reader is not None
    reader.request_data(recording.request_body[: len(noise) * 3] + noise)
    reader.response(recording.response)
    found = reader.response_data(recording.plain, READ)
    assert [one.sighting.usage for one in found.observations] == [
        one.sighting.usage for one in recording.read().observations if one.sighting.ended_at == READ
    ]


def open_messages(headers: dict[str, str] | None = None) -> Reader:
    reader = anthropic.open_exchange(Request("POST", anthropic.HOST, 443, "/v1/messages", headers or {}, ASKED))
    assert reader is not None
    return reader


BEGIN = b'{"type":"message_start","message":{"id":"msg_1","model":"m","usage":{"input_tokens":1,"output_tokens":1}}}'
COUNT = b'{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}'


def long_stream() -> Iterator[bytes]:
    yield b"event: message_start\ndata: " + BEGIN + b"\n\n"
    text = json.dumps({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "x" * 60_000}}).encode()
    for _ in range(300):
        yield b"event: content_block_delta\ndata: " + text + b"\n\n"
    yield b"event: content_block_delta\ndata: "
    for _ in range(300):
        yield b"x" * 60_000
    yield b"\n\nevent: message_delta\ndata: " + COUNT + b"\n\nevent: message_stop\ndata: {}\n\n"
    yield b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


def test_a_long_stream_is_never_held() -> None:
    reader = open_messages()
    reader.response(SSE_HEAD)
    tracemalloc.start()
    found = [reader.response_data(chunk, READ) for chunk in long_stream()]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    (one,) = [each for part in found for each in part.observations]
    assert one.sighting.usage is not None
    assert (one.sighting.usage.output, one.sighting.quality) == (9, Quality.FINAL)
    assert [problem.reason for part in found for problem in part.problems] == ["event_too_large"]
    assert peak < 24 * 1024 * 1024


def test_a_long_answer_and_a_long_request_are_never_held() -> None:
    reader = open_messages()
    tracemalloc.start()
    reader.request_data(b'{"messages":["')
    reader.response(JSON_HEAD)
    for _ in range(300):
        reader.request_data(b"x" * 60_000)
    reader.request_data(b'"],"model":"claude-opus-5-5"}')
    reader.response_data(b'{"id":"msg_1","content":[{"text":"', READ)
    for _ in range(300):
        reader.response_data(b"x" * 60_000, READ)
    found = reader.response_data(b'"}],"usage":{"input_tokens":1,"output_tokens":2}}', READ)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    (call,) = map(told, found.observations)
    assert (call["usage"], call["model_requested"]) == ({"input": 1, "output": 2}, "claude-opus-5-5")
    assert peak < 512 * 1024


def test_an_exchange_without_any_id_is_a_problem() -> None:
    reader = open_messages()
    reader.response(Response(200, {"content-type": "application/json"}, READ))
    found = reader.response_data(b'{"usage":{"input_tokens":1,"output_tokens":2}}', READ)
    assert (found.observations, [one.reason for one in found.problems]) == ((), ["call_without_id"])


@pytest.mark.parametrize("status", [101, 301, 400, 401, 404, 413, 429, 500, 529])
def test_an_answer_that_refuses_is_no_call(status: int) -> None:
    reader = open_messages()
    reader.response(Response(status, JSON_HEAD.headers, READ))
    body = b'{"id":"msg_1","usage":{"input_tokens":1,"output_tokens":2}}'
    assert reader.response_data(body, READ) == reader.end(ENDED, complete=True) == NOTHING


def test_a_request_that_was_never_answered_is_no_call() -> None:
    reader = open_messages()
    reader.request_data(b'{"model":')
    assert reader.end(ENDED, complete=False) == NOTHING


def test_no_more_problems_than_tell_something() -> None:
    notes = Notes("test")
    for number in range(100):
        notes.add("reason", str(number))
        notes.add("reason", "0")
    assert len(notes.all) == MAX_PROBLEMS


def test_events_after_the_end_and_a_second_begin_are_not_counted() -> None:
    message = Message(Notes("test"))
    assert message.take("", BEGIN) is None
    assert message.take("", BEGIN.replace(b'"input_tokens":1', b'"input_tokens":99')) is None
    assert message.take("message_delta", COUNT) is None
    outcome = message.take("message_stop", b'{"type":"message_stop"}')
    assert outcome is not None
    assert outcome.block is not None
    assert (outcome.block.input_tokens, outcome.block.output_tokens, outcome.quality) == (1, 9, Quality.FINAL)
    assert message.take("message_delta", COUNT) is None
    assert message.cut() is None


@pytest.mark.parametrize(
    ("key", "limits", "billing"),
    [
        ("api_key", {}, Billing.METERED),
        ("api_key", {"status": "allowed"}, Billing.METERED),
        ("oauth", {"status": "allowed"}, Billing.SUBSCRIPTION),
        ("bearer", {"status": "allowed_warning", "overage-status": "rejected"}, Billing.SUBSCRIPTION),
        ("oauth", {"status": "rejected", "overage-status": "rejected"}, Billing.SUBSCRIPTION),
        ("oauth", {"status": "rejected", "overage-status": "allowed"}, Billing.METERED),
        ("oauth", {"status": "allowed", "representative-claim": "overage"}, Billing.METERED),
        ("oauth", {}, Billing.UNKNOWN),
        (None, {"status": "allowed"}, Billing.UNKNOWN),
    ],
)
def test_how_a_call_is_paid(key: str | None, limits: dict[str, str], billing: Billing) -> None:
    reader = open_messages({KEY_CLASS: key} if key else {})
    extra = {f"anthropic-ratelimit-unified-{field}": value for field, value in limits.items()}
    reader.response(Response(200, {**JSON_HEAD.headers, **extra}, READ))
    (one,) = reader.response_data(b'{"id":"msg_1","usage":{"input_tokens":1,"output_tokens":2}}', READ).observations
    assert one.sighting.billing is billing


@pytest.mark.parametrize(
    ("request_class", "purpose"),
    [
        ("main", Purpose.TURN),
        ("subagent", Purpose.SUBAGENT),
        ("workflow", Purpose.SUBAGENT),
        ("compaction", Purpose.COMPACTION),
        ("auxiliary", Purpose.OTHER),
        ("side_reply", Purpose.OTHER),
        ("something new", Purpose.OTHER),
    ],
)
def test_purposes_by_request_class(request_class: str, purpose: Purpose) -> None:
    reader = open_messages({"x-claude-code-request-class": request_class})
    reader.response(JSON_HEAD)
    (one,) = reader.response_data(b'{"id":"msg_1","usage":{"input_tokens":1,"output_tokens":2}}', READ).observations
    assert one.sighting.purpose is purpose


def test_an_agent_on_a_cloud_is_a_subagent() -> None:
    host, path = "bedrock-runtime.us-east-1.amazonaws.com", "/model/us.anthropic.claude-opus-5-5/invoke"
    reader = bedrock.open_exchange(Request("POST", host, 443, path, {"x-claude-code-agent-id": "a1"}, ASKED))
    assert reader is not None
    reader.response(Response(200, {"x-amzn-requestid": "u-1"}, READ))
    (one,) = reader.response_data(b'{"usage":{"input_tokens":1,"output_tokens":2}}', READ).observations
    assert (one.sighting.purpose, one.sighting.agent_id) == (Purpose.SUBAGENT, "a1")
    assert one.sighting.ids == (Id(IdKind.REQUEST, "u-1"),)


@pytest.mark.parametrize("value", [None, 1, True, "", "x" * 513, "two words", "line\n", "ü", "\x00"])
def test_what_is_no_name(value: object) -> None:
    assert name(value) is None
