"""OTLP in protobuf into records. Pure; never raises.

The reader declares only what it needs of each message and takes attributes as bytes, so that an attribute which is not
allowed costs a look at its name and nothing more. The field numbers are those of opentelemetry-proto 1.x; the outer
messages of traces, logs and metrics have the same numbers.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, cast

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from tollbook.problem import Problem
from tollbook_collector.receivers.plain import (
    EVENT_NAME,
    MAX_ATTRIBUTES,
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

SHORT = 128
"""Bytes of an encoded attribute that is remembered: most are the same in every span."""
REMEMBERED = 4_096
_KEY_TAG = 0x0A
_ONE_BYTE = 0x80
_LARGEST_ODD = 4_096
"""Bytes of an attribute whose value comes before its key; larger ones of that kind are passed over."""
_ERROR = 2


class Raw(NamedTuple):
    """One record, still encoded, with what it stands in."""

    resource: bytes
    scope: bytes
    record: bytes


class Damage(Exception):
    """A value that is there and cannot be read."""


def split(raw: bytes, signal: Signal) -> list[Raw] | Problem:
    """The records of a request, all still encoded, or why it is none: `not_otlp` or `too_many_records`."""
    request = cast(Any, _REQUEST())
    try:
        request.ParseFromString(raw)
    except DecodeError:
        detail = f"the bytes are no {signal} in protobuf"
        return Problem(reason="not_otlp", where="otlp", detail=detail, remedy=f"Send OTLP {signal} here.")
    groups = [(part.resource, scope) for part in request.parts for scope in part.scopes]
    records = sum(len(scope.records) for _, scope in groups)
    if len(request.parts) > MAX_GROUPS or len(groups) > MAX_GROUPS or records > MAX_RECORDS:
        detail = f"{records} records in {len(groups)} scopes"
        remedy = f"Send at most {MAX_RECORDS} at once."
        return Problem(reason="too_many_records", where="otlp", detail=detail, remedy=remedy)
    return [Raw(resource, scope.scope, record) for resource, scope in groups for record in scope.records]


def read(raws: list[Raw], signal: Signal, allowed: Allowed) -> Iterator[Record | Problem]:
    """Each record, or why it is none. Resource and scope are read once for all records that share them."""
    resource_raw, scope_raw = b"", b""
    resource: dict[str, Plain] = {}
    scope = ""
    for one in raws:
        try:
            if one.resource is not resource_raw:
                resource_raw, (resource, _) = one.resource, _attributes(_parse(_RESOURCE, one.resource), allowed)
            if one.scope is not scope_raw:
                scope_raw, scope = one.scope, _text(_parse(_SCOPE, one.scope).name)
            if signal is Signal.TRACES:
                yield _span(_parse(_SPAN, one.record), resource, scope, allowed)
            else:
                yield _log(_parse(_LOG, one.record), resource, scope, allowed)
        except DecodeError:
            yield Problem(reason="record_not_protobuf", where="otlp", remedy="Send OTLP as its definitions say.")


def _parse(kind: type[Message], raw: bytes) -> Any:
    message = cast(Any, kind())
    message.ParseFromString(raw)
    return message


def _span(span: Any, resource: dict[str, Plain], scope: str, allowed: Allowed) -> Record:
    attributes, damaged = _attributes(span, allowed)
    return Record(
        signal=Signal.TRACES,
        name=_text(span.name),
        scope=scope,
        resource=resource,
        attributes=attributes,
        trace_id=span.trace_id[:16].hex(),
        span_id=span.span_id[:8].hex(),
        parent_id=span.parent_id[:8].hex(),
        kind=span.kind,
        started_at=span.started_at,
        ended_at=span.ended_at,
        failed=span.status.code == _ERROR,
        damaged=damaged,
    )


def _log(log: Any, resource: dict[str, Plain], scope: str, allowed: Allowed) -> Record:
    attributes, damaged = _attributes(log, allowed)
    at_ns = log.at or log.observed
    named = attributes.get(EVENT_NAME)
    return Record(
        signal=Signal.LOGS,
        name=event_name(named if isinstance(named, str) else None, _body(log.body), _text(log.event_name)),
        scope=scope,
        resource=resource,
        attributes=attributes,
        trace_id=log.trace_id[:16].hex(),
        span_id=log.span_id[:8].hex(),
        started_at=at_ns,
        ended_at=at_ns,
        damaged=damaged,
    )


def _body(raw: bytes) -> str | None:
    """A body that may be the name of an event; any other is not even decoded."""
    try:
        value = _plain(AnyValue.FromString(raw), SHORT) if 0 < len(raw) <= SHORT else None
    except (DecodeError, Damage):
        return None
    return value if isinstance(value, str) else None


def _attributes(message: Any, allowed: Allowed) -> tuple[dict[str, Plain], int]:
    """The allowed attributes, and how many of them were damaged. Of a repeated key the last wins."""
    found: dict[str, Plain] = {}
    damaged = 0
    for raw in message.attributes[:MAX_ATTRIBUTES]:
        try:
            key = _key(raw)
            if key is None or not allowed.takes(key):
                continue
            longest = allowed.longest(key)
            value = _remembered(raw) if len(raw) <= SHORT else _value(raw, longest)
        except (DecodeError, Damage):
            damaged += 1
            continue
        if value is not None:
            found[key] = value
    return found, damaged


def _key(raw: bytes) -> str | None:
    """The name of an encoded attribute, without decoding its value."""
    if len(raw) >= 2 and raw[0] == _KEY_TAG:
        if raw[1] >= _ONE_BYTE:
            return None  # no allowed name is so long
        return raw[2 : 2 + raw[1]].decode(errors="replace")
    return KeyValue.FromString(raw).key if len(raw) <= _LARGEST_ODD else None


def _value(raw: bytes, longest: int) -> Plain | None:
    return _plain(KeyValue.FromString(raw).value, longest)


@lru_cache(REMEMBERED)
def _remembered(raw: bytes) -> Plain | None:
    return _value(raw, MAX_TEXT)


def _plain(value: AnyValue, longest: int) -> Plain | None:
    """A value; `None` for an empty one.

    Raises:
        Damage: it is too long or of a kind that is not read.
    """
    kind = value.WhichOneof("value")
    if kind == "array_value":
        entries = value.array_value.values
        if len(entries) > MAX_LIST:
            raise Damage
        return tuple([scalar for each in entries if (scalar := _scalar(each, longest)) is not None])
    return _scalar(value, longest)


def _scalar(value: AnyValue, longest: int) -> Scalar | None:
    kind = value.WhichOneof("value")
    if kind == "string_value":
        if len(value.string_value) > longest:
            raise Damage
        return value.string_value
    if kind == "int_value":
        return value.int_value
    if kind == "bool_value":
        return value.bool_value
    if kind == "double_value":
        number = Decimal(repr(value.double_value))
        if not number.is_finite():
            raise Damage
        return number
    if kind is None:
        return None
    raise Damage


def _text(raw: bytes) -> str:
    """A name; one that is too long is cut, so that it equals none."""
    return raw[:MAX_TEXT].decode(errors="replace")


def _classes() -> dict[str, type[Message]]:
    """The message classes, cut down to what is read."""
    field = descriptor_pb2.FieldDescriptorProto
    own = ".tollbook.plain."
    many, one = field.LABEL_REPEATED, field.LABEL_OPTIONAL
    raw, fixed, number, message = field.TYPE_BYTES, field.TYPE_FIXED64, field.TYPE_INT32, field.TYPE_MESSAGE
    outline: dict[str, tuple[tuple[str, int, Any, Any, str | None], ...]] = {
        "Request": (("parts", 1, many, message, f"{own}Part"),),
        "Part": (("resource", 1, one, raw, None), ("scopes", 2, many, message, f"{own}Group")),
        "Group": (("scope", 1, one, raw, None), ("records", 2, many, raw, None)),
        "Resource": (("attributes", 1, many, raw, None),),
        "Scope": (("name", 1, one, raw, None),),
        "Status": (("code", 3, one, number, None),),
        "Span": (
            ("trace_id", 1, one, raw, None),
            ("span_id", 2, one, raw, None),
            ("parent_id", 4, one, raw, None),
            ("name", 5, one, raw, None),
            ("kind", 6, one, number, None),
            ("started_at", 7, one, fixed, None),
            ("ended_at", 8, one, fixed, None),
            ("attributes", 9, many, raw, None),
            ("status", 15, one, message, f"{own}Status"),
        ),
        "Log": (
            ("at", 1, one, fixed, None),
            ("body", 5, one, raw, None),
            ("attributes", 6, many, raw, None),
            ("trace_id", 9, one, raw, None),
            ("span_id", 10, one, raw, None),
            ("observed", 11, one, fixed, None),
            ("event_name", 12, one, raw, None),
        ),
    }
    file = descriptor_pb2.FileDescriptorProto(name="tollbook_plain.proto", package="tollbook.plain", syntax="proto3")
    for message_name, fields in outline.items():
        described = file.message_type.add(name=message_name)
        for name, place, label, kind, type_name in fields:
            described.field.add(name=name, number=place, label=label, type=kind, type_name=type_name)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)  # pyright: ignore[reportUnknownMemberType]
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"tollbook.plain.{name}")) for name in outline
    }


_CLASSES = _classes()
_REQUEST, _RESOURCE, _SCOPE = _CLASSES["Request"], _CLASSES["Resource"], _CLASSES["Scope"]
_SPAN, _LOG = _CLASSES["Span"], _CLASSES["Log"]
