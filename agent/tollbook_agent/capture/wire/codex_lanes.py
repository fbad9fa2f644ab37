"""Which answer on a socket belongs to which request, where several calls share it.

Requests of one lane (`stream_id`; all without one are one lane) are answered one after the other, in the order they
were sent (openai 3.54 `responses_client_event.py`). `response.created` opens the answer. An answer nobody asked for is
the successor that the server makes by itself of a steered response: it inherits what was asked before it.
"""

from collections import deque
from typing import NamedTuple

from tollbook_agent.capture.wire.openai_call import Asked
from tollbook_agent.capture.wire.openai_response import ResponseObject

MAX_LANES = 64
"""Lanes of a socket; the one unused for longest is forgotten."""
MAX_WAITING = 256
"""Requests of a lane that wait for an answer; the oldest is forgotten."""


class Open(NamedTuple):
    """An answer that has begun."""

    asked: Asked
    response: ResponseObject


class Lane:
    """The calls of one lane. `untold` stands for a request that was never seen."""

    def __init__(self, untold: Asked) -> None:
        self._waiting: deque[Asked] = deque(maxlen=MAX_WAITING)
        self._last = untold
        self.open: Open | None = None
        """The answer that is under way."""

    def ask(self, asked: Asked) -> Asked | None:
        """A request was sent. The one that had to be forgotten for it, if any."""
        lost = self._waiting[0] if len(self._waiting) == MAX_WAITING else None
        self._waiting.append(asked)
        return lost

    def create(self, response: ResponseObject, at_ns: int) -> Open | None:
        """An answer begins. The one that was under way, if it never ended."""
        before, self.open = self.open, Open(self._next(at_ns), response)
        return before

    def finish(self, response: ResponseObject, at_ns: int) -> tuple[Asked, Open | None]:
        """An answer ended: what asked for it, and the one that was under way, if that was another.

        An end without a beginning is of the next request that waits.
        """
        before, self.open = self.open, None
        if before is not None and response.id in (None, before.response.id):
            return before.asked, None
        return self._next(at_ns), before

    def fail(self) -> Open | None:
        """An error ends what is under way, else the request that waits longest. The answer it ended."""
        before, self.open = self.open, None
        if before is None and self._waiting:
            self._last = self._waiting.popleft()
        return before

    def _next(self, at_ns: int) -> Asked:
        """The request that is answered now."""
        if self._waiting:
            self._last = self._waiting.popleft()
            return self._last
        return self._last._replace(started_at=at_ns, problems=(), prewarm=False)


class Lanes:
    """The lanes of one socket, by `stream_id`."""

    def __init__(self, untold: Asked) -> None:
        self._untold = untold
        self._lanes: dict[str, Lane] = {}

    def lane(self, stream_id: str | None) -> tuple[Lane, Open | None]:
        """The lane, and the answer of a lane that had to be forgotten for it, if any."""
        key, forgotten = stream_id or "", None
        lane = self._lanes.pop(key, None)
        if lane is None:
            lane = Lane(self._untold)
            if len(self._lanes) >= MAX_LANES:
                forgotten = self._lanes.pop(next(iter(self._lanes))).open
        self._lanes[key] = lane
        return lane, forgotten

    def close(self) -> list[Open]:
        """The socket is gone: the answers that were under way. A request that was never answered is no call."""
        left = [lane.open for lane in self._lanes.values() if lane.open is not None]
        self._lanes.clear()
        return left
