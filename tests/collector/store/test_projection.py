"""The short way from claims to a row gives what the general way gives, and shapes are lossless."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.collector.claim_maker import make_claim
from tests.collector.store.record_state import BOOK, KEYS
from tests.support.claims import claims
from tests.support.domain import DAY, claim, response
from tests.support.law import law
from tests.support.strange_claims import strange_claims
from tollbook.booked import book_row
from tollbook.canonical import parse, write
from tollbook.claim import Claim, merge
from tollbook.conclude import conclude
from tollbook.group import group
from tollbook.prices.price import price
from tollbook.ticket import TicketRule
from tollbook.vocabulary import Source
from tollbook_collector import projection
from tollbook_collector.projection import Projection
from tollbook_collector.shapes import Shapes

RULE = TicketRule(project_keys=KEYS)
one_for_all = Projection(RULE, BOOK)
"""Remembers over all examples, so that a context learnt of one call is used for another."""


def general(arrived: list[Claim]) -> list[object]:
    calls = [conclude(members, RULE) for members in group(merge(arrived).values()).groups]
    return [book_row(call, price(call, BOOK)) for call in calls]


@law
@given(claims(), st.integers(-3, 3))
def test_a_row_is_the_same_by_both_ways(arrived: list[Claim], days: int) -> None:
    moved = [
        replace(one, started_at=one.started_at + days * DAY, ended_at=one.ended_at + days * DAY) for one in arrived
    ]
    for some in (arrived, moved):
        stored = [one_for_all.shapes.parse(write(one)) for one in merge(some).values()]
        assert one_for_all.rows_of(list(merge(some).values())) == general(some)
        assert one_for_all.rows_of(stored) == general(some)


def test_what_was_learnt_of_one_call_prices_another() -> None:
    projected = Projection(RULE, BOOK)
    pairs = [[make_claim(number), make_claim(number, Source.LOG)] for number in range(0, 30, 6)]
    assert [projected.rows_of(pair) for pair in pairs] == [general(pair) for pair in pairs]
    again = [[projected.shapes.parse(write(one)) for one in pair] for pair in reversed(pairs)]
    assert [projected.rows_of(pair) for pair in again] == [general(pair) for pair in reversed(pairs)]


@law
@given(st.lists(strange_claims(), min_size=1, max_size=5))
def test_shapes_write_and_parse_like_the_canonical_form(some: list[Claim]) -> None:
    known = Shapes()
    for one in [*some, *some]:
        raw = write(one)
        assert known.write(one) == raw
        back = known.parse(raw)
        assert back == parse(raw) == one
        assert dict(back.fields) == dict(one.fields)
        assert write(back) == raw
        assert known.write(back) == raw


def test_equal_fields_have_one_shape_whoever_brings_them() -> None:
    known = Shapes()
    arrived, other = make_claim(0), replace(make_claim(1), fields=make_claim(0).fields)
    turned = replace(arrived, fields=dict(reversed(arrived.fields.items())))
    shape = known.of(arrived)
    assert shape is not None
    assert known.of(other) is known.of(turned) is known.of(known.parse(write(arrived))) is shape
    assert known.of(make_claim(50)) is not shape


def test_fields_of_different_moments_have_no_shape() -> None:
    one = claim(Source.LOG, response("msg_1"), session_id="s")
    name, register = next(iter(one.fields.items()))
    mixed = replace(one, fields={**one.fields, name: register._replace(order=register.order - 1)})
    known = Shapes()
    assert known.of(mixed) is None
    assert known.parse(known.write(mixed)) == mixed


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "MAX_SHAPES", 5)
    monkeypatch.setattr(projection, "MAX_CONTEXTS", 5)
    projected = Projection(RULE, BOOK)
    for number in range(0, 400, 10):
        projected.forget()
        one = make_claim(number)
        assert projected.rows_of([one]) == general([one])
        assert projected.shapes.parse(write(one)) == one
        assert projected.remembered <= 2 * 12, "two generations"
