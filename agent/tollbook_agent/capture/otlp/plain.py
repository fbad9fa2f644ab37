"""OTLP protobuf into events. Pure; never raises.

Protobuf lets a reader declare only what it needs of a message. Records and attributes are declared as bytes here: the
key of an attribute is looked at first, and only the value of an allowed one is decoded. Field numbers are those of
opentelemetry-proto 1.x.
"""

from collections.abc import Iterator
from typing import Any, cast

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from tollbook.problem import Problem
from tollbook_agent.capture.otlp.event import (
    ALLOWED,
    EVENT_NAME,
    MAX_ATTRIBUTES,
    MAX_RECORDS,
    READ_EVENTS,
    Event,
    Events,
    Plain,
    kept,
    not_otlp,
    too_many,
)

MAX_KEY = 64
"""Bytes of an attribute's name; no allowed one is longer, and one byte then tells the length."""
_KEY_TAG = 0x0A
_ALLOWED = frozenset(name.encode() for name in ALLOWED)
_NAME_KEY = EVENT_NAME.encode()


def read_protobuf(raw: bytes) -> Events:
    """The events of an encoded ExportLogsServiceRequest that tell of calls."""
    request = cast(Any, _REQUEST())
    try:
        request.ParseFromString(raw)
        records = [record for part in request.resource_logs for scope in part.scope_logs for record in scope.records]
    except DecodeError:
        return Events(problems=(not_otlp("protobuf"),))
    if len(records) > MAX_RECORDS:
        return Events(problems=(too_many(len(records)),))
    events: list[Event] = []
    problems: list[Problem] = []
    others = 0
    for record in records:
        found = _event(record)
        if isinstance(found, Event):
            events.append(found)
        elif found is None:
            others += 1
        else:
            problems.append(found)
    return Events(events=tuple(events), others=others, problems=tuple(problems))


def _event(raw: bytes) -> Event | Problem | None:
    """One log record; `None` for an event that is not read."""
    record = cast(Any, _RECORD())
    try:
        record.ParseFromString(raw)
        pairs = list(_allowed(record.attributes[:MAX_ATTRIBUTES]))
        name = next((_text(value) for key, value in pairs if key == _NAME_KEY), None)
        if name not in READ_EVENTS:
            return None
        values = {key.decode(): value for key, raw_value in pairs if (value := _plain(raw_value)) is not None}
    except (DecodeError, UnicodeDecodeError):
        return Problem(reason="record_not_otlp", where="otlp", detail="protobuf")
    return Event(name=name, at_ns=record.time or record.observed, attributes=values)


def _allowed(attributes: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Key and encoded value of the attributes whose names are allowed; of the others not even the key is decoded."""
    for raw in attributes:
        if len(raw) < 2 or raw[0] != _KEY_TAG or raw[1] > MAX_KEY:
            continue
        end = 2 + raw[1]
        key = raw[2:end]
        if key in _ALLOWED:
            yield key, raw[end:]


def _text(raw: bytes) -> str | None:
    value = _plain(raw)
    return value if isinstance(value, str) else None


def _plain(raw: bytes) -> Plain | None:
    """The value of a KeyValue without its key."""
    pair = cast(Any, _VALUE())
    pair.ParseFromString(raw)
    value = cast(AnyValue, pair.value)
    kind = value.WhichOneof("value")
    if kind in ("string_value", "int_value", "double_value", "bool_value"):
        return kept(getattr(value, kind))
    return None


def _classes() -> dict[str, type[Message]]:
    """The message classes, cut down to what is read."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="tollbook_agent_otlp.proto", package="tollbook.agent.otlp")
    file.syntax = "proto3"
    file.dependency.append("opentelemetry/proto/common/v1/common.proto")
    own, any_value = ".tollbook.agent.otlp.", ".opentelemetry.proto.common.v1.AnyValue"
    many, one = field.LABEL_REPEATED, field.LABEL_OPTIONAL
    outline: dict[str, tuple[tuple[str, int, Any, Any, str | None], ...]] = {
        "Request": (("resource_logs", 1, many, field.TYPE_MESSAGE, f"{own}ResourceLogs"),),
        "ResourceLogs": (("scope_logs", 2, many, field.TYPE_MESSAGE, f"{own}ScopeLogs"),),
        "ScopeLogs": (("records", 2, many, field.TYPE_BYTES, None),),
        "Record": (
            ("time", 1, one, field.TYPE_FIXED64, None),
            ("observed", 11, one, field.TYPE_FIXED64, None),
            ("attributes", 6, many, field.TYPE_BYTES, None),
        ),
        "Value": (("value", 2, one, field.TYPE_MESSAGE, any_value),),
    }
    for message_name, fields in outline.items():
        message = file.message_type.add(name=message_name)
        for name, number, label, kind, type_name in fields:
            message.field.add(name=name, number=number, label=label, type=kind, type_name=type_name)
    pool = descriptor_pool.Default()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    pool.AddSerializedFile(file.SerializeToString())  # pyright: ignore[reportUnknownMemberType]
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"tollbook.agent.otlp.{name}"))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        for name in outline
    }


_CLASSES = _classes()
_REQUEST, _RECORD, _VALUE = _CLASSES["Request"], _CLASSES["Record"], _CLASSES["Value"]
