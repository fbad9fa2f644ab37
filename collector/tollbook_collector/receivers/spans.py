"""Spans to claims: protobuf to plain attributes, then the span codec. Pure.

Only the attributes the codec reads are taken out of a span. Prompts, answers and every other attribute an emitter may
add are never touched, so they can be neither stored nor logged.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tollbook import attributes as names
from tollbook.claim import Claim
from tollbook.problem import Problem
from tollbook.spans import decode
from tollbook.usage import Totals
from tollbook_collector.receivers.alike import MAX_BYTES, Alike
from tollbook_collector.receivers.envelope import Part, outline_of

WHERE = "otlp"
MAX_SPAN_BYTES = 64 * 1024
"""An ordinary span has 1.5 kB. A larger one carries content, which is not wanted here."""
MAX_RESOURCE_BYTES = 64 * 1024

_READ: frozenset[str] = frozenset(
    {
        names.SCHEMA,
        names.CLAIM,
        names.ORDER,
        names.KNOWN,
        names.QUALITY,
        names.READER_EPOCH,
        names.RESPONSE_ID,
        names.REQUEST_ID,
        names.CLIENT_REQUEST_ID,
        names.GENERATION_ID,
        names.GATEWAY_CALL_ID,
        names.MORE_IDS,
        names.OWNER,
        names.REPOSITORY,
        names.USAGE_EXTRA,
        *names.FIELD_ATTRIBUTES.values(),
        *(names.USAGE_PREFIX + name for name in Totals._fields),
    }
)
"""The attributes the span codec reads, tags besides."""

_ALIKE = Alike()

Value = str | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a request held: `problems` has one entry for every span that gave no claim."""

    claims: tuple[Claim, ...]
    problems: tuple[Problem, ...]


def read_spans(parts: Iterable[Part]) -> Read:
    """The claims of all spans. A span that can never be a claim is a permanent Problem; the others are not held up."""
    claims: list[Claim] = []
    problems: list[Problem] = []
    for part in parts:
        shared = _resource(part.resource)
        for raw in part.spans:
            claim = shared if isinstance(shared, Problem) else _read_span(raw, shared)
            if isinstance(claim, Problem):
                problems.append(claim)
            else:
                claims.append(claim)
    return Read(claims=tuple(claims), problems=tuple(problems))


def _resource(raw: bytes) -> dict[str, Value] | Problem:
    """The attributes all spans of a resource share."""
    if len(raw) > MAX_RESOURCE_BYTES:
        return _refused("resource_too_large", "Leave content out of the resource.")
    attributes: dict[str, Value] = {}
    try:
        fault = _take(Resource.FromString(raw).attributes, attributes)
    except DecodeError:
        return _refused("resource_not_protobuf", "Send OTLP as the protobuf definitions say.")
    return fault or attributes


def _read_span(raw: bytes, shared: dict[str, Value]) -> Claim | Problem:
    if len(raw) > MAX_SPAN_BYTES:
        return _refused("span_too_large", "Switch content capture of the emitter off.")
    try:
        if shared or len(raw) > MAX_BYTES:
            return _read_whole(Span.FromString(raw), dict(shared))
        attributes, started_at, ended_at = outline_of(raw)
        claim = _ALIKE.read(attributes, started_at, ended_at)
        if claim is not None:
            return claim
        span = Span.FromString(raw)
    except DecodeError:
        return _refused("span_not_protobuf", "Send OTLP as the protobuf definitions say.")
    said: dict[str, Value] = {}
    whole = _read_whole(span, said)
    if isinstance(whole, Claim):
        _ALIKE.learn(attributes, tuple([attribute.key for attribute in span.attributes]), said, whole)
    return whole


def _read_whole(span: Span, attributes: dict[str, Value]) -> Claim | Problem:
    """The claim of a span, read to its last attribute; `attributes` are those of its resource, the span's are added."""
    fault = _take(span.attributes, attributes)
    if fault is not None:
        return fault
    if names.SCHEMA not in attributes:
        return _refused("no_dialect", "Only Tollbook's own spans are read: point the agent here, not the tool.")
    return decode(attributes, span.start_time_unix_nano, span.end_time_unix_nano, WHERE)


def _take(found: Iterable[KeyValue], attributes: dict[str, Value]) -> Problem | None:
    """Add the attributes that are read. Of a repeated key the last wins, as OpenTelemetry says of its SDKs."""
    for attribute in found:
        key = attribute.key
        if key in _READ or key.startswith(names.TAG_PREFIX):
            value = attribute.value
            plain = value.string_value or value.int_value
            if not plain:
                kind = value.WhichOneof("value")
                if kind == "string_value":
                    plain = ""
                elif kind != "int_value":
                    return _refused("value_of_wrong_type", "Tollbook's attributes are strings and integers.")
            attributes[key] = plain
    return None


def _refused(reason: str, remedy: str) -> Problem:
    return Problem(reason=reason, where=WHERE, remedy=remedy)
