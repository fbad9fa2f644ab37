"""Turns of one agent stream of Cursor's: each in its own time, none out of a heartbeat."""

import pytest

from tests.agent.wire.openai_recording import Exchange, recorded
from tollbook.vocabulary import IdKind
from tollbook_agent.capture.wire import cursor
from tollbook_agent.capture.wire.exchange import NOTHING, Reader, Request, Response

TURNS: Exchange = next(each for each in recorded("cursor") if each.name == "two_turns")
HEAD = Response(200, {"content-type": "text/event-stream"}, 20)


def opened(**headers: str) -> Reader:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    reader = cursor.open_exchange(Request("POST", "api2.cursor.sh", 443, TURNS.request.path, names, 10))
    assert reader is not None
    return reader


def messages(stream: bytes) -> list[bytes]:
    """The envelopes of a stream, one by one."""
    found: list[bytes] = []
    while stream:
        size = 5 + int.from_bytes(stream[1:5], "big")
        found.append(stream[:size])
        stream = stream[size:]
    return found


def test_a_turn_begins_where_the_one_before_it_ended() -> None:
    reader = opened(x_request_id="r")
    reader.response(HEAD)
    seen = [
        (one.sighting.ids[0], one.sighting.started_at, one.sighting.ended_at, one.sighting.model)
        for now, message in enumerate(messages(TURNS.answer), start=30)
        for one in reader.response_data(message, now).observations
    ]
    assert seen == [
        ((IdKind.REQUEST, "r"), 10, 31, "Claude Opus 5.5"),
        ((IdKind.DERIVED, "cursor:r:2"), 31, 33, "Claude Opus 5.5"),
    ]
    assert reader.end(40, complete=True) is NOTHING


def test_without_a_request_id_there_is_a_problem_and_no_call() -> None:
    reader = opened()
    reader.response(HEAD)
    found = reader.response_data(TURNS.answer, 30)
    assert found.observations == ()
    assert [one.reason for one in found.problems] == ["call_without_id", "call_without_id"]


@pytest.mark.parametrize("status", [400, 429, 500])
def test_an_error_is_no_turn(status: int) -> None:
    reader = opened(x_request_id="r")
    reader.response(Response(status, {}, 20))
    assert reader.response_data(TURNS.answer, 30) is NOTHING
    assert reader.end(40, complete=True) is NOTHING
