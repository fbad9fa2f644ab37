"""Malformed requests written by hand, field by field: what no writer of protobuf or JSON would write."""

import json
import random
from collections.abc import Callable

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.collector.claim_maker import make_request, make_span
from tollbook.claim import Claim

MANY = 200_000
"""Attributes of one span, or parts of one value: as many as fit a request."""
DEEP = 5_000
type Hostile = tuple[str, bytes, bool, tuple[Claim, ...]]
"""Name, body, whether it is JSON, and the claims in it that are well-formed."""
type Claims = Callable[[int], list[Claim]]
"""Some new claims."""


def varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*encoded, value))


def field(number: int, payload: bytes) -> bytes:
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def with_span(claims: list[Claim], span: bytes) -> bytes:
    """A request of well-formed spans and of one that is written by hand, among them."""
    whole = [field(2, make_span(claim).SerializeToString()) for claim in claims]
    spans = [*whole[:1], field(2, span), *whole[1:]]
    return field(1, field(2, b"".join(spans)))


def wire_types(claims: Claims, chance: random.Random) -> Hostile:
    """A field of every number with a wire type that is not its own, in a request with well-formed neighbours."""
    number, kind = chance.randint(1, 20), chance.choice((0, 1, 5))
    payload = {0: varint(chance.getrandbits(63)), 1: chance.randbytes(8), 5: chance.randbytes(4)}[kind]
    wrong = varint(number << 3 | kind) + payload
    good = claims(2)
    span = make_span(claims(1)[0]).SerializeToString()
    return "wire_types", with_span(good, span + wrong), False, ()


def not_utf8(claims: Claims, chance: random.Random) -> Hostile:
    """Names and values that are no UTF-8."""
    text = chance.choice((b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"ok\x80"))
    attribute = field(9, field(1, text) + field(2, field(1, text)))
    name = field(5, text)
    span = make_span(claims(1)[0]).SerializeToString()
    return "not_utf8", with_span(claims(2), span + chance.choice((attribute, name))), False, ()


def many_attributes(claims: Claims, chance: random.Random) -> Hostile:
    """A span with more attributes than anybody has, beside whole ones."""
    one = field(9, field(1, b"k") + field(2, b"\x18\x01"))
    good = claims(2)
    count = chance.choice((1_000, 20_000, MANY))
    return "many_attributes", with_span(good, one * count), False, tuple(good) if count == 1_000 else ()


def nested_pairs(claims: Claims, chance: random.Random) -> Hostile:
    """KeyValueLists in one another: deeper than any reader goes."""
    value = b"\x18\x01"
    for _ in range(chance.choice((30, 90, 1_000, DEEP))):
        value = field(6, field(1, field(1, b"k") + field(2, value)))
    span = field(9, field(1, b"gen_ai.input.messages") + field(2, value))
    return "nested_pairs", with_span(claims(1), span), False, ()


def wide_value(claims: Claims, chance: random.Random) -> Hostile:
    """An array or a list of pairs with very many parts in one attribute."""
    part = chance.choice((field(5, field(1, b"") * MANY), field(6, field(1, b"") * MANY)))
    return "wide_value", with_span(claims(1), field(9, field(1, b"x") + field(2, part))), False, ()


def groups(claims: Claims, chance: random.Random) -> Hostile:
    """Groups, which nobody writes any more, begun and never ended."""
    number = chance.randint(1, 30)
    body = varint(number << 3 | 3) * chance.choice((1, 100, 100_000))
    return "groups", body, False, ()


def json_neighbours(claims: Claims, chance: random.Random) -> Hostile:
    """JSON with well-formed spans beside one whose attributes hold what they may not."""
    good = claims(3)
    wrong = make_span(claims(1)[0])
    for attribute in chance.sample(list(wrong.attributes), 3):
        attribute.value.CopyFrom(AnyValue(double_value=1.5))
    wrong.attributes.extend(KeyValue(key=f"k{n}", value=AnyValue(int_value=n)) for n in range(300))
    spans: list[Span] = [*map(make_span, good), wrong]
    chance.shuffle(spans)
    document = MessageToDict(ExportTraceServiceRequest.FromString(make_request(spans)))
    return "json_neighbours", json.dumps(document).encode(), True, tuple(good)


def json_wide(claims: Claims, chance: random.Random) -> Hostile:
    """One attribute whose value has very many parts; names that come twice."""
    values = ",".join(['{"intValue":"1"}'] * MANY)
    one = '{"key":"a","key":"b","value":{"arrayValue":{"values":[' + values + "]}}}"
    body = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[' + one + "]}]}]}]}"
    return "json_wide", body.encode(), True, ()


def json_attributes(claims: Claims, chance: random.Random) -> Hostile:
    """A JSON span with very many attributes."""
    many = ",".join('{"key":"k","value":{"boolValue":true}}' for _ in range(chance.choice((1_000, 60_000))))
    body = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[' + many + "]}]}]}]}"
    return "json_attributes", body.encode(), True, ()


def json_depth(claims: Claims, chance: random.Random) -> Hostile:
    """Values within values within an attribute, of both kinds."""
    opening, closing = chance.choice(
        (('{"arrayValue":{"values":[', "]}}"), ('{"kvlistValue":{"values":[{"key":"k","value":', "}]}}"))
    )
    depth = chance.choice((30, 90, 500, 30_000))
    value = opening * depth + '{"intValue":"1"}' + closing * depth
    body = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"k","value":' + value + "}]}]}]}]}"
    return "json_depth", body.encode(), True, ()


COMMON = (wire_types, not_utf8, nested_pairs, groups, json_neighbours, json_depth)
HEAVY = (many_attributes, wide_value, json_wide, json_attributes)
