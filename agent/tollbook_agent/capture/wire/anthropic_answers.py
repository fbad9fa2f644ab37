"""The bodies of Anthropic's answers: one JSON document, or server-sent events."""

from typing import Protocol

from tollbook.vocabulary import Quality
from tollbook_agent.capture.anthropic_usage import MAX_TEXT, UsageBlock
from tollbook_agent.capture.wire.anthropic_message import INTERRUPTED, Message, Notes, Outcome, usage_block
from tollbook_agent.capture.wire.fields import Fields
from tollbook_agent.capture.wire.sse import Event, Sse


class Answer(Protocol):
    """Reads the body of a response that did not refuse the request."""

    def feed(self, data: bytes) -> list[Outcome]:
        """The messages that these bytes complete."""
        ...

    def end(self) -> list[Outcome]:
        """Nothing more comes: what had begun and did not end."""
        ...


class SseAnswer:
    """Server-sent events."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._sse = Sse()
        self._message = Message(notes)

    def feed(self, data: bytes) -> list[Outcome]:
        """The outcome, with the event that ends the message. What follows it is framed on, so that no cut matters."""
        return self._taken(self._sse.feed(data))

    def end(self) -> list[Outcome]:
        """The outcome of a message that did not end."""
        outcomes = self._taken(self._sse.end())
        cut = self._message.cut()
        return outcomes if cut is None else [*outcomes, cut]

    def _taken(self, events: list[Event]) -> list[Outcome]:
        outcomes = [self._message.take(name, data) for name, data in events]
        if self._sse.skipped:
            self._notes.add("event_too_large")
        return [outcome for outcome in outcomes if outcome is not None]


class JsonAnswer:
    """One JSON document. Its counts come last: of one that is cut short they are mostly unknown."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._fields = Fields(("id", "model", "type"), notes.where, whole=("usage",))
        self._over = False

    def feed(self, data: bytes) -> list[Outcome]:
        """The outcome, with the last bracket of the document."""
        if self._over:
            return []
        self._fields.feed(data)
        return self._outcome(None) if self._fields.complete else []

    def end(self) -> list[Outcome]:
        """The outcome of a document that did not end, or that is none."""
        if self._over:
            return []
        return self._outcome(INTERRUPTED)

    def block(self) -> UsageBlock | None:
        """The usage, as far as it is known."""
        written = self._fields.raw.get("usage")
        return None if written is None else usage_block(written, self._notes)

    def _outcome(self, status: str | None) -> list[Outcome]:
        self._over = True
        self._notes.keep(self._fields.end())
        values = self._fields.values
        if values.get("type") == "error":
            return []
        block = self.block()
        if block is None and status is None:
            self._notes.add("usage_missing")
        quality = Quality.PARTIAL if block is None else Quality.FINAL
        return [Outcome(name(values.get("id")), name(values.get("model")), block, quality, status)]


def name(value: object) -> str | None:
    """A value that may be a name or an id: printable ASCII without blanks, neither empty nor endless."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
        return None
    return value if value.isascii() and value.isprintable() and " " not in value else None
