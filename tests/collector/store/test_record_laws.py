"""The laws of the record: what is stored depends on the set of claims, whatever the order, the batches, the repeats."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from tests.collector.store.record_state import BOOK, KEYS, NOW, State, opened, state
from tests.support.claims import claims_of, seen
from tests.support.law import law
from tests.support.memory_store import MemoryStore
from tests.support.strange_claims import strange_claims
from tollbook.booked import book_row
from tollbook.claim import Claim, merge
from tollbook.prices.price import price
from tollbook.ticket import TicketRule
from tollbook_collector.store.record.sqlite import Record

several = st.lists(seen(), min_size=1, max_size=9).map(claims_of)
shuffles = st.randoms(use_true_random=False)


def booked(batches: Iterable[list[Claim]], reopen: Random | None = None) -> State:
    """The state after these batches, the record closed and opened again between some of them where asked for."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "record.sqlite"
        with ExitStack() as stack:  # a draw from `reopen` may end the example here

            def again() -> Record:
                stack.close()
                return stack.enter_context(opened(path))

            record = again()
            for batch in batches:
                record.book(batch, now_ns=NOW)
                if reopen is not None and reopen.random() < 0.3:
                    record = again()
            assert record.verify() == []
        return state(path)


def cut(claims: list[Claim], shuffle: Random) -> list[list[Claim]]:
    """The claims in any order, some of them twice, cut anywhere."""
    more = claims + shuffle.sample(claims, shuffle.randint(0, len(claims)))
    shuffle.shuffle(more)
    batches: list[list[Claim]] = [[]]
    for one in more:
        if shuffle.random() < 0.4:
            batches.append([])
        batches[-1].append(one)
    return batches


@law
@given(several, shuffles)
def test_order_repeats_and_batches_do_not_matter(claims: list[Claim], shuffle: Random) -> None:
    at_once = booked([claims])
    other = booked(cut(claims, shuffle), reopen=shuffle)
    assert other.calls == at_once.calls
    assert other.claims == at_once.claims
    assert other.tickets == at_once.tickets
    # A claim that a corrected reader replaced may have united two clusters for good, or not yet: only calls must agree.
    if len({claim.reader_epoch for claim in claims}) == 1:
        assert other == at_once


@law
@given(several)
def test_the_rows_are_those_of_the_model(claims: list[Claim]) -> None:
    """The storage model in dictionaries, concluded the general way and priced by the same book."""
    model = MemoryStore(TicketRule(project_keys=KEYS))
    model.book(claims)
    found = booked([claims])
    assert found.calls == sorted(book_row(call, price(call, BOOK)) for call in model.all_calls())
    assert sorted(body for _, body in found.claims) == sorted(model.state().values())
    assert len(found.claims) == len(merge(claims))
    assert found.totals["claims"] == len(found.claims)
    assert found.totals["calls"] == len(found.calls)
    assert found.totals["aliases"] == len(found.leads)


@law
@given(st.lists(strange_claims(), max_size=4))
def test_texts_nobody_expects_are_kept_unharmed(claims: list[Claim]) -> None:
    assert booked([claims]).calls == booked([[claim] for claim in reversed(claims)]).calls
