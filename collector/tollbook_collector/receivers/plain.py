"""Record: one span or log record of any emitter, as far as it is read. Pure.

Only attributes that an allow-list names are ever taken out of the bytes: prompts, answers, tool arguments and headers
are passed over without being decoded. One damaged value costs that value and is counted; it never costs its neighbours.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum

type Scalar = str | int | bool | Decimal
type Plain = Scalar | tuple[Scalar, ...]

MAX_TEXT = 1_024
"""Characters of a value. A longer one is no name, id or number."""
MAX_DOCUMENT = 16 * 1024
"""Characters of a value that holds a document: JSON, or Python's own notation."""
MAX_LIST = 64
"""Entries of a list."""
MAX_ATTRIBUTES = 16_384
"""Attributes of one record that are looked at. Emitters that capture content write one for each part of a message."""
MAX_RECORDS = 8_192
"""Spans or log records of one request."""
MAX_GROUPS = 4_096
"""Resources of a request, and scopes of a request."""
MAX_DIGITS = 20
"""Digits of a number that comes as a text; 64 bits have no more."""

EVENT_NAME = "event.name"
_NAME = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")


class Signal(StrEnum):
    """OpenTelemetry's signals."""

    TRACES = "traces"
    LOGS = "logs"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Which attributes are read: by name, by the beginning of the name, and which of them hold documents."""

    names: frozenset[str]
    prefixes: tuple[str, ...] = ()
    documents: frozenset[str] = frozenset()

    def takes(self, name: str) -> bool:
        return name in self.names or name in self.documents or name.startswith(self.prefixes)

    def longest(self, name: str) -> int:
        """Characters a value may have."""
        return MAX_DOCUMENT if name in self.documents else MAX_TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One span, or one log record. Times are UTC nanoseconds, 0 where unknown; ids are hexadecimal, "" where absent."""

    signal: Signal
    name: str
    """Of a span its name; of a log record the name of its event."""
    scope: str
    """The instrumentation scope."""
    resource: Mapping[str, Plain]
    attributes: Mapping[str, Plain]
    trace_id: str = ""
    span_id: str = ""
    parent_id: str = ""
    kind: int = 0
    started_at: int = 0
    ended_at: int = 0
    failed: bool = False
    """The status of the span is ERROR."""
    above: tuple[Mapping[str, Plain], ...] = ()
    """The attributes of the spans around it that came in the same request, nearest first."""
    damaged: int = field(default=0, compare=False)
    """Attributes that were to be read and could not be."""

    def text(self, *names: str) -> str | None:
        """The first of the attributes that holds a text; an empty one is absent."""
        for name in names:
            value = self.attributes.get(name)
            if isinstance(value, str) and value.strip():
                return value.strip()
        return None

    def shared_text(self, *names: str) -> str | None:
        """The same, of the record or else of its resource."""
        return self.text(*names) or _text_of(self.resource, names)

    def text_above(self, *names: str) -> str | None:
        """The same, of the record or else of the nearest span around it."""
        return self.text(*names) or next((found for each in self.above if (found := _text_of(each, names))), None)

    def count(self, *names: str) -> int | None:
        """The first of the attributes that holds a whole number, also where it came as a text or a float."""
        for name in names:
            value = self.attributes.get(name)
            if value is not None and (number := whole(value)) is not None:
                return number
        return None

    def decimal(self, *names: str) -> Decimal | None:
        """The first of the attributes that holds a number."""
        for name in names:
            value = self.attributes.get(name)
            if isinstance(value, Decimal):
                return value
            if value.__class__ is int:
                return Decimal(str(value))
            if isinstance(value, str) and (number := _number(value)) is not None:
                return number
        return None

    def truth(self, name: str) -> bool | None:
        """A truth value, also as Python's or JSON's word."""
        value = self.attributes.get(name)
        if isinstance(value, bool):
            return value
        return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None

    def has_any(self, *prefixes: str) -> bool:
        """Whether any attribute's name begins so."""
        return any(name.startswith(prefixes) for name in self.attributes)

    def texts_under(self, prefix: str) -> Iterator[tuple[str, Scalar]]:
        """The scalars whose names begin so, by the rest of the name; those of the spans around it where it has none."""
        seen: set[str] = set()
        for attributes in (self.attributes, *self.above):
            for name, value in attributes.items():
                rest = name.removeprefix(prefix)
                if rest != name and rest and rest not in seen and not isinstance(value, tuple):
                    seen.add(rest)
                    yield rest, value


def whole(value: object) -> int | None:
    """A whole number, in any of the forms emitters use; `None` for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        return int(value) if _WHOLE.fullmatch(value) else None
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < MAX_DIGITS:
        return int(value) if value == value.to_integral_value() else None
    return None


def event_name(named: str | None, body: str | None, field_name: str) -> str:
    """What a log record is called. Claude Code has the bare name in an attribute, the full one in the body; the field
    of the protocol holds a source position with Codex."""
    if body is not None and not _NAME.fullmatch(body):
        body = None
    if named:
        return body if body is not None and body.endswith(f".{named}") else named
    return field_name if _NAME.fullmatch(field_name) else body or ""


def _text_of(attributes: Mapping[str, Plain], names: tuple[str, ...]) -> str | None:
    for name in names:
        value = attributes.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None


def _number(text: str) -> Decimal | None:
    if len(text) > 2 * MAX_DIGITS:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
