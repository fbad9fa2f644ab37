"""A request's bytes to claims, whoever sent them: Tollbook's own spans by their codec, all others by dialect. Pure.

What tells of no call is counted and not rejected: the telemetry of an application is mostly about other things, and a
sender that is told of a rejection can do nothing about it. Rejected is only what should have been a call.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tollbook import attributes as names
from tollbook.claim import Claim, claim_of
from tollbook.heartbeat import Heartbeat
from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.spans import decode
from tollbook_collector.prepared import Prepared
from tollbook_collector.receivers import plain_json, plain_protobuf
from tollbook_collector.receivers.dialects.registry import ALLOWED, dialect_of
from tollbook_collector.receivers.envelope import Part, open_envelope
from tollbook_collector.receivers.heartbeats import read_heartbeats
from tollbook_collector.receivers.plain import Allowed, Record, Signal
from tollbook_collector.receivers.routing_family import aggregates, with_ancestors
from tollbook_collector.receivers.spans import WHERE, Read, read_spans
from tollbook_collector.receivers.wire_count import too_many_fields, too_many_objects

OBSERVER = "gateway"
"""Who says what a dialect reads, as long as senders have no credentials of their own."""
_OWN = names.SCHEMA.encode()
_OWN_MARK = bytes((0x0A, len(_OWN))) + _OWN
"""How the attribute that marks Tollbook's own spans begins in protobuf: its key's tag, length and text."""
_OWN_NAMES = Allowed(
    names=frozenset(value for name, value in vars(names).items() if name.isupper() and isinstance(value, str)),
    prefixes=(names.TAG_PREFIX, names.USAGE_PREFIX),
    documents=frozenset({names.KNOWN, names.MORE_IDS, names.USAGE_EXTRA}),
)


class Encoding(StrEnum):
    """How a body is written; the value is its content type."""

    PROTOBUF = "application/x-protobuf"
    JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken(Read):
    """What a request held, with what was passed over."""

    ignored: Mapping[str, int] = field(default_factory=dict[str, int])
    """Records that opened no call and should not, and values that were damaged, by reason."""
    beats: tuple[Heartbeat, ...] = ()
    """What agents said of themselves."""
    ready: tuple[Prepared, ...] = ()
    """The claims where another process has made them ready; `claims` is empty then."""

    @property
    def bookable(self) -> Sequence[Claim | Prepared]:
        """The claims, in either form."""
        return self.ready or self.claims


def read_request(raw: bytes, signal: Signal, encoding: Encoding, observer: str = OBSERVER) -> Taken | Problem:
    """The claims of a request, or why it is none: `not_otlp`, `too_many_spans` or `too_many_records`."""
    if (too_many_objects if encoding is Encoding.JSON else too_many_fields)(raw):
        remedy = "Send it in parts: one resource, one scope, some hundred records."
        return Problem(reason="too_many_records", where=WHERE, detail="it has too many parts", remedy=remedy)
    if signal is Signal.METRICS:
        return _count_metrics(raw, encoding)
    if encoding is Encoding.JSON:
        return _read_json(raw, signal, observer)
    return _read_traces(raw, observer) if signal is Signal.TRACES else _read_logs(raw, observer)


def _read_traces(raw: bytes, observer: str) -> Taken | Problem:
    """Spans in protobuf. Where all are Tollbook's own, which one scan of the bytes tells, nothing else is done."""
    parts = open_envelope(raw)
    if isinstance(parts, Problem):
        return parts
    if raw.count(_OWN_MARK) >= sum(len(part.spans) for part in parts):
        read = read_spans(parts)
        return Taken(claims=read.claims, problems=read.problems)
    raws = plain_protobuf.split(raw, Signal.TRACES)
    if isinstance(raws, Problem):
        return raws
    own = read_spans(Part(resource=one.resource, spans=(one.record,)) for one in raws if _OWN_MARK in one.record)
    foreign = [one for one in raws if _OWN_MARK not in one.record]
    return _joined(own, _read_foreign(plain_protobuf.read(foreign, Signal.TRACES, ALLOWED), observer))


def _read_logs(raw: bytes, observer: str) -> Taken | Problem:
    raws = plain_protobuf.split(raw, Signal.LOGS)
    return (
        raws if isinstance(raws, Problem) else _read_foreign(plain_protobuf.read(raws, Signal.LOGS, ALLOWED), observer)
    )


def _read_json(raw: bytes, signal: Signal, observer: str) -> Taken | Problem:
    raws = plain_json.split(raw, signal)
    if isinstance(raws, Problem):
        return raws
    claims: list[Claim] = []
    problems: list[Problem] = []
    foreign: list[plain_json.Raw] = []
    for one in raws:
        attributes, _ = plain_json.attributes_of(one.record, _OWN_NAMES)
        if signal is Signal.LOGS or names.SCHEMA not in attributes:
            foreign.append(one)
            continue
        times = [plain_json.time_of(one.record.get(f"{end}TimeUnixNano")) for end in ("start", "end")]
        shared, _ = plain_json.attributes_of(one.resource, _OWN_NAMES)
        claim = decode(shared | attributes, times[0], times[1], WHERE)
        (problems if isinstance(claim, Problem) else claims).append(claim)  # pyright: ignore[reportArgumentType]
    own = Read(claims=tuple(claims), problems=tuple(problems))
    return _joined(own, _read_foreign(plain_json.read(foreign, signal, ALLOWED), observer))


def _count_metrics(raw: bytes, encoding: Encoding) -> Taken | Problem:
    """Metrics are totals of what spans and logs tell singly: they are taken, counted and never booked. Only agents
    say of themselves by metrics what is heard."""
    beats = read_heartbeats(raw) if encoding is Encoding.PROTOBUF else ()
    if beats:
        return Taken(claims=(), problems=(), beats=beats)
    split = plain_json.split if encoding is Encoding.JSON else plain_protobuf.split
    raws = split(raw, Signal.METRICS)
    if isinstance(raws, Problem):
        return raws
    return Taken(claims=(), problems=(), ignored={"metrics": len(raws)} if raws else {})


def _read_foreign(records: Iterable[Record | Problem], observer: str) -> Taken:
    """Records of any emitter to claims."""
    problems: list[Problem] = []
    ignored: Counter[str] = Counter()
    whole: list[Record] = []
    for record in records:
        if isinstance(record, Problem):
            problems.append(record)
        else:
            whole.append(record)
            ignored["damaged_attributes"] += record.damaged
    read: list[tuple[Record, Sighting]] = []
    for record in with_ancestors(whole):
        dialect = dialect_of(record)
        found = None if dialect is None else dialect.read(record)
        if isinstance(found, Sighting):
            read.append((record, found))
        elif isinstance(found, Problem):
            problems.append(found)
        else:
            ignored["no_dialect" if dialect is None else "not_a_call"] += 1
    claims = _claims(read, ignored, observer)
    return Taken(claims=tuple(claims), problems=tuple(problems), ignored=dict(+ignored))


def _claims(read: Sequence[tuple[Record, Sighting]], ignored: Counter[str], observer: str) -> list[Claim]:
    summed = aggregates(read)
    ignored["aggregate"] += len(summed)
    claims: list[Claim] = []
    for place, (_, sighting) in enumerate(read):
        claim = None if place in summed else claim_of(sighting, observer)
        if claim is not None:
            claims.append(claim)
        elif place not in summed:
            ignored["call_without_id"] += 1
    return claims


def _joined(own: Read, foreign: Taken) -> Taken:
    return Taken(claims=own.claims + foreign.claims, problems=own.problems + foreign.problems, ignored=foreign.ignored)
