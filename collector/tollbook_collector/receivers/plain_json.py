"""OTLP in JSON into records. Pure; never raises.

As lenient as the standard asks: unknown fields are passed over, 64-bit numbers come as texts or numbers, ids are
hexadecimal. One damaged value costs that value: Claude Code's desktop build was reported to send `"doubleValue": {}`.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple, cast

from tollbook.problem import Problem
from tollbook_collector.receivers.plain import (
    EVENT_NAME,
    MAX_ATTRIBUTES,
    MAX_DIGITS,
    MAX_GROUPS,
    MAX_LIST,
    MAX_RECORDS,
    MAX_TEXT,
    Allowed,
    Plain,
    Record,
    Scalar,
    Signal,
    event_name,
)

_TOP = {
    Signal.TRACES: ("resourceSpans", "scopeSpans", "spans"),
    Signal.LOGS: ("resourceLogs", "scopeLogs", "logRecords"),
    Signal.METRICS: ("resourceMetrics", "scopeMetrics", "metrics"),
}
_HEX = re.compile(r"[0-9a-fA-F]{16}|[0-9a-fA-F]{32}")
_WHOLE = re.compile(r"-?[0-9]{1,20}")
_KINDS = {"SPAN_KIND_INTERNAL": 1, "SPAN_KIND_SERVER": 2, "SPAN_KIND_CLIENT": 3}
_ERROR = (2, "STATUS_CODE_ERROR")
_DAMAGED = object()
"""Stands for a value that is there and cannot be read."""

type Json = dict[str, Any]


class Raw(NamedTuple):
    """One record as parsed, with what it stands in."""

    resource: Json
    scope: Json
    record: Json


def split(raw: bytes, signal: Signal) -> list[Raw] | Problem:
    """The records of a request, or why it is none: `not_otlp` or `too_many_records`."""
    try:
        parsed = json.loads(raw, parse_float=_float, parse_int=_int, parse_constant=_constant)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        detail = f"the bytes are no {signal} in JSON"
        return Problem(reason="not_otlp", where="otlp", detail=detail, remedy=f"Send OTLP {signal} here.")
    outer, middle, inner = _TOP[signal]
    parts = _objects(cast(Json, parsed).get(outer))
    groups = [(_object(part.get("resource")), scope) for part in parts for scope in _objects(part.get(middle))]
    raws = [
        Raw(resource, _object(group.get("scope")), record)
        for resource, group in groups
        for record in _objects(group.get(inner))
    ]
    if len(parts) > MAX_GROUPS or len(groups) > MAX_GROUPS or len(raws) > MAX_RECORDS:
        detail = f"{len(raws)} records in {len(groups)} scopes"
        remedy = f"Send at most {MAX_RECORDS} at once."
        return Problem(reason="too_many_records", where="otlp", detail=detail, remedy=remedy)
    return raws


def read(raws: list[Raw], signal: Signal, allowed: Allowed) -> Iterator[Record]:
    """Each record. Resources are read once for all records that share them."""
    shared: Json | None = None
    resource: dict[str, Plain] = {}
    for one in raws:
        if one.resource is not shared:
            shared, (resource, _) = one.resource, attributes_of(one.resource, allowed)
        scope = _text(one.scope.get("name"))
        yield (_span if signal is Signal.TRACES else _log)(one.record, resource, scope, allowed)


def attributes_of(holder: Json, allowed: Allowed) -> tuple[dict[str, Plain], int]:
    """The allowed attributes of a resource or record, and how many of them were damaged. The last of a key wins."""
    found: dict[str, Plain] = {}
    damaged = 0
    for pair in _objects(holder.get("attributes"))[:MAX_ATTRIBUTES]:
        key = pair.get("key")
        if not isinstance(key, str) or not allowed.takes(key):
            continue
        value = _plain(pair.get("value"), allowed.longest(key))
        if value is _DAMAGED:
            damaged += 1
        elif value is not None:
            found[key] = cast(Plain, value)
    return found, damaged


def time_of(value: object) -> int:
    """A moment in nanoseconds; 0 where it is absent or damaged."""
    number = _whole(value)
    return number if number is not None and 0 <= number < 2**64 else 0


def _span(span: Json, resource: dict[str, Plain], scope: str, allowed: Allowed) -> Record:
    attributes, damaged = attributes_of(span, allowed)
    kind = span.get("kind")
    return Record(
        signal=Signal.TRACES,
        name=_text(span.get("name")),
        scope=scope,
        resource=resource,
        attributes=attributes,
        trace_id=_id(span.get("traceId")),
        span_id=_id(span.get("spanId")),
        parent_id=_id(span.get("parentSpanId")),
        kind=kind if type(kind) is int else _KINDS.get(_text(kind), 0),
        started_at=time_of(span.get("startTimeUnixNano")),
        ended_at=time_of(span.get("endTimeUnixNano")),
        failed=_object(span.get("status")).get("code") in _ERROR,
        damaged=damaged,
    )


def _log(log: Json, resource: dict[str, Plain], scope: str, allowed: Allowed) -> Record:
    attributes, damaged = attributes_of(log, allowed)
    at_ns = time_of(log.get("timeUnixNano")) or time_of(log.get("observedTimeUnixNano"))
    named, body = attributes.get(EVENT_NAME), _object(log.get("body")).get("stringValue")
    return Record(
        signal=Signal.LOGS,
        name=event_name(
            named if isinstance(named, str) else None,
            body if isinstance(body, str) and len(body) <= MAX_TEXT else None,
            _text(log.get("eventName")),
        ),
        scope=scope,
        resource=resource,
        attributes=attributes,
        trace_id=_id(log.get("traceId")),
        span_id=_id(log.get("spanId")),
        started_at=at_ns,
        ended_at=at_ns,
        damaged=damaged,
    )


def _plain(value: object, longest: int) -> object:
    """A `Plain`; `None` for an empty value, `_DAMAGED` for what cannot be read."""
    held = _object(value)
    if "arrayValue" in held:
        entries = _objects(_object(held["arrayValue"]).get("values"))
        if len(entries) > MAX_LIST:
            return _DAMAGED
        scalars = [_scalar(each, longest) for each in entries]
        return tuple(each for each in scalars if each is not _DAMAGED and each is not None)
    return _scalar(value, longest)


def _scalar(value: object, longest: int) -> object:
    if value is None or value == {}:
        return None
    if not isinstance(value, dict):
        return _DAMAGED
    held = cast(Json, value)
    read: Scalar | None = None
    if "stringValue" in held:
        text = held["stringValue"]
        read = text if isinstance(text, str) and len(text) <= longest else None
    elif "intValue" in held:
        number = _whole(held["intValue"])
        read = number if number is not None and -(2**63) <= number < 2**63 else None
    elif "doubleValue" in held:
        read = _double(held["doubleValue"])
    elif "boolValue" in held:
        truth = held["boolValue"]
        read = truth if isinstance(truth, bool) else None
    return _DAMAGED if read is None else read


def _double(value: object) -> Decimal | None:
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if type(value) is int:
        return Decimal(value)
    if isinstance(value, str) and len(value) <= 2 * MAX_DIGITS:
        try:
            number = Decimal(value)
        except ArithmeticError:
            return None
        return number if number.is_finite() else None
    return None


def _whole(value: object) -> int | None:
    if type(value) is int:
        return value
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < MAX_DIGITS:
        return int(value) if value == value.to_integral_value() else None
    return int(value) if isinstance(value, str) and _WHOLE.fullmatch(value) else None


def _float(text: str) -> object:
    """A number with a point, exact; one with absurdly many digits is damage."""
    return Decimal(text) if len(text) <= 2 * MAX_DIGITS else _DAMAGED


def _int(text: str) -> object:
    return int(text) if len(text) <= MAX_DIGITS + 1 else _DAMAGED


def _constant(text: str) -> object:
    return _DAMAGED


def _objects(value: object) -> list[Json]:
    """The objects of a list; whatever else is in it is passed over."""
    if not isinstance(value, list):
        return []
    return [cast(Json, each) for each in cast(list[object], value) if isinstance(each, dict)]


def _object(value: object) -> Json:
    return cast(Json, value) if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value[:MAX_TEXT] if isinstance(value, str) else ""


def _id(value: object) -> str:
    return value.lower() if isinstance(value, str) and _HEX.fullmatch(value) else ""
