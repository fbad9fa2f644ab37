"""One HTTP exchange with an API of OpenAI's making: plain JSON or server-sent events, whichever the answer is.

The framing only; what the events and documents mean is a `Meaning`.
"""

from typing import Protocol

from tollbook.problem import Problem
from tollbook_agent.capture.wire.exchange import NOTHING, Found, Response
from tollbook_agent.capture.wire.fields import Fields
from tollbook_agent.capture.wire.sse import Event, Sse


class Meaning(Protocol):
    """What the parts of an exchange mean in one protocol."""

    @property
    def body(self) -> Fields:
        """The fields of the request's body."""
        ...

    @property
    def document(self) -> Fields:
        """The fields of a plain answer."""
        ...

    @property
    def where(self) -> str:
        """The name of the protocol in a Problem."""
        ...

    def answered(self, head: Response) -> None:
        """The server accepted the request."""
        ...

    def event(self, event: Event, at_ns: int) -> Found | None:
        """An event of the stream; the call, if this was the last that matters, else `None`."""
        ...

    def whole(self, at_ns: int) -> Found:
        """A plain answer was read to its end."""
        ...

    def broken(self, at_ns: int) -> Found:
        """The answer ended, and no part of it ended the call."""
        ...


class HttpReader:
    """Reads one exchange. What follows the end of the call is passed over; an error is no call."""

    def __init__(self, meaning: Meaning) -> None:
        self._meaning = meaning
        self._accepted = False
        self._ended = False
        self._is_json: bool | None = None
        self._sse = Sse()

    def request_data(self, data: bytes) -> None:
        """The next bytes of the request's body."""
        self._meaning.body.feed(data)

    def response(self, head: Response) -> None:
        """The response begins: what it is, is told by its type, or by its first byte where there is none."""
        self._accepted = 200 <= head.status < 300
        if not self._accepted:
            return
        kind = head.headers.get("content-type", "").lower()
        if "event-stream" in kind:
            self._is_json = False
        elif "json" in kind:
            self._is_json = True
        self._meaning.answered(head)

    def response_data(self, data: bytes, at_ns: int) -> Found:
        """The next bytes of the response's body."""
        if not self._accepted or self._ended:
            return NOTHING
        if self._is_json is None:
            first = data.lstrip()[:1]
            if not first:
                return NOTHING
            self._is_json = first == b"{"
        if self._is_json:
            self._meaning.document.feed(data)
            if self._meaning.document.complete:
                self._ended = True
                return self._meaning.whole(at_ns)
            return NOTHING
        return self._events(self._sse.feed(data), at_ns)

    def end(self, at_ns: int, *, complete: bool) -> Found:
        """Nothing more comes: an answer without its last event broke off, however the connection ended."""
        if not self._accepted or self._ended:
            return NOTHING
        last = self._events(self._sse.end(), at_ns)
        if self._ended:
            return last
        self._ended = True
        found = self._meaning.broken(at_ns)
        problems = (*last.problems, *found.problems)
        if self._sse.skipped:
            detail = f"{self._sse.skipped} events"
            problems += (Problem(reason="event_too_large", where=self._meaning.where, detail=detail),)
        return Found(found.observations, problems)

    def _events(self, events: list[Event], at_ns: int) -> Found:
        for event in events:
            found = self._meaning.event(event, at_ns)
            if found is not None:
                self._ended = True
                return found
        return NOTHING
