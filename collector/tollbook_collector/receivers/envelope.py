"""The outer messages of an OTLP request, with its spans left as bytes.

Protobuf lets a reader declare only what it needs of a message. Declaring spans as bytes makes taking a request apart
cheap (under 1 us a span) and safe: 4 MiB of empty spans are 2 million objects and hundreds of megabytes once parsed, so
they are counted and measured first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.trace.v1 import trace_pb2

from tollbook.problem import Problem

MAX_RESOURCES = 4_096
MAX_SCOPES = 4_096
MAX_SPANS = 8_192
"""Of one request. A request of the largest size holds some 4,000 ordinary spans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The spans of one resource, all still encoded. `resource` is b"" where a request names none."""

    resource: bytes
    spans: tuple[bytes, ...]


def open_envelope(raw: bytes) -> tuple[Part, ...] | Problem:
    """The parts of an encoded ExportTraceServiceRequest, or why it is none.

    The Problems are `not_otlp` (the bytes are no such message) and `too_many_spans`; both are permanent.
    """
    request = cast(Any, _REQUEST())
    try:
        request.ParseFromString(raw)
    except DecodeError:
        return _problem("not_otlp", "the bytes are not an ExportTraceServiceRequest", "Send OTLP traces to this port.")
    resources = request.resource_spans
    scopes = sum(len(resource.scope_spans) for resource in resources)
    spans = sum(len(scope.spans) for resource in resources for scope in resource.scope_spans)
    if len(resources) > MAX_RESOURCES or scopes > MAX_SCOPES or spans > MAX_SPANS:
        what = f"{spans} spans in {scopes} scopes"
        return _problem("too_many_spans", what, f"Send at most {MAX_SPANS} spans at once.")
    return tuple(_parts(resources))


def _parts(resources: Any) -> Iterator[Part]:
    for resource in resources:
        spans = tuple(span for scope in resource.scope_spans for span in scope.spans)
        if spans:
            yield Part(resource=resource.resource, spans=spans)


def _problem(reason: str, detail: str, remedy: str) -> Problem:
    return Problem(reason=reason, where="otlp", detail=detail, remedy=remedy)


class Outline(NamedTuple):
    """A span whose attributes are still encoded. Times are UTC nanoseconds."""

    attributes: list[bytes]
    started_at: int
    ended_at: int


def outline_of(span: bytes) -> Outline:
    """The outline of an encoded span, of which all but the attributes was looked at as `Span` would.

    Raises:
        DecodeError: the bytes are no span.
    """
    outline = cast(Any, _SPAN())
    outline.ParseFromString(span)
    return Outline(list(outline.attributes), outline.started_at, outline.ended_at)


class _Field(NamedTuple):
    name: str
    number: int
    repeated: bool = False
    message: str = ""
    plain: Any = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
    """The type of what is no message."""


_TEXT, _FIXED = descriptor_pb2.FieldDescriptorProto.TYPE_STRING, descriptor_pb2.FieldDescriptorProto.TYPE_FIXED64
_OUTLINE: dict[str, tuple[_Field, ...]] = {
    "Request": (_Field("resource_spans", 1, True, "tollbook.envelope.ResourceSpans"),),
    "ResourceSpans": (_Field("resource", 1), _Field("scope_spans", 2, True, "tollbook.envelope.ScopeSpans")),
    "ScopeSpans": (_Field("spans", 2, True),),
    # Everything that a parser can find fault with is declared as it is.
    "Span": (
        _Field("trace_state", 3, plain=_TEXT),
        _Field("name", 5, plain=_TEXT),
        _Field("started_at", 7, plain=_FIXED),
        _Field("ended_at", 8, plain=_FIXED),
        _Field("attributes", 9, True),
        _Field("events", 11, True, "opentelemetry.proto.trace.v1.Span.Event"),
        _Field("links", 13, True, "opentelemetry.proto.trace.v1.Span.Link"),
        _Field("status", 15, False, "opentelemetry.proto.trace.v1.Status"),
    ),
}


def _classes() -> tuple[type[Message], type[Message]]:
    """The message classes of opentelemetry-proto 1.x, cut down; the field numbers are those of the standard."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="tollbook_envelope.proto", package="tollbook.envelope")
    file.syntax = "proto3"
    file.dependency.append(trace_pb2.DESCRIPTOR.name)
    for message_name, fields in _OUTLINE.items():
        message = file.message_type.add(name=message_name)
        for one in fields:
            message.field.add(
                name=one.name,
                number=one.number,
                label=kinds.LABEL_REPEATED if one.repeated else kinds.LABEL_OPTIONAL,
                type=kinds.TYPE_MESSAGE if one.message else one.plain,
                type_name=f".{one.message}" if one.message else None,
            )
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    request, span = map(pool.FindMessageTypeByName, ("tollbook.envelope.Request", "tollbook.envelope.Span"))
    return message_factory.GetMessageClass(request), message_factory.GetMessageClass(span)


_REQUEST, _SPAN = _classes()
