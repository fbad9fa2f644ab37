"""Bounds and the small parts of the transcript reader."""

import json
from dataclasses import FrozenInstanceError, dataclass, field

import pytest

from tests.support.claude_calls import counts_of, read_pieces
from tollbook.identity import Id
from tollbook.sighting import Sighting
from tollbook.vocabulary import Basis, IdKind, Quality, Source, Tool
from tollbook_agent.capture.frozen import builder
from tollbook_agent.capture.logs import claude_scan
from tollbook_agent.capture.logs.claude_code import EMPTY, INFORMATIVE, ClaudeState, read
from tollbook_agent.capture.logs.claude_meaning import ids_of, stage_of
from tollbook_agent.capture.logs.claude_state import MAX_SESSIONS
from tollbook_agent.capture.logs.claude_tally import MAX_KINDS, REMEDY
from tollbook_agent.capture.logs.claude_times import nanoseconds


def line(number: int, *, text: str = "", session: str = "s") -> bytes:
    usage = {"input_tokens": 1, "output_tokens": number}
    record = {
        "parentUuid": None,
        "message": {"id": f"msg_{number}", "content": [{"type": "text", "text": text}], "usage": usage},
        "type": "assistant",
        "timestamp": "2026-11-20T10:00:00.000Z",
        "sessionId": session,
        "version": "2.1.330",
    }
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def test_lines_that_agree_are_one_sighting_and_others_are_not() -> None:
    timed, untimed = line(1), line(1).replace(b'"timestamp"', b'"stamp"')
    link = b'{"type":"pr-link","prNumber":7,"prRepository":"acme/shop","sessionId":"s"}\n'
    assert len(read_pieces([timed + timed]).observations) == 1
    by_time = read_pieces([timed + untimed]).observations
    assert [each.sighting.basis.get("started_at") for each in by_time] == [None, Basis.SHAPE]
    by_place = read_pieces([timed + link + timed]).observations
    assert [each.place.pull_request for each in by_place] == [None, "acme/shop#7"]


def test_a_line_of_a_megabyte_is_read() -> None:
    result = read_pieces([line(1, text="x" * 2**20 + '"usage":{') + line(2)])
    assert [each.sighting.ids[0].value for each in result.observations] == ["msg_1", "msg_2"]


def test_a_line_over_the_limit_is_counted_and_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claude_scan, "MAX_LINE_BYTES", 2000)
    result = read_pieces([line(1) + line(2, text="x" * 2000) + line(3)])
    assert [each.sighting.ids[0].value for each in result.observations] == ["msg_1", "msg_3"]
    assert counts_of(result.problems) == {"line_too_long": 1}


def test_the_limit_of_a_line() -> None:
    assert claude_scan.MAX_LINE_BYTES == 32 * 1024 * 1024


def test_nesting_without_end_is_a_torn_line() -> None:
    deep = b'{"parentUuid":"assistant","x":' + b"[" * 100_000 + b"\n"
    result = read_pieces([deep + line(1)])
    assert len(result.observations) == 1
    assert counts_of(result.problems) == {"line_not_json": 1}


def test_many_kinds_of_problems_are_bounded() -> None:
    data = b"".join(b'{"type":"new-%d"}\n' % number for number in range(500))
    problems = read_pieces([data]).problems
    assert len(problems) <= MAX_KINDS + 1
    assert sum(counts_of(problems).values()) == 500


def test_sessions_in_the_state_are_bounded_and_the_oldest_go() -> None:
    events = [
        json.dumps({"type": "pr-link", "prNumber": number, "prRepository": "a/b", "sessionId": f"s{number}"})
        for number in range(1, 100)
    ]
    result = read_pieces([("\n".join(events) + "\n").encode()])
    assert list(result.state.sessions) == [f"s{number}" for number in range(100 - MAX_SESSIONS, 100)]
    late = read(line(1, session="s99"), result.state, name="x", fallback_time=1)[0]
    assert late[0].place.pull_request == "a/b#99"


def test_a_state_of_something_else_is_refused() -> None:
    assert ClaudeState.from_json(json.loads(json.dumps(EMPTY.to_json()))) == EMPTY
    for wrong in ({"sessions": 3}, {"last_time": "x"}, {"sessions": {"a": [1]}}):
        with pytest.raises(ValueError, match="not a state"):
            ClaudeState.from_json(wrong)


def test_remedies_and_informative_reasons_are_reasons_that_occur() -> None:
    assert "line_not_json" not in INFORMATIVE
    assert {"synthetic_error", "cost_state_seen", "web_search_outside_log"} <= INFORMATIVE
    assert all(text.endswith(".") for text in REMEDY.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00.000Z", None),
        ("2026-11-21T23:52:10.391Z", 1_795_305_130_391_000_000),
        ("2026-11-21T23:52:10.3915Z", 1_795_305_130_391_500_000),
        ("2026-11-21T23:52:10.391000001Z", 1_795_305_130_391_000_001),
        ("2026-11-21T23:52:10Z", 1_795_305_130_000_000_000),
        ("2026-11-21T18:52:10.391-05:00", 1_795_305_130_391_000_000),
        ("2026-11-22T01:52:10.391+0200", 1_795_305_130_391_000_000),
        ("2026-11-21T23:52:10.3x1Z", None),
        ("2026-11-21T23:52:10.\u0663\u0669\u0661Z", None),
        ("2026-13-21T23:52:10.391Z", None),
        ("2026-11-21T23:52:61.391Z", None),
        ("2026-11-21 23:52:10.391", None),
        ("9999-11-21T23:52:10.391Z", None),
        ("", None),
        (None, None),
    ],
)
def test_times(text: str | None, expected: int | None) -> None:
    assert nanoseconds(text) == expected


@pytest.mark.parametrize(
    ("stop", "version", "quality", "status"),
    [
        ("end_turn", "2.1.20", Quality.FINAL, None),
        (None, "2.1.96", Quality.PLACEHOLDER, None),
        (None, "2.1.97", Quality.PARTIAL, None),
        (None, "2.1.329", Quality.PARTIAL, None),
        (None, "2.1.330", Quality.PARTIAL, "interrupted"),
        (None, "2.2.0", Quality.PARTIAL, "interrupted"),
        (None, "2.0.230", Quality.PLACEHOLDER, None),
        (None, "1.0.98", Quality.PLACEHOLDER, None),
        (None, None, Quality.PLACEHOLDER, None),
        (None, "next", Quality.PLACEHOLDER, None),
    ],
)
def test_how_far_a_response_had_come(stop: str | None, version: str | None, quality: Quality, status: str) -> None:
    assert stage_of(stop, version) == (quality, status)


def test_ids() -> None:
    response, request = Id(IdKind.RESPONSE, "msg_01"), Id(IdKind.REQUEST, "req_01")
    assert ids_of("msg_01", "req_01") == (response, request)
    assert ids_of("msg_01", None) == (response,)
    assert ids_of(None, "req_01") == (request,)
    assert ids_of("req_01", "req_01") == (request,)
    assert ids_of("7", "req_01") == (Id(IdKind.GATEWAY_CALL, "7#req_01"), request)
    assert ids_of("7", None) == (Id(IdKind.GATEWAY_CALL, "7"),)
    assert ids_of("", "") == ()


def test_a_built_record_equals_a_constructed_one() -> None:
    build = builder(Sighting, "tool", "source", "ids", "started_at", "ended_at", "basis")
    basis = {"model": Basis.SHAPE}
    constructed = Sighting(
        source=Source.LOG, tool=Tool.CLAUDE_CODE, ids=(), started_at=1, ended_at=2, basis={"model": Basis.SHAPE}
    )
    assert build(Tool.CLAUDE_CODE, Source.LOG, (), 1, 2, basis) == constructed
    assert type(build(Tool.CLAUDE_CODE, Source.LOG, (), 1, 2, basis)) is Sighting


def test_a_builder_refuses_what_no_record_can_be() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Pair:
        left: int
        right: list[int] = field(default_factory=list[int])

    assert builder(Pair, "left")(3) == Pair(left=3)
    with pytest.raises(TypeError, match="has no default"):
        builder(Pair, "right")
    with pytest.raises(TypeError, match="has no field"):
        builder(Pair, "left", "middle")
    with pytest.raises(FrozenInstanceError):
        builder(Pair, "left")(3).left = 4  # pyright: ignore[reportAttributeAccessIssue]
    assert builder(Pair, "left")(3).right is not builder(Pair, "left")(3).right
