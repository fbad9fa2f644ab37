"""The `response` object of the Responses API, wherever it comes from: a plain answer, an event, a frame of a socket.

Its last word decides: model and service tier as served (a request for `auto` or `fast` is answered by the tier that is
billed), the usage, the billable searches beside it. `response.incomplete` is billed and has usage. `response.failed`
has none as a rule: the call is booked with unknown usage, unless its code says that no model ever ran.
"""

from msgspec import Raw, Struct, field
from msgspec.json import Decoder

from tollbook.problem import Problem
from tollbook.vocabulary import Quality
from tollbook_agent.capture.anthropic_usage import Name
from tollbook_agent.capture.wire.exchange import Found
from tollbook_agent.capture.wire.fields import Fields
from tollbook_agent.capture.wire.openai_call import FAILED, INTERRUPTED, Asked, Ended, Headers, name, observe, refused
from tollbook_agent.capture.wire.openai_usage import DAMAGE, responses_usage

CREATED = "response.created"
LAST_EVENTS = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled"})
"""The events that end a response; each holds the whole of it."""
ERROR = "error"
_WITHOUT_USAGE = frozenset({FAILED, "cancelled"})
"""The last words that hold no usage as a rule. A `background` call answers before it has one: nobody here sees it."""
_REFUSED = frozenset(
    {
        "rate_limit_exceeded",
        "insufficient_quota",
        "usage_limit_reached",
        "usage_not_included",
        "server_is_overloaded",
        "slow_down",
        "context_length_exceeded",
        "invalid_prompt",
        "invalid_request_error",
        "previous_response_not_found",
        "model_not_found",
        "data_residency_mismatch",
        "websocket_connection_limit_reached",
    }
)
"""Codes of a request that was turned away before a model ran."""


class ResponseObject(Struct, frozen=True):
    """The fields that are read. What only some answers hold is decoded by itself: its form may change."""

    id: Name | None = None
    model: Name | None = None
    status: Name | None = None
    service_tier: Name | None = None
    usage: Raw = field(default_factory=Raw)
    tool_usage: Raw = field(default_factory=Raw)
    error: Raw = field(default_factory=Raw)


class _Searches(Struct, frozen=True):
    num_requests: int | None = None


class _ToolUsage(Struct, frozen=True):
    web_search: _Searches | None = None


class Failure(Struct, frozen=True):
    """An error object. Its message is never read: it may quote the prompt."""

    code: Name | None = None
    type: Name | None = None

    @property
    def refused(self) -> bool:
        """Whether it says that no model ran."""
        return self.code in _REFUSED or (self.code is None and self.type in _REFUSED)


_NO_FAILURE = Failure()
_decode_tools = Decoder(_ToolUsage | None).decode
_decode_failure = Decoder(Failure | None).decode


def failure(raw: Raw | bytes) -> Failure:
    """The error object; empty where there is none or it cannot be read."""
    try:
        return _decode_failure(raw or b"null") or _NO_FAILURE
    except DAMAGE:
        return _NO_FAILURE


def document() -> Fields:
    """The fields of a response that is a document of its own."""
    paths = ("id", "model", "status", "service_tier", "error.code", "error.type")
    return Fields(paths, "openai response", whole=("usage", "tool_usage"))


def of_document(fields: Fields) -> tuple[ResponseObject, Failure]:
    """The response that such fields are."""
    values, raw = fields.values, fields.raw
    response = ResponseObject(
        id=name(values.get("id")),
        model=name(values.get("model")),
        status=name(values.get("status")),
        service_tier=name(values.get("service_tier")),
        usage=Raw(raw.get("usage", b"")),
        tool_usage=Raw(raw.get("tool_usage", b"")),
    )
    return response, Failure(code=name(values.get("error.code")), type=name(values.get("error.type")))


def concluded(
    asked: Asked, response: ResponseObject, why: Failure, status: str | None, at_ns: int, answer: Headers, where: str
) -> Found:
    """The call that a response's last word describes. `status` is the event's, where the object has none."""
    status = response.status or status
    problems: list[Problem] = []
    counted = responses_usage(response.usage, _searches(response.tool_usage, where, problems))
    if counted.usage is None and counted.fault is None:
        if status == FAILED and why.refused:
            return refused(asked)
        if status not in _WITHOUT_USAGE:
            problems.append(Problem(reason="usage_missing", where=where, detail=status or ""))
    ended = Ended(at_ns, response.id, status, response.model, response.service_tier, counted)
    found = observe(asked, ended, answer, where)
    return Found(found.observations, (*problems, *found.problems))


def broke_off(asked: Asked, response: ResponseObject | None, at_ns: int, answer: Headers, where: str) -> Found:
    """The call whose last word never came: booked with unknown usage.

    Its tier is not known either: before the end there is only the one that was asked for. A prewarm that broke off has
    made nothing, and is no call.
    """
    if asked.prewarm:
        return refused(asked)
    response = response or ResponseObject()
    ended = Ended(at_ns, response.id, INTERRUPTED, response.model, quality=Quality.PARTIAL)
    return observe(asked, ended, answer, where)


def _searches(raw: Raw, where: str, problems: list[Problem]) -> int:
    """Billable web searches; those that were free are not among them."""
    try:
        tools = _decode_tools(raw or b"null")
    except DAMAGE as error:
        problems.append(Problem(reason="tool_usage_unreadable", where=where, detail=type(error).__name__))
        return 0
    return (tools.web_search.num_requests if tools and tools.web_search else None) or 0
