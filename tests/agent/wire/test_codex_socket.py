"""Several calls on one socket: each answer is its own request's, however they interleave, and nothing is made up."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.law import law
from tollbook.vocabulary import Purpose, Quality, Tool
from tollbook_agent.capture.observation import Observation
from tollbook_agent.capture.wire import codex_lanes, codex_socket
from tollbook_agent.capture.wire.exchange import Request, SocketReader

UPGRADE = Request("GET", "api.openai.com", 443, "/v1/responses", {"originator": "codex_exec", "session-id": "s"}, 1)


class Talk:
    """A socket with both ends; keeps what the reader finds."""

    def __init__(self) -> None:
        socket = codex_socket.open_socket(UPGRADE)
        assert socket is not None
        self.socket: SocketReader = socket
        self.seen: list[Observation] = []
        self.problems: list[str] = []
        self.now = 10

    def send(self, frame: object, *, from_client: bool) -> None:
        data = frame if isinstance(frame, bytes) else json.dumps(frame).encode()
        self.now += 1
        self._take(self.socket.message(data, self.now, from_client=from_client))

    def ask(self, turn: str, **more: object) -> None:
        metadata = {"x-codex-turn-metadata": json.dumps({"turn_id": turn, "session_id": "s"})}
        self.send({"type": "response.create", "model": "m", "client_metadata": metadata, **more}, from_client=True)

    def answer(self, kind: str, response: str | None, **more: object) -> None:
        body: dict[str, Any] = {"id": response, "model": "m"}
        if kind == "completed":
            body |= {"usage": {"input_tokens": 10, "output_tokens": 1}, "service_tier": "default"}
        self.send({"type": f"response.{kind}", "response": body, **more}, from_client=False)

    def close(self) -> list[tuple[str | None, str, str | None]]:
        """Response, turn and status of each call."""
        self._take(self.socket.end(self.now + 1))
        return [(self._id(one), one.sighting.turn_id or "", one.sighting.status) for one in self.seen]

    def _take(self, found: Any) -> None:
        self.seen += found.observations
        self.problems += [one.reason for one in found.problems]

    def _id(self, one: Observation) -> str:
        (own,) = one.sighting.ids
        return own.value


@law
@given(st.data())
def test_answers_find_their_requests_in_any_interleaving(data: st.DataObject) -> None:
    """Lanes run side by side; inside a lane several requests may wait."""
    talk = Talk()
    steps = {
        lane: [(kind, f"{lane}{n}") for n in range(data.draw(st.integers(0, 3))) for kind in ("ask", "open", "end")]
        for lane in "abc"
    }
    expected: set[tuple[str, str, str]] = set()
    while any(steps.values()):
        lane = data.draw(st.sampled_from([lane for lane, left in steps.items() if left]))
        if data.draw(st.booleans()):  # the next request of a lane may be sent before its answers come
            steps[lane].sort(key=lambda step: step[0] != "ask")
        kind, name = steps[lane].pop(0)
        if kind == "ask":
            talk.ask(name, stream_id=lane)
        else:
            talk.answer("created" if kind == "open" else "completed", f"resp_{name}", stream_id=lane)
            expected |= {(f"resp_{name}", name, "completed")} if kind == "end" else set()
    found = talk.close()
    assert set(found) == expected
    assert len(found) == len(expected)
    assert talk.problems == []


def test_a_call_begins_when_it_is_asked_for_and_ends_at_its_last_event() -> None:
    talk = Talk()
    talk.ask("t1")
    asked = talk.now
    talk.answer("created", "resp_1")
    talk.answer("completed", "resp_1")
    (one,) = talk.seen
    assert (one.sighting.started_at, one.sighting.ended_at) == (asked, talk.now)
    assert one.sighting.tool is Tool.CODEX


def test_an_end_without_a_beginning_is_of_the_request_that_waits() -> None:
    talk = Talk()
    talk.ask("t1")
    talk.answer("completed", "resp_1")
    assert talk.close() == [("resp_1", "t1", "completed")]


def test_an_answer_that_never_ended_is_booked_when_the_next_begins() -> None:
    talk = Talk()
    talk.ask("t1")
    talk.answer("created", "resp_1")
    talk.ask("t2")
    talk.answer("created", "resp_2")
    (lost,) = talk.seen
    assert (lost.sighting.usage, lost.sighting.quality) == (None, Quality.PARTIAL)
    talk.answer("completed", "resp_2")
    assert talk.close() == [("resp_1", "t1", "interrupted"), ("resp_2", "t2", "completed")]


def test_an_end_of_another_answer_is_of_the_request_that_waits() -> None:
    talk = Talk()
    talk.ask("t1")
    talk.answer("created", "resp_1")
    talk.ask("t2")
    talk.answer("completed", "resp_2")
    assert talk.close() == [("resp_1", "t1", "interrupted"), ("resp_2", "t2", "completed")]


def test_an_error_before_the_answer_ends_the_request_that_waits_longest() -> None:
    talk = Talk()
    talk.ask("t1")
    talk.ask("t2")
    talk.send({"type": "error", "status": 503, "error": {"code": "server_is_overloaded"}}, from_client=False)
    talk.answer("created", "resp_2")
    talk.answer("completed", "resp_2")
    assert talk.close() == [("resp_2", "t2", "completed")]


@pytest.mark.parametrize(
    ("error", "calls"),
    [
        ({"status": 429, "error": {"message": "x"}}, []),
        ({"error": {"code": "rate_limit_exceeded"}}, []),
        ({"status": 500, "error": {"code": "server_error"}}, [("resp_1", "t1", "interrupted")]),
        ({"error": "text"}, [("resp_1", "t1", "interrupted")]),
    ],
)
def test_an_error_within_an_answer(error: dict[str, Any], calls: list[Any]) -> None:
    talk = Talk()
    talk.ask("t1")
    talk.answer("created", "resp_1")
    talk.send({"type": "error", **error}, from_client=False)
    assert talk.close() == calls


def test_a_prewarm_that_broke_off_is_no_call() -> None:
    talk = Talk()
    talk.ask("t1", generate=False)
    talk.answer("created", "resp_1")
    assert talk.close() == []


def test_a_prewarm_is_one_whatever_its_metadata_says() -> None:
    talk = Talk()
    talk.ask("t1", generate=False)
    talk.answer("created", "resp_1")
    talk.answer("completed", "resp_1")
    assert [one.sighting.purpose for one in talk.seen] == [Purpose.PREWARM]


def test_requests_that_cannot_be_read_take_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codex_socket, "MAX_FRAME", 600)
    talk = Talk()
    talk.send(b'{"type":"response.create","model":7}', from_client=True)
    talk.send(b'{"type":"response.create","input":"' + b"x" * 600 + b'"}', from_client=True)
    talk.ask("t3")
    for name in ("resp_1", "resp_2", "resp_3"):
        talk.answer("created", name)
        talk.answer("completed", name)
    assert talk.close() == [("resp_1", "", "completed"), ("resp_2", "", "completed"), ("resp_3", "t3", "completed")]
    assert talk.problems == ["frame_unreadable", "frame_too_large"]
    assert talk.seen[0].sighting.session_id == "s"


def test_what_is_no_request_does_not_take_a_turn() -> None:
    talk = Talk()
    talk.send(b"\x00\xff noise", from_client=True)
    talk.send({"type": "response.steer", "input": "x"}, from_client=True)
    talk.ask("t1")
    talk.send(b"noise", from_client=False)
    talk.send({"type": "codex.rate_limits"}, from_client=False)
    talk.send({"type": "response.completed", "response": None}, from_client=False)
    talk.answer("completed", "resp_1")
    assert talk.close() == [("resp_1", "t1", "completed")]
    assert talk.problems == ["frame_unreadable", "frame_unreadable"]


def test_lanes_and_requests_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codex_lanes, "MAX_LANES", 2)
    monkeypatch.setattr(codex_lanes, "MAX_WAITING", 2)
    talk = Talk()
    for turn in ("t1", "t2", "t3"):
        talk.ask(turn, stream_id="a")
    assert talk.problems == ["too_many_requests"]
    talk.answer("created", "resp_2", stream_id="a")
    for lane in "bc":
        talk.ask("other", stream_id=lane)
    assert talk.close() == [("resp_2", "t2", "interrupted")]


@law
@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=60)), max_size=20))
def test_noise_never_raises_and_is_no_call(frames: list[tuple[bool, bytes]]) -> None:
    talk = Talk()
    for from_client, data in frames:
        talk.send(data, from_client=from_client)
    assert talk.close() == []
