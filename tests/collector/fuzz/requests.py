"""Malformed OTLP requests, made from well-formed ones: by a seed, so that each can be made again."""

import gzip
import json
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.collector.claim_maker import make_claim, make_request, make_span
from tests.collector.fuzz import hostile
from tollbook.claim import Claim

PROTOBUF, JSON = "application/x-protobuf", "application/json"
MESSAGE_BYTES = 4 * 1024 * 1024
"""The collector's default limit."""
BOMB_BYTES = 64 * 1024 * 1024
DEEP = 5_000
_PATHS = ("/v1/traces", "/v1/logs", "/v1/metrics")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One request, and the claims in it that are well-formed."""

    name: str
    body: bytes
    path: str = "/v1/traces"
    content_type: str = PROTOBUF
    coding: str = ""
    whole: tuple[Claim, ...] = field(default=())


@dataclass
class Maker:
    """Makes cases. `number` counts calls, so that no two requests tell of the same."""

    chance: random.Random
    number: int = 0

    def claims(self, most: int = 4) -> list[Claim]:
        count = self.chance.randint(1, most)
        self.number += count
        return [make_claim(number) for number in range(self.number - count, self.number)]

    def varint(self, value: int) -> bytes:
        encoded = bytearray()
        while value > 0x7F:
            encoded.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes((*encoded, value))

    def whole(self) -> Case:
        """A well-formed request."""
        claims = self.claims(1)
        return Case(name="whole", body=make_request(map(make_span, claims)), whole=tuple(claims))

    def one(self) -> Case:
        """The next case; bombs are rarer, since they take longer."""
        make = self.chance.choice(_BOMBS) if self.chance.random() < 0.06 else self.chance.choice(_CASES)
        return make(self)


def _flipped(maker: Maker) -> Case:
    """Bytes changed, taken out, put in."""
    raw = bytearray(make_request(map(make_span, maker.claims())))
    for _ in range(maker.chance.randint(1, 8)):
        at = maker.chance.randrange(len(raw))
        match maker.chance.randrange(3):
            case 0:
                raw[at] = maker.chance.randrange(256)
            case 1:
                del raw[at : at + maker.chance.randint(1, 9)]
            case _:
                raw[at:at] = maker.chance.randbytes(maker.chance.randint(1, 9))
    return Case(name="flipped", body=bytes(raw), path=maker.chance.choice(_PATHS))


def _cut(maker: Maker) -> Case:
    raw = make_request(map(make_span, maker.claims()))
    return Case(name="cut", body=raw[: maker.chance.randrange(len(raw))], path=maker.chance.choice(_PATHS))


def _noise(maker: Maker) -> Case:
    body = maker.chance.randbytes(maker.chance.randrange(2_000))
    kind = maker.chance.choice((PROTOBUF, JSON))
    return Case(name="noise", body=body, content_type=kind, path=maker.chance.choice(_PATHS))


def _lengths_that_lie(maker: Maker) -> Case:
    """A message that says it is longer than all of it."""
    body = b"\x0a" + maker.varint(maker.chance.choice((2**31, 2**32, 2**63, 2**64 - 1, 10**9))) + b"\x12\x00"
    return Case(name="lengths_that_lie", body=body, path=maker.chance.choice(_PATHS))


_VALUES: tuple[Callable[[random.Random], AnyValue], ...] = (
    lambda _: AnyValue(double_value=float("nan")),
    lambda _: AnyValue(double_value=float("inf")),
    lambda _: AnyValue(bool_value=True),
    lambda _: AnyValue(bytes_value=b"\xff\x00" * 50),
    lambda _: AnyValue(int_value=-(2**63)),
    lambda _: AnyValue(int_value=2**63 - 1),
    lambda chance: AnyValue(string_value="x" * chance.choice((0, 1, 5_000, 60_000))),
    lambda _: AnyValue(string_value="\x00\x1b[31m\u202e=cmd|' /C calc'!A0"),
    lambda _: AnyValue(),
)


def _neighbours(maker: Maker) -> Case:
    """Well-formed spans beside one whose attributes hold what they may not."""
    claims = maker.claims()
    wrong = make_span(maker.claims(1)[0])
    for attribute in maker.chance.sample(list(wrong.attributes), 3):
        attribute.value.CopyFrom(maker.chance.choice(_VALUES)(maker.chance))
    match maker.chance.randrange(4):
        case 0:
            wrong.start_time_unix_nano, wrong.end_time_unix_nano = 2**64 - 1, 0
        case 1:
            wrong.attributes.extend([KeyValue(key=f"k{n}", value=AnyValue(int_value=n)) for n in range(500)])
        case 2:
            wrong.trace_id, wrong.span_id = b"", b"\xff" * 40
        case _:
            wrong.attributes.extend([*wrong.attributes][::-1])
    spans: list[Span] = [*map(make_span, claims), wrong]
    maker.chance.shuffle(spans)
    return Case(name="neighbours", body=make_request(spans), whole=tuple(claims))


def _nested(value: AnyValue, depth: int) -> AnyValue:
    for _ in range(depth):
        outer = AnyValue()
        outer.array_value.values.append(value)
        value = outer
    return value


def _deep(maker: Maker) -> Case:
    """Values within values, as deep as a writer will go, beside a well-formed span."""
    claims = maker.claims(1)
    wrong = make_span(maker.claims(1)[0])
    wrong.attributes.append(KeyValue(key="gen_ai.input.messages", value=_nested(AnyValue(int_value=1), 40)))
    return Case(name="deep", body=make_request([make_span(claims[0]), wrong]), whole=tuple(claims))


def _deeper(maker: Maker) -> Case:
    """Deeper than any reader goes; written by hand, since no writer does."""
    value = b"\x18\x01"
    for _ in range(DEEP):
        inner = b"\x0a" + maker.varint(len(value)) + value
        value = b"\x2a" + maker.varint(len(inner)) + inner
    attribute = b"\x0a\x01k\x12" + maker.varint(len(value)) + value
    span = b"\x4a" + maker.varint(len(attribute)) + attribute
    scope = b"\x12" + maker.varint(len(span)) + span
    part = b"\x12" + maker.varint(len(scope)) + scope
    return Case(name="deeper", body=b"\x0a" + maker.varint(len(part)) + part, path=maker.chance.choice(_PATHS))


def _json_of(raw: bytes) -> str:
    return json.dumps(MessageToDict(ExportTraceServiceRequest.FromString(raw)))


def _json_broken(maker: Maker) -> Case:
    """JSON with a token of it changed."""
    text = _json_of(make_request(map(make_span, maker.claims())))
    token = maker.chance.choice(('"', "{", "}", "[", "]", ":", ",", "1"))
    wrong = maker.chance.choice(("", "\\ud800", "NaN", "-1e999", "9" * 400, "null", "{}", "[[]]", '"\x00"', "\ufeff"))
    at = maker.chance.randrange(text.count(token))
    pieces = text.split(token)
    text = token.join(pieces[: at + 1]) + wrong + token.join(pieces[at + 1 :])
    body = text.encode("utf-8", "surrogatepass")
    return Case(name="json_broken", body=body, content_type=JSON, path=maker.chance.choice(_PATHS))


def _json_types(maker: Maker) -> Case:
    """JSON whose lists are objects, whose texts are numbers."""
    wrong = maker.chance.choice((None, 3, "x", [], {}, [[]], [None], {"a": [1]}, True, 1e400, -1))
    shapes: tuple[object, ...] = (
        {"resourceSpans": wrong},
        {"resourceSpans": [wrong]},
        {"resourceSpans": [{"scopeSpans": wrong, "resource": wrong}]},
        {"resourceSpans": [{"scopeSpans": [{"spans": wrong}]}]},
        {"resourceSpans": [{"scopeSpans": [{"spans": [{"attributes": wrong, "startTimeUnixNano": wrong}]}]}]},
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"attributes": [{"key": wrong, "value": wrong}]}]}]}]},
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": wrong, "timeUnixNano": wrong}]}]}]},
        wrong,
    )
    body = json.dumps(maker.chance.choice(shapes)).encode()
    return Case(name="json_types", body=body, content_type=JSON, path=maker.chance.choice(_PATHS))


def _json_deep(maker: Maker) -> Case:
    opening, closing = maker.chance.choice((("[", "]"), ('{"a":', "}"), ('{"arrayValue":{"values":[', "]}}")))
    depth = maker.chance.choice((100, 1_000, 100_000))
    body = (opening * depth + "1" + closing * depth).encode()[:MESSAGE_BYTES]
    return Case(name="json_deep", body=body, content_type=JSON)


def _gzip_broken(maker: Maker) -> Case:
    raw = bytearray(gzip.compress(make_request(map(make_span, maker.claims()))))
    for _ in range(maker.chance.randint(1, 4)):
        raw[maker.chance.randrange(len(raw))] = maker.chance.randrange(256)
    return Case(name="gzip_broken", body=bytes(raw[: maker.chance.randint(1, len(raw))]), coding="gzip")


def _gzip_whole(maker: Maker) -> Case:
    claims = maker.claims()
    body = gzip.compress(make_request(map(make_span, claims)))
    return Case(name="gzip_whole", body=body, coding="gzip", whole=tuple(claims))


@cache
def _zeros() -> bytes:
    return gzip.compress(bytes(BOMB_BYTES))


def _gzip_bomb(maker: Maker) -> Case:
    return Case(name="gzip_bomb", body=_zeros(), coding="gzip", path=maker.chance.choice(_PATHS))


def _gzip_members(maker: Maker) -> Case:
    """Many streams after one another, each small."""
    return Case(name="gzip_members", body=zlib_member() * 20_000, coding="gzip")


@cache
def zlib_member() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(b"") + packer.flush()


def _empty_spans(maker: Maker) -> Case:
    """As many spans as fit, each of two bytes."""
    spans = b"\x12\x00" * (maker.chance.choice((10_000, 1_000_000, 2_000_000)))
    scope = b"\x12" + maker.varint(len(spans)) + spans
    body = b"\x0a" + maker.varint(len(scope)) + scope
    return Case(name="empty_spans", body=body, path=maker.chance.choice(_PATHS))


def _empty_scopes(maker: Maker) -> Case:
    scopes = b"\x12\x00" * 2_000_000
    return Case(
        name="empty_scopes", body=b"\x0a" + maker.varint(len(scopes)) + scopes, path=maker.chance.choice(_PATHS)
    )


def _empty_resources(maker: Maker) -> Case:
    return Case(name="empty_resources", body=b"\x0a\x00" * 2_000_000, path=maker.chance.choice(_PATHS))


def _json_many(maker: Maker) -> Case:
    spans = ",".join(["{}"] * 1_000_000)
    body = ('{"resourceSpans":[{"scopeSpans":[{"spans":[' + spans + "]}]}]}").encode()
    return Case(name="json_many", body=body, content_type=JSON)


def _too_large(maker: Maker) -> Case:
    return Case(name="too_large", body=b"\x0a" + bytes(MESSAGE_BYTES + 10))


def _of(make: Callable[[hostile.Claims, random.Random], hostile.Hostile]) -> Callable[[Maker], Case]:
    """A maker of cases from one of hostile bodies."""

    def case(maker: Maker) -> Case:
        name, body, is_json, whole = make(maker.claims, maker.chance)
        return Case(name=name, body=body, content_type=JSON if is_json else PROTOBUF, whole=whole)

    return case


_CASES: tuple[Callable[[Maker], Case], ...] = (
    _flipped, _flipped, _cut, _noise, _lengths_that_lie, _neighbours, _neighbours, _neighbours, _deep, _deeper,
    _json_broken, _json_types, _json_types, _gzip_broken, _gzip_whole, *map(_of, hostile.COMMON),
)  # fmt: skip
_BOMBS = (
    _gzip_bomb, _gzip_members, _empty_spans, _empty_scopes, _empty_resources, _json_many, _json_deep, _too_large,
    *map(_of, hostile.HEAVY),
)  # fmt: skip
EVERY: tuple[Callable[[Maker], Case], ...] = tuple(dict.fromkeys((*_CASES, *_BOMBS)))
"""Each kind of case once."""
