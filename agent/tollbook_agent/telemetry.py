"""The tools' own OpenTelemetry in the resident process: a receiver, and reports without an id linked to known calls."""

import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tollbook.claim import Claim
from tollbook.problem import Problem
from tollbook.vocabulary import IdKind, Tool
from tollbook_agent.capture.link import HOLD_NS, Candidate, Counts, Waiting
from tollbook_agent.capture.observation import Observation
from tollbook_agent.capture.otlp.read import Read
from tollbook_agent.capture.otlp.receiver import Receiver
from tollbook_agent.private_file import write_private

FILE = "otlp.json"
TOKEN_BYTES = 16

type Take = Callable[[Sequence[Observation], Sequence[Problem]], None]
"""Stores what was observed, and returns when it is durable."""
type Known = Callable[[str, int], Iterable[Claim]]
"""The claims of a tool's calls since a moment (UTC ns)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the tools are told to send: fixed, because it stands in their settings."""

    port: int
    token: str


def load(home: Path) -> Place | None:
    """The place; `None` where the tools were never told of one."""
    try:
        raw: Any = json.loads((home / FILE).read_bytes())
        return Place(port=int(raw["port"]), token=str(raw["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def draft(home: Path) -> Place:
    """The place, or one that could be made; nothing is written."""
    known = load(home)
    if known is not None:
        return known
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return Place(port=int(probe.getsockname()[1]), token=secrets.token_hex(TOKEN_BYTES))


def make(home: Path) -> Place:
    """The place, made if there is none."""
    made = draft(home)
    if load(home) is not None:
        return made
    write_private(home / FILE, json.dumps({"port": made.port, "token": made.token}).encode())
    return made


class Telemetry:
    """The receiver and what waits for its call.

    Raises:
        OSError: the port is in use.
    """

    def __init__(self, place: Place, take: Take, known: Known) -> None:
        self._take, self._known = take, known
        self._waiting = Waiting()
        self._lock = threading.Lock()
        """The receiver's thread adds, the scanning thread settles."""
        self._receiver = Receiver(self._sink, token=place.token, http_port=place.port)
        self._receiver.start()

    def close(self) -> None:
        """Take nothing more."""
        self._receiver.stop()

    def status(self) -> dict[str, int]:
        """What was received and dropped, by reason; what waits for its call."""
        return {**self._receiver.counts(), "waiting": len(self._waiting)}

    def settle(self) -> None:
        """Link what waits with the calls that are known by now; to be called when calls were booked."""
        with self._lock:
            if not len(self._waiting):
                return
            now = time.time_ns()
            candidates = map(candidate, self._known(Tool.CODEX, now - 2 * HOLD_NS))
            facts, problems = self._waiting.settle([each for each in candidates if each is not None], now)
        if facts or problems:
            self._take([Observation(sighting=fact) for fact in facts], problems)

    def _sink(self, read: Read) -> None:
        problems = list(read.problems)
        if read.loose:
            with self._lock:
                problems += self._waiting.add(read.loose)
        if read.observations or problems:
            self._take(read.observations, problems)
        if read.loose:
            self.settle()


def candidate(claim: Claim) -> Candidate | None:
    """A claim as a call that a report may be of; `None` where it counts nothing or has no id of its own."""
    totals, own = claim.totals, claim.ids[0]
    if totals is None or own.kind is IdKind.LINK:
        return None
    written = max(totals.cache_write_total, totals.split)
    names = (claim.fields.get(name) for name in ("session_id", "agent_id"))
    models = (claim.fields.get(name) for name in ("model", "model_requested"))
    return Candidate(
        id=own,
        conversations=frozenset(str(each.value) for each in names if each is not None),
        models=frozenset(str(each.value) for each in models if each is not None),
        counts=Counts(
            input=totals.input + totals.cache_read + written,
            cached=totals.cache_read,
            cache_write=written,
            output=totals.output,
            reasoning=totals.reasoning,
        ),
        ended_at=claim.ended_at,
        linked=frozenset(one for one in claim.ids if one.kind is IdKind.LINK),
    )
