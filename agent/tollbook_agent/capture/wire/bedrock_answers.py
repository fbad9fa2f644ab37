"""The bodies of Bedrock's answers: InvokeModel and Converse, plain and as event streams.

From Amazon's API reference. InvokeModel hands Anthropic's own words through: as JSON, or as events each in base64 in a
frame. Converse has words of its own: no id and no model, the usage last of all. An exception comes as a frame.
"""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from tollbook.vocabulary import Quality
from tollbook_agent.capture.anthropic_usage import CacheCreation, Name, UsageBlock
from tollbook_agent.capture.wire.anthropic_answers import JsonAnswer, name
from tollbook_agent.capture.wire.anthropic_message import (
    INTERRUPTED,
    NOT_JSON,
    Message,
    Metrics,
    Notes,
    Outcome,
    error_status,
)
from tollbook_agent.capture.wire.eventstream import EventStream, Frame
from tollbook_agent.capture.wire.exchange import Response
from tollbook_agent.capture.wire.fields import Fields

_COUNT_HEADERS: Mapping[str, str] = {
    "input": "x-amzn-bedrock-input-token-count",
    "output": "x-amzn-bedrock-output-token-count",
    "read": "x-amzn-bedrock-cache-read-input-token-count",
    "written": "x-amzn-bedrock-cache-write-input-token-count",
}
_MAX_DIGITS = 15


class _Chunk(Struct, gc=False):
    event: bytes | None = msgspec.field(default=None, name="bytes")


class _CacheDetail(Struct, gc=False):
    ttl: Name | None = None
    tokens: int | None = msgspec.field(default=None, name="inputTokens")


class _ConverseUsage(Struct, gc=False):
    input: int | None = msgspec.field(default=None, name="inputTokens")
    output: int | None = msgspec.field(default=None, name="outputTokens")
    read: int | None = msgspec.field(default=None, name="cacheReadInputTokens")
    written: int | None = msgspec.field(default=None, name="cacheWriteInputTokens")
    details: list[_CacheDetail] | None = msgspec.field(default=None, name="cacheDetails")


class _Tier(Struct, gc=False):
    type: Name | None = None


class _Metadata(Struct, gc=False):
    usage: _ConverseUsage | None = None
    tier: _Tier | None = msgspec.field(default=None, name="serviceTier")


_CHUNK = msgspec.json.Decoder(_Chunk)
_METADATA = msgspec.json.Decoder(_Metadata)


class InvokeAnswer(JsonAnswer):
    """The answer of InvokeModel. Headers hold the counts where the body of a vendor does not."""

    def __init__(self, head: Response, notes: Notes) -> None:
        super().__init__(notes)
        self._head = head

    def block(self) -> UsageBlock | None:
        """The usage of the body, else of the headers."""
        return super().block() or _counted(self._head.headers)


def _counted(headers: Mapping[str, str]) -> UsageBlock | None:
    """A usage of Bedrock's headers, which know no lifetimes of cache writes."""
    counts = {
        field: int(text)
        for field, header in _COUNT_HEADERS.items()
        if (text := headers.get(header, "")).isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS
    }
    return Metrics(**counts).fill(None, output_known=False) if {"input", "output"} <= counts.keys() else None


class InvokeStreamAnswer:
    """The answer of InvokeModelWithResponseStream."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._stream = EventStream(notes.where)
        self._message = Message(notes)

    def feed(self, data: bytes) -> list[Outcome]:
        """The outcome, with the event that ends the message. What follows it is framed on, so that no cut matters."""
        outcomes = [self._take(frame) for frame in self._stream.feed(data)]
        note_damage(self._stream, self._notes)
        return [outcome for outcome in outcomes if outcome is not None]

    def end(self) -> list[Outcome]:
        """The outcome of a message that did not end."""
        outcome = self._message.cut()
        return [] if outcome is None else [outcome]

    def _take(self, frame: Frame) -> Outcome | None:
        if self._message.over:
            return None
        kind = exception_of(frame)
        if kind is not None:
            return self._message.fail(kind)
        try:
            chunk = _CHUNK.decode(frame.payload)
        except NOT_JSON:
            self._notes.add("event_not_json", "frame")
            return None
        return None if chunk.event is None else self._message.take("", chunk.event)


class ConverseAnswer:
    """The answer of Converse."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._fields = Fields(("serviceTier.type",), notes.where, whole=("usage",))
        self._over = False

    def feed(self, data: bytes) -> list[Outcome]:
        """The outcome, with the last bracket of the document."""
        if self._over:
            return []
        self._fields.feed(data)
        return self._outcome(None) if self._fields.complete else []

    def end(self) -> list[Outcome]:
        """The outcome of a document that did not end."""
        return [] if self._over else self._outcome(INTERRUPTED)

    def _outcome(self, status: str | None) -> list[Outcome]:
        self._over = True
        self._notes.keep(self._fields.end())
        usage = b'{"usage":' + self._fields.raw.get("usage", b"null") + b"}"
        metadata = _metadata(usage, self._notes)
        tier = name(self._fields.values.get("serviceTier.type"))
        return [_converse_outcome(metadata, tier, status, self._notes)]


class ConverseStreamAnswer:
    """The answer of ConverseStream: its `metadata` comes after the end of the message, and is the last event."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._stream = EventStream(notes.where)
        self._begun = False
        self._over = False

    def feed(self, data: bytes) -> list[Outcome]:
        """The outcome, with the usage or with an exception."""
        outcomes = [self._take(frame) for frame in self._stream.feed(data)]
        note_damage(self._stream, self._notes)
        return [outcome for outcome in outcomes if outcome is not None]

    def end(self) -> list[Outcome]:
        """The outcome of a stream that did not end: nobody knows its counts."""
        return [] if self._over else [self._end(_Metadata(), INTERRUPTED)]

    def _take(self, frame: Frame) -> Outcome | None:
        if self._over:
            return None
        kind = exception_of(frame)
        if kind is not None:
            self._over = True
            return self._end(_Metadata(), error_status(kind)) if self._begun else None
        event = frame.headers.get(":event-type")
        self._begun = self._begun or event == "messageStart"
        if event != "metadata":
            return None
        metadata = _metadata(frame.payload, self._notes)
        return self._end(metadata, None)

    def _end(self, metadata: _Metadata, status: str | None) -> Outcome:
        self._over = True
        tier = None if metadata.tier is None else metadata.tier.type
        return _converse_outcome(metadata, tier, status, self._notes)


def exception_of(frame: Frame) -> str | None:
    """The type of an exception or error that a frame is."""
    if frame.headers.get(":message-type", "event") == "event":
        return None
    return frame.headers.get(":exception-type") or frame.headers.get(":error-code") or ""


def note_damage(stream: EventStream, notes: Notes) -> None:
    """Note what of a stream could not be read."""
    if stream.skipped:
        notes.add("frame_skipped")
    notes.keep(stream.problem)


def _metadata(data: bytes, notes: Notes) -> _Metadata:
    try:
        return _METADATA.decode(data)
    except NOT_JSON:
        notes.add("unexpected_shape", "usage")
        return _Metadata()


def _converse_outcome(metadata: _Metadata, tier: str | None, status: str | None, notes: Notes) -> Outcome:
    """The outcome of Converse, its usage in Anthropic's words: both count disjointly."""
    usage = metadata.usage
    if usage is None or usage.input is None or usage.output is None:
        if status is None:
            notes.add("usage_missing")
        return Outcome(None, None, None, Quality.PARTIAL, status)
    lifetimes = {"5m": 0, "1h": 0}
    for detail in usage.details or ():
        if detail.ttl in lifetimes:
            lifetimes[detail.ttl] += detail.tokens or 0
    block = UsageBlock(
        input_tokens=usage.input,
        output_tokens=usage.output,
        cache_read_input_tokens=usage.read,
        cache_creation_input_tokens=usage.written,
        cache_creation=CacheCreation(lifetimes["5m"], lifetimes["1h"]),
        service_tier=tier,
    )
    return Outcome(None, None, block, Quality.FINAL, status)
