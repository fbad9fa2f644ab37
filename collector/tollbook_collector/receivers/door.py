"""Door: between a request's bytes and its claims stands who sent it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tollbook.problem import Problem
from tollbook_collector.receivers.routing import OBSERVER, Taken

if TYPE_CHECKING:
    from tollbook_collector.receivers.otlp_grpc import Sink


class RateLimited(Exception):
    """The sender has sent too much; the same may be sent again after `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


type Read = Callable[[str], Taken | Problem]
"""Reads the request; told who its sender is."""

REFUSED: dict[str, int] = {"unauthenticated": 401, "forbidden": 403}
"""The Problems that say that a sender may not, with the status of HTTP."""


class Came(NamedTuple):
    """What a request may book, and where."""

    read: Taken | Problem
    sink: "Sink"


class Door(Protocol):
    """Judges a sender by the `authorization` header, then reads. May be called from any thread."""

    def take(self, authorization: str | None, read: Read) -> Came: ...


class OpenDoor:
    """Lets everybody in."""

    def __init__(self, sink: "Sink") -> None:
        self._sink = sink

    def take(self, authorization: str | None, read: Read) -> Came:
        return Came(read(OBSERVER), self._sink)
