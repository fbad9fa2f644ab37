"""What senders send to a collector that already holds many calls: encoded requests, the same ones for every server.

Of the claims 40 % are further ones of calls that exist: most of the last two days, 5 % of all a week late, 1 % naming
two calls that had nothing in common so far, which makes them one. The others are new calls. A span has 25
attributes: what an agent cannot leave out, and who, where and how much. All follows from the seed. Requests are made
beforehand and kept in a file: making them takes longer than booking them.
"""

import hashlib
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import alias_workload as workload
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

import tollbook.attributes
import tollbook.spans
from tollbook.claim import Claim, ClaimKey
from tollbook.usage import Totals
from tollbook.vocabulary import IdKind, Source

FURTHER, LATE, UNITING = 0.40, 0.05, 0.01
"""Shares of all claims; the late and the uniting ones are further ones too."""
WEEK, DAY = 7 * workload.CALLS_A_DAY, workload.CALLS_A_DAY
RECENT = 2 * workload.CALLS_A_DAY
APART = 2_000
"""Claims between the halves of a call and the claim that unites them."""
SEED = 4
LEFT_OUT = frozenset(
    {"device", "commit", "billing", "service_tier", "speed", "purpose", "turn_id", "model_requested"}
    | {"scope.organization"}
)
"""Fields that these senders do not know."""
WRITES = 8
"""One of so many new calls writes to the provider's cache: three more attributes. Those of the store all do."""
SESSIONS = 20_000
"""Sessions whose first claim is kept to make the others of."""
_LENGTH_BYTES = 4
_SCOPE = InstrumentationScope(name="tollbook.agent").SerializeToString()


class Requests(NamedTuple):
    """A file of requests, each after its length."""

    path: Path
    spans: int
    """Of each request."""
    number: int
    attributes: float
    """Of a span, on average."""


def claims(first: int, seed: int = SEED) -> Iterator[Claim]:
    """What is said after `first` calls, without end."""
    choice = random.Random(seed)
    halves: deque[tuple[int, int]] = deque()
    told: set[int] = set()
    call, number = first, 0
    while True:
        number += 1
        draw = choice.random()
        if draw < UNITING and halves and halves[0][1] <= number - APART:
            yield _claim(halves.popleft()[0], Source.PROXY, first)
        elif draw < FURTHER:
            late = UNITING <= draw < UNITING + LATE
            old = _told_once(choice, told, *((call - WEEK - DAY, call - WEEK) if late else (call - RECENT, call)))
            third = old < first and workload.has_log(old)
            yield _claim(old, Source.OTEL if third else Source.LOG, first)
        elif draw < FURTHER + UNITING:
            halves.append((call, number))
            yield _only(_claim(call, Source.LOG, first), 0)
            yield _only(_claim(call, Source.OTEL, first), -1)
            told.add(call)
            call += 1
        else:
            yield _claim(call, Source.PROXY, first)
            call += 1


def _told_once(choice: random.Random, told: set[int], start: int, end: int) -> int:
    """A call of [start, end) that nobody spoke of again."""
    while (call := choice.randrange(start, end)) in told:
        pass
    told.add(call)
    return call


def _claim(call: int, source: Source, new: int) -> Claim:
    """`workload.claim`, made of the first one of the session. Calls from `new` on are not in the store."""
    first = _first(workload.session(call), source, call)
    started = workload.started_at(call)
    own = tuple(one for one in workload.ids(call)[workload.SEEN[source]] if one.kind is not IdKind.CLIENT_REQUEST)
    usage = workload.usage(call)
    if call >= new and call % WRITES:
        usage = replace(usage, cache_write_5m=0, cache_write_1h=0)
    return replace(
        first,
        key=ClaimKey(first.key.observer, source, own[0]),
        ids=own,
        started_at=started,
        ended_at=started + workload.LASTS,
        totals=Totals.of(usage),
        fields={name: register._replace(order=-started) for name, register in first.fields.items()},
    )


_FIRST: dict[tuple[int, Source], Claim] = {}


def _first(session: int, source: Source, call: int) -> Claim:
    if (session, source) not in _FIRST:
        if len(_FIRST) >= SESSIONS:
            _FIRST.clear()
        claim = workload.claim(call, source)
        known = {name: register for name, register in claim.fields.items() if name not in LEFT_OUT}
        _FIRST[session, source] = replace(claim, fields=known)
    return _FIRST[session, source]


def _only(claim: Claim, place: int) -> Claim:
    """A claim that knows one id of its call."""
    own = claim.ids[place]
    return replace(claim, key=ClaimKey(claim.key.observer, claim.key.source, own), ids=(own,))


def prepare(folder: Path, first: int, spans: int, count: int) -> Requests:
    """`count` requests of `spans` spans each; those of an earlier run where nothing they depend on has changed."""
    sources = [__file__, workload.__file__, tollbook.spans.__file__, tollbook.attributes.__file__]
    of = hashlib.blake2b(b"".join(Path(each).read_bytes() for each in sources), digest_size=6).hexdigest()
    path = folder / f"requests-{of}-{first}-{spans}-{count}.bin"
    if not path.exists():
        for former in folder.glob("requests-*"):
            former.unlink()
        said = claims(first)
        with path.with_suffix(".part").open("wb") as file:
            for _ in range(count):
                raw = _request([next(said) for _ in range(spans)])
                file.write(len(raw).to_bytes(_LENGTH_BYTES) + raw)
        path.with_suffix(".part").rename(path)
    return Requests(path, spans, count, _attributes(path))


def read(requests: Requests) -> Iterator[bytes]:
    """The requests, in their order."""
    with requests.path.open("rb") as file:
        while length := file.read(_LENGTH_BYTES):
            yield file.read(int.from_bytes(length))


def _request(said: list[Claim]) -> bytes:
    """What the agent sends, put together of attributes that are encoded once: the messages take four times as long."""
    spans = b"".join([_field(2, _span(tollbook.spans.encode(claim))) for claim in said])
    return _field(1, _field(2, _field(1, _SCOPE) + spans))


def _span(span: tollbook.spans.ClaimSpan) -> bytes:
    head = Span(
        name=span.name,
        kind=Span.SPAN_KIND_CLIENT,
        trace_id=span.trace_id,
        span_id=span.span_id,
        start_time_unix_nano=span.started_at,
        end_time_unix_nano=span.ended_at,
    )
    return head.SerializeToString() + b"".join([_attribute(key, value) for key, value in span.attributes.items()])


@lru_cache(1 << 16)
def _attribute(key: str, value: str | int) -> bytes:
    plain = AnyValue(int_value=value) if isinstance(value, int) else AnyValue(string_value=value)
    return _field(9, KeyValue(key=key, value=plain).SerializeToString())


def _field(number: int, raw: bytes) -> bytes:
    """A field of bytes: tag, length, bytes."""
    length, left = bytearray(), len(raw)
    while left > 0x7F:
        length.append(left & 0x7F | 0x80)
        left >>= 7
    length.append(left)
    return bytes((number << 3 | 2,)) + length + raw


def _attributes(path: Path) -> float:
    """How many attributes the spans of the first request have, on average."""
    with path.open("rb") as file:
        request = ExportTraceServiceRequest.FromString(file.read(int.from_bytes(file.read(_LENGTH_BYTES))))
    spans = [span for part in request.resource_spans for scope in part.scope_spans for span in scope.spans]
    return sum(len(span.attributes) for span in spans) / len(spans)
