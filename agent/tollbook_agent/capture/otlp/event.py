"""Event: one OTLP log record as far as it is read, and the names that may be read. Pure.

What is not named here never becomes a value: prompts, answers, tool arguments, e-mail addresses and paths that a tool
puts into its events (some only when asked to, such as with OTEL_LOG_USER_PROMPTS) are passed over as bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from tollbook.problem import Problem

EVENT_NAME = "event.name"
CLAUDE_CALL = "api_request"
CODEX_RESPONSE = "codex.sse_event"
READ_EVENTS: frozenset[str] = frozenset({CLAUDE_CALL, f"claude_code.{CLAUDE_CALL}", CODEX_RESPONSE})
"""Events that tell of a call. Of any other event nothing but its name is looked at."""

ALLOWED: frozenset[str] = frozenset(
    {
        EVENT_NAME,
        "event.kind",
        "event.timestamp",
        "app.version",
        "anthropic.provider",
        "anthropic.custom_base_url",
        "session.id",
        "prompt.id",
        "organization.id",
        "model",
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_creation_tokens",
        "cache_creation_5m_tokens",
        "cache_creation_1h_tokens",
        "cost_usd",
        "cost_usd_micros",
        "duration_ms",
        "request_id",
        "client_request_id",
        "speed",
        "query_source",
        "agent_id",
        "agent.name",
        "vcs.repository.url.full",
        "vcs.repository.name",
        "vcs.owner.name",
        "conversation.id",
        "auth_mode",
        "input_token_count",
        "output_token_count",
        "cached_token_count",
        "cache_write_token_count",
        "reasoning_token_count",
    }
)
"""Names of the attributes that are read."""

MAX_TEXT = 512
"""Characters of a text; a longer one is none of the names, ids and numbers that are read."""
MAX_ATTRIBUTES = 256
"""Of one record that are looked at; the tools send some 30."""
MAX_RECORDS = 16_384
"""Log records of one request; the tools' exporters send 512 at most."""

type Plain = str | int | float | bool
_DIGITS = frozenset("0123456789")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One log record: only the attributes of `ALLOWED` are in it, and only those with a plain value."""

    name: str
    at_ns: int
    """UTC nanoseconds as the record says; 0 where it does not (Codex gives the time as an attribute)."""
    attributes: Mapping[str, Plain] = field(default_factory=dict[str, Plain])

    def text(self, name: str) -> str | None:
        """A text that is not empty; `None` for anything else."""
        value = self.attributes.get(name)
        return value if isinstance(value, str) and value else None

    def count(self, name: str) -> int | None:
        """A whole number, or its text: Claude Code before 2.1.122 and Codex send numbers as texts. May be negative."""
        value = self.attributes.get(name)
        if isinstance(value, bool):
            return None
        if isinstance(value, int):
            return value
        if isinstance(value, float):
            return int(value) if value.is_integer() else None
        if value and _DIGITS.issuperset(value.removeprefix("-")) and value != "-":
            return int(value)
        return None

    def decimal(self, name: str) -> Decimal | None:
        """A finite number, exactly as it was written down."""
        value = self.attributes.get(name)
        if value is None or isinstance(value, bool):
            return None
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            return None
        return number if number.is_finite() else None

    def truth(self, name: str) -> bool | None:
        """A truth value, or its text."""
        value = self.attributes.get(name)
        if isinstance(value, bool):
            return value
        return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """The events of one request that tell of calls."""

    events: tuple[Event, ...] = ()
    others: int = 0
    """Records of other events: prompts, tools, plugins. Not looked into."""
    problems: tuple[Problem, ...] = ()


def not_otlp(detail: str) -> Problem:
    """The bytes are no ExportLogsServiceRequest: permanent."""
    return Problem(reason="not_otlp", where="otlp", detail=detail, remedy="send OTLP logs here")


def too_many(records: int) -> Problem:
    """More records than one request may hold: permanent."""
    return Problem(reason="too_many_records", where="otlp", detail=f"{records} records")


def kept(value: object) -> Plain | None:
    """A value as it may enter an event; `None` for anything that is not plain, or too long."""
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else None
    return value if isinstance(value, bool | int | float) else None
