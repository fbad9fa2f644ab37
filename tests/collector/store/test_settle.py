"""The short ways of booking a batch leave the same record as the plan does, whatever the batch."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.collector.claim_maker import make_claim
from tests.collector.store.record_state import KEYS, NOW, State, opened, state
from tests.support.claims import claims_of, seen
from tests.support.law import law
from tests.support.strange_claims import strange_claims
from tollbook.booked import Booked
from tollbook.claim import Claim
from tollbook.prices import default_book
from tollbook.ticket import TicketRule
from tollbook.vocabulary import Source
from tollbook_collector.booking import Booking
from tollbook_collector.projection import Projection

several = st.lists(seen(), min_size=1, max_size=12).map(claims_of)
shuffles = st.randoms(use_true_random=False)


def booked(batches: Sequence[list[Claim]]) -> tuple[list[Booking], State]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "record.sqlite"
        with opened(path) as record:
            done = [record.book(batch, now_ns=NOW) for batch in batches]
            assert record.verify() == []
        return done, state(path)


def booked_by_the_plan(batches: Sequence[list[Claim]]) -> tuple[list[Booking], State]:
    """No short way knows any row, so that every claim is planned, concluded and priced in general."""

    def unknown(projection: Projection, claims: Sequence[Claim]) -> Booked | None:
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Projection, "row_of", unknown)
        return booked(batches)


def cut(claims: list[Claim], shuffle: Random) -> list[list[Claim]]:
    batches: list[list[Claim]] = [[]]
    for one in claims:
        if shuffle.random() < 0.3:
            batches.append([])
        batches[-1].append(one)
    return batches


@law
@given(several, shuffles)
def test_batches_leave_the_same_record_by_both_ways(claims: list[Claim], shuffle: Random) -> None:
    batches = cut(claims, shuffle)
    assert booked(batches) == booked_by_the_plan(batches)


@law
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(Source)), min_size=1, max_size=16), shuffles)
def test_observers_of_one_call_agree_by_both_ways(made: list[tuple[int, Source]], shuffle: Random) -> None:
    """Several observers of few calls, in one batch or in several: what nearly every batch is made of."""
    batches = cut([make_claim(number, source) for number, source in made], shuffle)
    assert booked(batches) == booked_by_the_plan(batches)


@law
@given(st.lists(strange_claims(), max_size=4))
def test_strange_claims_leave_the_same_record_by_both_ways(claims: list[Claim]) -> None:
    assert booked([claims, claims]) == booked_by_the_plan([claims, claims])


def test_what_nearly_every_claim_is_takes_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone, beside another observer in one batch, after it in the next: none of it is planned."""
    planned: list[Claim] = []
    monkeypatch.setattr("tollbook_collector.booking.plan", lambda arriving, *_: planned.extend(arriving) or [])
    first = [make_claim(number) for number in range(6)]
    both = [make_claim(number, source) for number in range(6, 9) for source in (Source.PROXY, Source.LOG)]
    later = [make_claim(number, Source.LOG) for number in range(6)] + [make_claim(7, Source.OTEL)]
    done, found = booked([first + both, later])
    assert planned == []
    assert [(one.new_calls, one.changed_calls) for one in done] == [(9, 0), (0, 7)]
    assert found.totals.items() >= {"calls": 9, "claims": 19, "aliases": 18}.items()


def test_the_price_is_that_of_the_day_the_response_ended() -> None:
    """One projection books calls of two days, in any order, at each day's price."""
    projection = Projection(TicketRule(project_keys=KEYS), default_book())
    rows = [projection.row_of([make_claim(number)]) for number in (0, 5_000, 3, 5_003)]
    days = [row.day for row in rows if row is not None]
    assert days == [20727, 20730, 20727, 20730]
