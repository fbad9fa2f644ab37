"""The outer messages of an OTLP request, with its spans left as bytes.

Protobuf lets a reader declare only what it needs of a message. Declaring spans as bytes makes taking a request apart
cheap (under 1 us a span) and safe: 4 MiB of empty spans are 2 million objects and hundreds of megabytes once parsed, so
they are counted and measured first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

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


def outline_of(span: bytes) -> Sequence[bytes]:
    """The attributes of an encoded span, each still encoded.

    Raises:
        DecodeError: the bytes are no span.
    """
    outline = cast(Any, _SPAN())
    outline.ParseFromString(span)
    return outline.attributes


def _classes() -> tuple[type[Message], type[Message]]:
    """The message classes of opentelemetry-proto 1.x, cut down; the field numbers are those of the standard."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="tollbook_envelope.proto", package="tollbook.envelope")
    file.syntax = "proto3"
    outline: dict[str, tuple[tuple[str, int, bool, str], ...]] = {
        "Request": (("resource_spans", 1, True, "ResourceSpans"),),
        "ResourceSpans": (("resource", 1, False, ""), ("scope_spans", 2, True, "ScopeSpans")),
        "ScopeSpans": (("spans", 2, True, ""),),
        "Span": (("attributes", 9, True, ""),),
    }
    for message_name, fields in outline.items():
        message = file.message_type.add(name=message_name)
        for name, number, repeated, kind in fields:
            message.field.add(
                name=name,
                number=number,
                label=field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL,
                type=field.TYPE_MESSAGE if kind else field.TYPE_BYTES,
                type_name=f".tollbook.envelope.{kind}" if kind else None,
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)  # pyright: ignore[reportUnknownMemberType]
    request, span = map(pool.FindMessageTypeByName, ("tollbook.envelope.Request", "tollbook.envelope.Span"))
    return message_factory.GetMessageClass(request), message_factory.GetMessageClass(span)


_REQUEST, _SPAN = _classes()
