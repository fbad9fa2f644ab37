"""What the mock provider has billed: one JSON line for each request to a model, written when its answer has ended."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from tollbook.usage import Usage


class Outcome(StrEnum):
    """How an answer ended."""

    COMPLETE = "complete"
    BROKEN = "broken"
    """The stream ended before its last event: its usage is what was sent until then."""
    ERROR = "error"
    """Refused before any of it was made; not billed."""
    PREWARM = "prewarm"
    """Codex's request without output; not billed."""


@dataclass(slots=True, kw_only=True)
class Entry:
    """One request to a model and what was billed for it. Times are UTC nanoseconds."""

    channel: str
    host: str
    path: str
    transport: str
    """plain, sse, ws or eventstream."""
    http_version: str
    model_requested: str
    model: str = ""
    response_id: str | None = None
    request_id: str | None = None
    client_request_id: str | None = None
    session_id: str | None = None
    thread_id: str | None = None
    turn_id: str | None = None
    agent_id: str | None = None
    request_class: str | None = None
    purpose: str = "turn"
    """A name of Tollbook's `Purpose`."""
    script: str = ""
    step: int = 0
    attempt: int = 1
    encoding: str = "identity"
    status: int = 200
    outcome: Outcome = Outcome.BROKEN
    billed: bool = True
    usage: dict[str, int] | None = None
    """As billed; `None` where the wire tells nobody. Of a broken stream the output is what had been sent."""
    extra: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    """Usage of other models in the same answer."""
    started_at: int = 0
    ended_at: int = 0

    def bill(self, usage: Usage | None) -> None:
        """Book this usage; an unknown one for `None`."""
        self.usage = None if usage is None else usage.as_dict()


class Ledger:
    """Appends entries to a file."""

    def __init__(self, path: Path, clock: Callable[[], int] = time.time_ns) -> None:
        self._path, self._clock = path, clock
        path.touch()
        hangs_of(path).touch()

    def opened(self, entry: Entry) -> Entry:
        """The entry, begun now."""
        entry.started_at = self._clock()
        return entry

    def hanging(self) -> None:
        """Note that a stream has begun to hang; there is nothing to book of it yet."""
        with hangs_of(self._path).open("a", encoding="utf-8") as file:
            file.write("hangs\n")

    def close(self, entry: Entry) -> None:
        """Write it, ended now."""
        entry.ended_at = self._clock()
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(entry)) + "\n")


def hangs_of(ledger: Path) -> Path:
    """A file beside the ledger with a line for each stream that has begun to hang."""
    return ledger.with_suffix(".hangs")


def read_ledger(path: Path) -> list[Entry]:
    """Every entry, in the order in which the answers ended."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_entry(json.loads(line)) for line in lines]


def _entry(fields: Mapping[str, Any]) -> Entry:
    entry = Entry(**fields)
    entry.outcome = Outcome(entry.outcome)
    return entry
