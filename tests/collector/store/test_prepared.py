"""Claims that another process made ready leave the same record as the claims themselves, whatever meets whom."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from tests.collector.claim_maker import make_claim
from tests.collector.store.record_state import BOOK, KEYS, NOW, State, opened, state
from tests.support.claims import claims_of, seen
from tests.support.law import law
from tests.support.strange_claims import strange_claims
from tollbook.claim import Claim
from tollbook.problem import Problem
from tollbook.ticket import TicketRule
from tollbook_collector.auth.hear import made_ready
from tollbook_collector.auth.hearing_wire import pack, unpack
from tollbook_collector.booking import Booking
from tollbook_collector.prepared import Prepared, prepare
from tollbook_collector.projection import Projection
from tollbook_collector.receivers.routing import Taken
from tollbook_collector.shapes import Shapes

several = st.lists(seen(), min_size=1, max_size=12).map(claims_of)
shuffles = st.randoms(use_true_random=False)


def travelled(claims: Sequence[Claim], projection: Projection) -> tuple[Prepared, ...]:
    """The claims as they come from another process."""
    came = unpack(pack(made_ready(Taken(claims=tuple(claims), problems=()), projection)))
    assert isinstance(came, Taken)
    assert came.claims == ()
    return came.ready


def booked(batches: Sequence[Sequence[Claim | Prepared]]) -> tuple[list[Booking], State]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "record.sqlite"
        with opened(path) as record:
            done = [record.book(batch, now_ns=NOW) for batch in batches]
            assert record.verify() == []
        return done, state(path)


def expect_the_same(claims: list[Claim], shuffle: Random) -> None:
    """Some of each batch travelled, the others are claims."""
    projection = Projection(TicketRule(project_keys=KEYS), BOOK)
    ways: list[tuple[list[Claim], list[Claim | Prepared]]] = []
    for claim in [*claims, *shuffle.sample(claims, len(claims) // 2)]:
        if not ways or shuffle.random() < 0.3:
            ways.append(([], []))
        ways[-1][0].append(claim)
        ways[-1][1].append(claim if shuffle.random() < 0.2 else travelled([claim], projection)[0])
    assert booked([mixed for _, mixed in ways]) == booked([plain for plain, _ in ways])


@law
@given(several, shuffles)
def test_prepared_claims_leave_the_same_record(claims: list[Claim], shuffle: Random) -> None:
    expect_the_same(claims, shuffle)


@law
@given(st.lists(strange_claims(), min_size=1, max_size=4), shuffles)
def test_strange_claims_leave_the_same_record_when_prepared(claims: list[Claim], shuffle: Random) -> None:
    expect_the_same(claims, shuffle)


def test_a_prepared_claim_is_the_claim() -> None:
    claims = [make_claim(number) for number in range(5)]
    projection = Projection(TicketRule(project_keys=KEYS), BOOK)
    ready = travelled(claims, projection)
    assert [one.said(Shapes()) for one in ready] == claims
    assert [one.claim for one in ready] == [None] * 5
    assert [one[:6] for one in ready] == [prepare(claim, Shapes())[:6] for claim in claims]
    assert [(one.started_at, one.ended_at) for one in ready] == [(each.started_at, each.ended_at) for each in claims]
    assert [one.row for one in ready] == [projection.row_of((claim,)) for claim in claims]


def test_a_row_that_another_rule_made_is_not_taken() -> None:
    claims = [make_claim(number) for number in range(3)]
    other = Projection(TicketRule(project_keys=frozenset({"OPS"})), BOOK)
    here = Projection(TicketRule(project_keys=KEYS), BOOK)
    own = [here.row_of((claim,)) for claim in claims]
    assert [one.alone(here) for one in travelled(claims, other)] == own
    assert [one.row for one in travelled(claims, other)] != own


def test_what_cannot_travel_goes_by_its_name() -> None:
    class OfHere(Exception):
        pass

    came = unpack(pack(OfHere("secret")))
    assert (type(came), str(came)) == (RuntimeError, "OfHere")
    problem = Problem(reason="not_otlp", where="otlp", detail="no", remedy="send it")
    assert unpack(pack(problem)) == problem
