"""One message of Anthropic's as its events tell it: begin, cumulative counts, end.

The events are the same as server-sent events and in the frames of Bedrock. `message_start` holds the whole input side;
`message_delta` holds cumulative counters that replace it field by field, on some platforms only the output; the split
of cache writes, tier and geography are in `message_start` alone. What lies between (the content) is not looked at.
"""

from typing import NamedTuple

import msgspec
from msgspec import Raw, Struct

from tollbook.problem import Problem
from tollbook.vocabulary import Quality
from tollbook_agent.capture.anthropic_usage import MAX_TEXT, Name, UsageBlock

INTERRUPTED = "interrupted"
"""Status of an answer that broke off."""
MAX_PROBLEMS = 16
"""Of one exchange; more of them tell nothing more."""
ERRORS: frozenset[str] = frozenset(
    {
        "api_error",
        "authentication_error",
        "billing_error",
        "invalid_request_error",
        "not_found_error",
        "overloaded_error",
        "permission_error",
        "rate_limit_error",
        "request_too_large",
        "timeout_error",
        "internalServerException",
        "modelStreamErrorException",
        "modelTimeoutException",
        "serviceUnavailableException",
        "throttlingException",
        "validationException",
    }
)
"""What a status may name: the error types of Anthropic's and Amazon's references. Any other is `other`."""
_CONTENT = frozenset({"content_block_start", "content_block_delta", "content_block_stop", "ping"})
_TEXTS = ("service_tier", "speed", "inference_geo")
_NOTHING = Raw(b"null")
NOT_JSON: tuple[type[Exception], ...] = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises on bytes that are damaged or of another shape."""


class Outcome(NamedTuple):
    """How one message came out, as far as it could be seen."""

    message_id: str | None
    model: str | None
    block: UsageBlock | None
    """`None`: unknown."""
    quality: Quality
    status: str | None
    """`None` where all went well."""


class Metrics(Struct, gc=False):
    """`amazon-bedrock-invocationMetrics`: Bedrock's own counts, in the last event of a stream."""

    input: int | None = msgspec.field(default=None, name="inputTokenCount")
    output: int | None = msgspec.field(default=None, name="outputTokenCount")
    read: int | None = msgspec.field(default=None, name="cacheReadInputTokenCount")
    written: int | None = msgspec.field(default=None, name="cacheWriteInputTokenCount")

    def fill(self, block: UsageBlock | None, *, output_known: bool) -> UsageBlock:
        """The block, with what it does not say: Bedrock's total of cache writes knows no lifetimes."""
        block = UsageBlock() if block is None else block
        if self.output is not None and (not output_known or block.output_tokens is None):
            block.output_tokens = self.output
        if block.input_tokens is None:
            block.input_tokens = self.input
        if block.cache_read_input_tokens is None:
            block.cache_read_input_tokens = self.read
        if block.cache_creation_input_tokens is None:
            block.cache_creation_input_tokens = self.written
        return block


class _Begin(Struct, gc=False):
    id: Name | None = None
    model: Name | None = None
    usage: Raw = _NOTHING


class _Delta(Struct, gc=False):
    stop_reason: Name | None = None


class _Error(Struct, gc=False):
    type: Name | None = None


class _Event(Struct, gc=False):
    type: Name | None = None
    message: _Begin | None = None
    delta: _Delta | None = None
    usage: Raw = _NOTHING
    error: _Error | None = None
    metrics: Raw = msgspec.field(default=_NOTHING, name="amazon-bedrock-invocationMetrics")


_EVENT = msgspec.json.Decoder(_Event)
_METRICS = msgspec.json.Decoder(Metrics | None)
_BLOCK = msgspec.json.Decoder(UsageBlock | None)


def error_status(kind: str | None) -> str:
    """The status of a message that failed: `error:` and a type of the closed list."""
    return f"error:{kind if kind in ERRORS else 'other'}"


class Notes:
    """The Problems of one exchange, each once and not too many."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.all: list[Problem] = []

    def add(self, reason: str, detail: str = "") -> None:
        """Note a Problem of this exchange."""
        self.keep(Problem(reason=reason, where=self.where, detail=detail))

    def keep(self, problem: Problem | None) -> None:
        """Note a Problem that another part found, if it did."""
        if problem is not None and problem not in self.all and len(self.all) < MAX_PROBLEMS:
            self.all.append(problem)


def usage_block(written: bytes, notes: Notes) -> UsageBlock | None:
    """A usage block by its JSON text. One whose counters are no counts is unknown as a whole, and a Problem.

    A tier, speed or geography that is no name does not make the counters unknown.
    """
    try:
        return _BLOCK.decode(written)
    except msgspec.ValidationError:
        notes.add("unexpected_shape", "usage")
    except NOT_JSON:
        notes.add("event_not_json", "usage")
        return None
    try:
        fields = msgspec.json.decode(written, type=dict[str, object])
        for name in _TEXTS:
            text = fields.pop(name, None)
            if isinstance(text, str) and len(text) <= MAX_TEXT:
                fields[name] = text
        return msgspec.convert(fields, UsageBlock)
    except NOT_JSON:
        return None


class Message:
    """The state of one message. `over` once its last event was read: what follows is not looked at."""

    def __init__(self, notes: Notes) -> None:
        self.over = False
        self._notes = notes
        self._id: str | None = None
        self._model: str | None = None
        self._block: UsageBlock | None = None
        self._begun = False
        self._counted = False
        """Whether a cumulative count of the output was seen."""
        self._stopped = False
        """Whether the message said why it stopped."""

    def take(self, name: str, data: bytes) -> Outcome | None:
        """Read one event. `name` is that of the event where its framing has one.

        Returns the outcome with the last event; none for an error in place of a message, which is no billed call.
        """
        if self.over or name in _CONTENT:
            return None
        try:
            event = _EVENT.decode(data)
        except msgspec.ValidationError:
            self._notes.add("unexpected_shape", "event")
            return None
        except NOT_JSON:
            self._notes.add("event_not_json")
            return None
        match event.type:
            case "message_start" if event.message is not None and not self._begun:
                self._begin(event.message)
            case "message_delta":
                self._count(event)
            case "error":
                return self.fail(event.error.type if event.error else None)
            case _:
                pass
        metrics = self._metrics(bytes(event.metrics))
        if metrics is not None:
            self._block = metrics.fill(self._block, output_known=self._counted)
            self._counted = self._counted or metrics.output is not None
        if event.type != "message_stop" and metrics is None:
            return None
        self._stopped = True
        return self._end(None)

    def fail(self, kind: str | None) -> Outcome | None:
        """The message failed after it had begun, or in place of it."""
        if self.over or not self._begun:
            self.over = True
            return None
        return self._end(error_status(kind))

    def cut(self) -> Outcome | None:
        """The stream ended before the message did: an answer that was seen to begin is a call, whatever is known."""
        return None if self.over else self._end(INTERRUPTED)

    def _begin(self, message: _Begin) -> None:
        self._begun = True
        self._id, self._model = message.id, message.model
        self._block = usage_block(bytes(message.usage), self._notes)

    def _count(self, event: _Event) -> None:
        """Cumulative counters replace those of the begin, field by field."""
        if event.delta is not None and event.delta.stop_reason is not None:
            self._stopped = True
        late = usage_block(bytes(event.usage), self._notes)
        if late is None:
            return
        self._counted = self._counted or late.output_tokens is not None
        if self._block is None:
            self._block = late
            return
        for name in late.__struct_fields__:
            value = getattr(late, name)
            if value is not None:
                setattr(self._block, name, value)

    def _metrics(self, written: bytes) -> Metrics | None:
        try:
            return _METRICS.decode(written)
        except NOT_JSON:
            self._notes.add("unexpected_shape", "invocationMetrics")
            return None

    def _end(self, status: str | None) -> Outcome:
        self.over = True
        final = self._counted and self._stopped
        return Outcome(self._id, self._model, self._block, Quality.FINAL if final else Quality.PARTIAL, status)
