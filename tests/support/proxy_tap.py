"""Readers that note what they are given, for the tap."""

from dataclasses import dataclass, field

from tests.support.domain import request, sighting
from tollbook.problem import Problem
from tollbook.vocabulary import Source
from tollbook_agent.capture.observation import Observation
from tollbook_agent.capture.wire.exchange import NOTHING, Found, Request, Response


def observation(name: str = "req_1") -> Observation:
    """A call as the wire shows it."""
    return Observation(sighting=sighting(Source.PROXY, request(name), session_id="session-1"))


@dataclass(slots=True)
class Noting:
    """Finds a call and a problem at the end; raises at the step it is told to."""

    raises_at: str = ""
    heard: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])
    heads: list[Response] = field(default_factory=list[Response])
    ended: list[bool] = field(default_factory=list[bool])

    def _step(self, name: str) -> None:
        if name == self.raises_at:
            raise ZeroDivisionError(name)

    def request_data(self, data: bytes) -> None:
        """Part of the request."""
        self.heard.append(("request", data))
        self._step("request")

    def response(self, head: Response) -> None:
        """The response begins."""
        self.heads.append(head)
        self._step("head")

    def response_data(self, data: bytes, at_ns: int) -> Found:
        """Part of the response."""
        self.heard.append(("response", data))
        self._step("response")
        return NOTHING

    def end(self, at_ns: int, *, complete: bool) -> Found:
        """Nothing more comes."""
        self.ended.append(complete)
        self._step("end")
        return Found((observation(),), (Problem(reason="odd", where="here"),))

    def body(self, side: str) -> bytes:
        """All it heard of a side."""
        return b"".join(data for name, data in self.heard if name == side)


@dataclass(slots=True)
class NotingSocket:
    """The same of a socket."""

    heard: list[tuple[bool, bytes]] = field(default_factory=list[tuple[bool, bytes]])
    ends: int = 0

    def message(self, data: bytes, at_ns: int, *, from_client: bool) -> Found:
        """One message."""
        self.heard.append((from_client, data))
        return NOTHING

    def end(self, at_ns: int) -> Found:
        """Closed."""
        self.ends += 1
        return Found((observation("req_socket"),))


def asked(headers: dict[str, str] | None = None) -> Request:
    """The head of a request."""
    return Request("POST", "api.anthropic.com", 443, "/v1/messages", headers or {}, 1)
