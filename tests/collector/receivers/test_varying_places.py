"""What varies from call to call is checked in a span that is like others exactly as in the first of its kind."""

from dataclasses import replace

import pytest

from tests.collector.claim_maker import make_claim, make_span
from tollbook import attributes as names
from tollbook.usage import Totals
from tollbook_collector.receivers import spans
from tollbook_collector.receivers.alike import Alike
from tollbook_collector.receivers.envelope import Part
from tollbook_collector.receivers.spans import Read, read_spans

INPUT, OUTPUT, REASONING = (names.USAGE_PREFIX + name for name in ("input", "output", "reasoning"))
CLAIM = replace(make_claim(5), totals=Totals(3, 0, 0, 0, 0, 0, 0, 50, 20, 0))


def span_with(key: str, value: str) -> bytes:
    """The span of the claim with this attribute's value, encoded in hexadecimal with its tag."""
    bare = make_span(CLAIM)
    attributes = [each.SerializeToString() for each in bare.attributes]
    (place,) = [place for place, each in enumerate(bare.attributes) if each.key == key]
    attributes[place] = attributes[place][: 2 + len(key)] + bytes.fromhex(value)
    del bare.attributes[:]
    return bare.SerializeToString() + b"".join([b"\x4a" + _length(each) + each for each in attributes])


def _length(raw: bytes) -> bytes:
    size = len(raw)
    return bytes((size,)) if size < 0x80 else bytes((size & 0x7F | 0x80, size >> 7))


def read(*raws: bytes) -> Read:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spans, "_ALIKE", Alike())
        return read_spans([Part(resource=b"", spans=raws)])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (INPUT, "120b 18ffffffffffffffffff01"),  # -1
        (OUTPUT, "1207 1881d0dbc3f402"),  # 100,000,000,001
        (OUTPUT, "1203 0a01 35"),  # a text
        (OUTPUT, "1205 1805 0a01 35"),  # a number, and then a text
        (OUTPUT, "1203 0a01 ff"),  # not UTF-8
        (REASONING, "1202 1833"),  # 51 of an output of 50
        (names.ORDER, "120b 1880808080808080808001"),  # the least number there is
        (names.ORDER, "1203 0a01 35"),
        (names.CLAIM, "1202 1805"),
        (names.RESPONSE_ID, "1202 1805"),
        (names.RESPONSE_ID, "1202 0a00"),
        (names.INPUT_TOKENS, "1203 0a01 ff"),  # nobody reads it, and yet the span is none
    ],
)
def test_a_fault_is_found_in_a_span_like_one_before(key: str, value: str) -> None:
    good, bad = make_span(CLAIM).SerializeToString(), span_with(key, value)
    found = read(good, bad)
    assert found.claims == (CLAIM,)
    assert len(found.problems) == 1
    assert found.problems == read(bad).problems


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (OUTPUT, "1207 1880d0dbc3f402"),  # 100,000,000,000
        (OUTPUT, "1203 18b500"),  # 53 in two bytes
        (REASONING, "1202 1832"),  # 50 of an output of 50
        (REASONING, "1202 1800"),
        (names.INPUT_TOKENS, "1203 0a01 35"),
        (names.ORDER, "1202 1807"),
    ],
)
def test_what_is_no_fault_is_none_in_a_span_like_one_before(key: str, value: str) -> None:
    good, other = make_span(CLAIM).SerializeToString(), span_with(key, value)
    found = read(good, other)
    assert found.problems == ()
    assert found.claims == (CLAIM, *read(other).claims)
