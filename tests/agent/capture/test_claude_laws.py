"""Laws of reading transcripts: division changes nothing, copies change nothing, damage never raises."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.claude_calls import claims_of, counts_of, read_pieces, usage_of
from tollbook.usage import Totals
from tollbook_agent.capture.logs.claude_code import EMPTY, read

LAW = settings(max_examples=40, deadline=None, derandomize=True)
COUNTS = st.sampled_from([0, 7, 100, 3000])
SEARCHES = [{"type": "tool_use", "id": "toolu_1", "name": "WebSearch", "input": "CANARY"}]


@st.composite
def blocks(draw: st.DrawFn) -> dict[str, Any] | None:
    """A usage block as any version may write it."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from([None, {}, {"output_tokens": -1}, {"input_tokens": 1.5}]))
    block: dict[str, Any] = {"input_tokens": draw(COUNTS), "output_tokens": draw(COUNTS)}
    if draw(st.booleans()):
        block["cache_creation_input_tokens"] = draw(COUNTS)
        block["cache_creation"] = {"ephemeral_5m_input_tokens": draw(COUNTS), "ephemeral_1h_input_tokens": draw(COUNTS)}
    if draw(st.integers(0, 2)) == 0:
        block["iterations"] = [
            {"type": kind, "model": model, "input_tokens": draw(COUNTS), "output_tokens": draw(COUNTS)}
            for kind, model in (("message", None), (draw(st.sampled_from(["advisor_message", "compaction"])), "m-2"))
        ]
    if draw(st.booleans()):
        block["service_tier"] = draw(st.sampled_from(["standard", "priority"]))
    return block


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """A line: mostly of one of few responses, so that they meet and differ."""
    kind = draw(st.integers(0, 11))
    session = draw(st.sampled_from(["s1", "s2"]))
    if kind == 0:
        branch = draw(st.sampled_from(["w1", "w2", None]))
        state = None if branch is None else {"worktreeBranch": branch}
        return as_line({"type": "worktree-state", "worktreeSession": state, "sessionId": session})
    if kind == 1:
        number = draw(st.integers(0, 2))
        return as_line({"type": "pr-link", "prNumber": number, "prRepository": "acme/shop", "sessionId": session})
    if kind == 2:
        return draw(st.sampled_from([b"\n", b"garbage\n", b'{"type":"hologram"}\n', b'{"parentUuid":"assistant"\n']))
    if kind == 3:
        return as_line({"parentUuid": None, "type": "user", "toolUseResult": {"searchCount": draw(st.integers(0, 3))}})
    number = draw(st.integers(0, 1))
    record = response(number, draw(blocks()), draw(st.sampled_from([None, "end_turn"])))
    if draw(st.booleans()):
        record |= draw(st.sampled_from(VARIATIONS))
    if draw(st.integers(0, 4)):
        record["timestamp"] = f"2026-11-20T10:00:0{draw(st.integers(0, 9))}.000Z"
    return as_line(record)


VARIATIONS: list[dict[str, Any]] = [
    {"isSidechain": True},
    {"requestId": None},
    {"sessionId": "s2"},
    {"version": "2.1.20"},
    {"version": "next"},
    {"costUSD": 0.5},
    {"gitBranch": "other"},
]


def response(number: int, block: dict[str, Any] | None, stop: str | None) -> dict[str, Any]:
    """A line of one of few responses."""
    return {
        "parentUuid": None,
        "isSidechain": False,
        "message": {
            "id": f"msg_{number}",
            "model": "m-1",
            "content": SEARCHES if number else [],
            "stop_reason": stop,
            "usage": block,
        },
        "requestId": f"req_{number}",
        "type": "assistant",
        "sessionId": "s1",
        "version": "2.1.330",
    }


def as_line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


FILES = st.lists(lines(), max_size=14)
SPLIT = [
    as_line(
        {
            "parentUuid": None,
            "message": {
                "id": "msg_0",
                "usage": {
                    "cache_creation_input_tokens": total,
                    "cache_creation": {"ephemeral_5m_input_tokens": five, "ephemeral_1h_input_tokens": one},
                },
            },
            "type": "assistant",
        }
    )
    for total, five, one in ((100, 100, 0), (200, 0, 200), (250, 0, 0))
]


@LAW
@given(FILES, st.lists(st.integers(0, 14), max_size=8))
@example(SPLIT, [1, 2])
@example(SPLIT, [2])
def test_any_division_at_line_ends_joins_to_the_same(file: list[bytes], cuts: list[int]) -> None:
    places = [0, *sorted(cut for cut in cuts if cut <= len(file)), len(file)]
    pieces = read_pieces(b"".join(file[start:end]) for start, end in pairwise(places))
    whole = read_pieces([b"".join(file)])
    assert claims_of(pieces.observations) == claims_of(whole.observations)
    assert counts_of(pieces.problems) == counts_of(whole.problems)
    assert pieces.state == whole.state


def pass_of(kind: str, output: int) -> dict[str, Any]:
    return {"type": kind, "model": "m-2", "input_tokens": 1, "output_tokens": output}


FULL: dict[str, Any] = {"input_tokens": 5, "output_tokens": 9, "service_tier": "standard", "speed": "fast"}
SECOND_LINES: dict[str, dict[str, Any]] = {
    "the same": FULL,
    "more output": FULL | {"output_tokens": 90},
    "less input": FULL | {"input_tokens": 1},
    "another tier": FULL | {"service_tier": "priority", "output_tokens": 1},
    "no speed": {"input_tokens": 5, "output_tokens": 10},
    "an advisor": FULL | {"iterations": [pass_of("message", 9), pass_of("advisor_message", 4)]},
    "a fallback": FULL | {"iterations": [pass_of("fallback_message", 9)]},
    "an unknown pass": FULL | {"iterations": [pass_of("message", 9), pass_of("dream", 4)]},
    "impossible": FULL | {"output_tokens": -1},
    "too much thinking": FULL | {"output_tokens_details": {"thinking_tokens": 10}},
    "nothing": {},
}


@pytest.mark.parametrize("second", SECOND_LINES)
@pytest.mark.parametrize("turned", [False, True])
def test_two_lines_of_a_response_join_as_their_sightings_do(second: str, turned: bool) -> None:
    blocks = [FULL, SECOND_LINES[second]]
    times = ["2026-11-20T10:00:05.000Z", "2026-11-20T10:00:02.000Z"]
    file = [
        as_line(response(1, block, "end_turn") | {"timestamp": time})
        for block, time in zip(blocks[::-1] if turned else blocks, times, strict=True)
    ]
    pieces, whole = read_pieces(file), read_pieces([b"".join(file)])
    assert claims_of(pieces.observations) == claims_of(whole.observations)
    assert counts_of(pieces.problems) == counts_of(whole.problems)


@LAW
@given(FILES)
def test_reading_a_file_twice_changes_nothing(file: list[bytes]) -> None:
    once = read_pieces([b"".join(file)]).observations
    assert claims_of([*once, *once]) == claims_of(once)


@LAW
@given(FILES)
def test_a_response_is_the_greatest_of_its_lines(file: list[bytes]) -> None:
    """Against sightings of single lines, joined by hand."""
    single = [read_pieces([line]).observations for line in file]
    best: dict[str, Totals] = {}
    for sighting in (each.sighting for found in single for each in found):
        if sighting.usage is not None:
            mine = Totals.of(sighting.usage)
            value = sighting.ids[0].value
            best[value] = best[value].join(mine) if value in best else mine
    claims = claims_of(read_pieces([b"".join(file)]).observations)
    usages = {key.id.value: usage_of(claim) for key, claim in claims.items()}
    assert {value: usage for value, usage in usages.items() if usage is not None} == {
        value: totals.usage() for value, totals in best.items()
    }


@LAW
@given(FILES, st.data())
def test_damage_never_raises(file: list[bytes], data: st.DataObject) -> None:
    raw = bytearray(b"".join(file))
    for _ in range(data.draw(st.integers(0, 6))):
        if raw:
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    observations, _, state = read(bytes(raw), EMPTY, name="x", fallback_time=1)
    for each in observations:
        repr(each).encode()  # no text that could not be stored
    assert len(json.dumps(state.to_json())) < 5000


@LAW
@given(st.binary(max_size=400), st.binary(max_size=60))
def test_any_bytes_are_read_without_raising(head: bytes, tail: bytes) -> None:
    read(head + b'{"type":"assistant","message":' + tail, EMPTY, name="x", fallback_time=1)
