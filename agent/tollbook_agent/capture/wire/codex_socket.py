"""The Responses API over a WebSocket, as Codex uses it: several calls share one socket.

The client sends `response.create` for each call, the server the same events as in a stream, and beside them frames of
its own (`codex.rate_limits`) and errors wrapped in an envelope. What each frame says of its turn decides: the headers
of the upgrade were those of the first call, and its `x-request-id` names the socket, never a call.
"""

from collections.abc import Mapping

from msgspec import Raw, Struct, field
from msgspec.json import Decoder

from tollbook.problem import Problem
from tollbook_agent.capture.anthropic_usage import Name
from tollbook_agent.capture.wire.codex_caller import caller
from tollbook_agent.capture.wire.codex_lanes import Lanes, Open
from tollbook_agent.capture.wire.exchange import NOTHING, Found, Request, SocketReader
from tollbook_agent.capture.wire.openai_call import Asked, Payer, refused
from tollbook_agent.capture.wire.openai_payer import Api, route
from tollbook_agent.capture.wire.openai_response import (
    CREATED,
    ERROR,
    LAST_EVENTS,
    ResponseObject,
    broke_off,
    concluded,
    failure,
)
from tollbook_agent.capture.wire.openai_usage import DAMAGE

WHERE = "openai socket"
MAX_FRAME = 64 * 1024 * 1024
"""Bytes of a message that is read; a larger one is passed over."""
_CREATE = "response.create"
_NO_HEADERS: Mapping[str, str] = {}
"""Of an answer on a socket: what the upgrade was answered with is no call's."""


class _Asking(Struct, frozen=True):
    """A frame of the client. The input is passed over."""

    type: Name | None = None
    stream_id: Name | None = None
    model: Name | None = None
    generate: bool | None = None
    client_metadata: Raw = field(default_factory=Raw)


class _Frame(Struct, frozen=True):
    """A frame of the server."""

    type: Name | None = None
    stream_id: Name | None = None
    status: int | None = None
    response: Raw = field(default_factory=Raw)
    error: Raw = field(default_factory=Raw)


_decode_asking = Decoder(_Asking).decode
_decode_frame = Decoder(_Frame).decode
_decode_response = Decoder(ResponseObject | None).decode


def open_socket(request: Request) -> SocketReader | None:
    """A reader for a socket of the Responses API; `None` for any other."""
    found = route(request) if request.method == "GET" else None
    return CodexSocket(request, found.payer) if found and found.api is Api.RESPONSES else None


class CodexSocket:
    """Reads one socket."""

    def __init__(self, request: Request, payer: Payer) -> None:
        self._headers = request.headers
        self._payer = payer
        who, _ = caller(self._headers, None, WHERE, own_headers=False)
        self._untold = Asked(self._payer, who, request.at_ns, None, self._headers)
        """A request of which nothing could be read."""
        self._lanes = Lanes(self._untold)

    def message(self, data: bytes, at_ns: int, *, from_client: bool) -> Found:
        """One whole message. Of the server's only those that begin or end an answer matter."""
        if len(data) > MAX_FRAME:
            return self._unread(data, at_ns, from_client, "frame_too_large", f"{len(data)} bytes")
        try:
            if from_client:
                return self._sent(_decode_asking(data), at_ns)
            return self._received(_decode_frame(data), at_ns)
        except DAMAGE as error:
            return self._unread(data, at_ns, from_client, "frame_unreadable", type(error).__name__)

    def end(self, at_ns: int) -> Found:
        """The socket is gone. A request that was never answered is no call."""
        return _together([self._broke_off(left, at_ns) for left in self._lanes.close()])

    def _sent(self, frame: _Asking, at_ns: int) -> Found:
        if frame.type != _CREATE:
            return NOTHING
        who, problems = caller(self._headers, bytes(frame.client_metadata), WHERE, own_headers=False)
        prewarm = frame.generate is False
        asked = Asked(self._payer, who, at_ns, frame.model, self._headers, problems, prewarm)
        return self._ask(asked, frame.stream_id, at_ns)

    def _ask(self, asked: Asked, stream_id: str | None, at_ns: int) -> Found:
        lane, forgotten = self._lanes.lane(stream_id)
        found = self._broke_off(forgotten, at_ns)
        return _together([found, _problem("too_many_requests", "")]) if lane.ask(asked) else found

    def _unread(self, data: bytes, at_ns: int, from_client: bool, reason: str, detail: str) -> Found:
        """A frame that is not read. If it was a request its answer will still come, and takes its turn."""
        problem = _problem(reason, detail)
        if from_client and _CREATE.encode() in data:
            return _together([problem, self._ask(self._untold._replace(started_at=at_ns), None, at_ns)])
        return problem

    def _received(self, frame: _Frame, at_ns: int) -> Found:
        kind = frame.type or ""
        if kind not in LAST_EVENTS and kind not in (CREATED, ERROR):
            return NOTHING
        lane, forgotten = self._lanes.lane(frame.stream_id)
        lost = self._broke_off(forgotten, at_ns)
        if kind == ERROR:
            return _together([lost, self._failed(lane.fail(), frame, at_ns)])
        response = _decode_response(frame.response or b"null")
        if response is None:
            return lost
        if kind == CREATED:
            return _together([lost, self._broke_off(lane.create(response, at_ns), at_ns)])
        asked, other = lane.finish(response, at_ns)
        why, status = failure(response.error), kind.removeprefix("response.")
        found = concluded(asked, response, why, status, at_ns, _NO_HEADERS, WHERE)
        return _together([lost, self._broke_off(other, at_ns), found])

    def _failed(self, before: Open | None, frame: _Frame, at_ns: int) -> Found:
        """An error envelope. With a status of the client's fault (429 among them) no model ran."""
        if before is None:
            return NOTHING
        if failure(frame.error).refused or 400 <= (frame.status or 0) < 500:
            return refused(before.asked)
        return self._broke_off(before, at_ns)

    def _broke_off(self, left: Open | None, at_ns: int) -> Found:
        return NOTHING if left is None else broke_off(left.asked, left.response, at_ns, _NO_HEADERS, WHERE)


def _problem(reason: str, detail: str) -> Found:
    return Found((), (Problem(reason=reason, where=WHERE, detail=detail),))


def _together(found: list[Found]) -> Found:
    if all(one is NOTHING for one in found):
        return NOTHING
    observations = tuple(each for one in found for each in one.observations)
    return Found(observations, tuple(each for one in found for each in one.problems))
