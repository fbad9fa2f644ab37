"""Made-up claims, and the OTLP requests that carry them."""

from collections.abc import Iterable, Mapping
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tollbook.claim import Claim, claim_of
from tollbook.identity import Id
from tollbook.sighting import Scope, Sighting
from tollbook.spans import encode
from tollbook.usage import Usage
from tollbook.vocabulary import Billing, Channel, Evidence, IdKind, Provider, Purpose, Source, Tool
from tollbook.work import Known, Work

FIRST = 1_790_812_800_000_000_000
"""2026-10-01 00:00 UTC."""
MINUTE = 60 * 10**9
_MODELS = ("claude-sonnet-4-5-20250929", "claude-opus-4-5-20251101", "claude-haiku-4-5-20251001")
_PEOPLE = ("ada@example.com", "grace@example.com")


def make_claim(number: int, source: Source = Source.PROXY) -> Claim:
    """What one observer says of call `number`; a proxy and a log that see the same call agree about its response id."""
    started = FIRST + number * MINUTE
    ids = [Id(IdKind.RESPONSE, f"msg_{number:024d}")]
    if source is Source.PROXY:
        ids.append(Id(IdKind.REQUEST, f"req_{number:024d}"))
    sighting = Sighting(
        source=source,
        tool=Tool.CLAUDE_CODE,
        ids=tuple(ids),
        started_at=started,
        ended_at=started + 3 * 10**9,
        usage=Usage(input=number % 97, cache_read=1_000 + number, cache_write_5m=7 * number, output=33 + number),
        channel=Channel.ANTHROPIC,
        provider=Provider.ANTHROPIC,
        billing=Billing.METERED,
        model=_MODELS[number % 3],
        scope=Scope(organization="org-example", region="eu-west-1"),
        session_id=f"session-{number // 10}",
        purpose=Purpose.TURN,
        work=Work(
            engineer=Known(_PEOPLE[number % 2], Evidence.EXPLICIT),
            device=Known("laptop-1", Evidence.EXPLICIT),
            repo=Known("acme/payments", Evidence.WORKTREE),
            branch=Known(f"feature/PAY-{100 + number % 4}-x", Evidence.REFLOG),
            tags={"team-color": Known("blau", Evidence.EXPLICIT)},
        ),
    )
    claim = claim_of(sighting, "laptop-1")
    assert claim is not None
    return claim


def make_span(claim: Claim) -> Span:
    """The span of a claim, as the agent sends it."""
    encoded = encode(claim)
    span = Span(
        name=encoded.name,
        trace_id=encoded.trace_id,
        span_id=encoded.span_id,
        kind=Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=encoded.started_at,
        end_time_unix_nano=encoded.ended_at,
    )
    add_attributes(span, encoded.attributes)
    return span


def add_attributes(holder: Any, attributes: Mapping[str, object]) -> None:
    """Add attributes to a span or a resource."""
    for name, value in attributes.items():
        attribute = holder.attributes.add(key=name)
        if isinstance(value, bool):
            attribute.value.bool_value = value
        elif isinstance(value, int):
            attribute.value.int_value = value
        elif isinstance(value, float):
            attribute.value.double_value = value
        else:
            attribute.value.string_value = str(value)


def make_request(spans: Iterable[Span], resource: Mapping[str, object] | None = None) -> bytes:
    """An encoded request with one resource."""
    request = ExportTraceServiceRequest()
    part = request.resource_spans.add()
    add_attributes(part.resource, resource or {"service.name": "tollbook-agent"})
    part.scope_spans.add().spans.extend(spans)
    return request.SerializeToString()


def request_of(claims: Iterable[Claim]) -> bytes:
    return make_request(map(make_span, claims))
