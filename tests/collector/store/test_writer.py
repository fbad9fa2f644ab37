"""The writer: answers after the commit, groups what waits, refuses what is too much, fails only what is bad."""

import threading
from collections.abc import Generator, Sequence
from concurrent.futures import Future

import pytest

from tests.collector.claim_maker import make_claim
from tollbook.claim import Claim
from tollbook.problem import Problem
from tollbook_collector.booking import Booking
from tollbook_collector.prepared import Prepared
from tollbook_collector.store.record import writer as module
from tollbook_collector.store.record.errors import DiskFull, Overloaded
from tollbook_collector.store.record.writer import Writer

SECONDS = 10
PROBLEM = Problem(reason="span_malformed", where="otlp")


class Book:
    """Stands in for the record: keeps what it was given, waits at a gate, fails as it is told."""

    def __init__(self) -> None:
        self.batches: list[tuple[list[Claim], list[Problem], int]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.bad: Claim | None = None
        self.fault: Exception | None = None

    def book(self, claims: Sequence[Claim | Prepared], problems: Sequence[Problem] = (), *, now_ns: int) -> Booking:
        self.entered.set()
        assert self.gate.wait(SECONDS)
        if self.fault is not None:
            raise self.fault
        if self.bad in claims:
            raise ZeroDivisionError("a fault of our own")
        self.batches.append(([one for one in claims if isinstance(one, Claim)], list(problems), now_ns))
        return Booking(len(claims), 0, 0, len(problems))


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def writer(book: Book) -> Generator[Writer]:
    writer = Writer(book, clock=lambda: 42)
    yield writer
    book.gate.set()
    writer.close()


def held(book: Book, writer: Writer) -> "Future[Booking]":
    """A submission that the record is busy with, so that others wait."""
    book.gate.clear()
    book.entered.clear()
    first = writer.submit([make_claim(0)])
    assert book.entered.wait(SECONDS)
    return first


def test_the_answer_comes_after_the_commit(book: Book, writer: Writer) -> None:
    done = held(book, writer)
    assert not done.done()
    book.gate.set()
    assert done.result(SECONDS) == Booking(1, 0, 0, 0)
    assert book.batches == [([make_claim(0)], [], 42)]


def test_what_waits_is_one_transaction_in_the_order_it_came(book: Book, writer: Writer) -> None:
    held(book, writer)
    done = [writer.submit([make_claim(number)], [PROBLEM] * (number % 2)) for number in range(1, 6)]
    book.gate.set()
    assert {one.result(SECONDS) for one in done} == {Booking(5, 0, 0, 3)}
    assert book.batches[1] == ([make_claim(number) for number in range(1, 6)], [PROBLEM] * 3, 42)


def test_a_transaction_is_bounded_and_a_large_submission_stays_whole(
    book: Book, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GROUP", 3)
    held(book, writer)
    done = [writer.submit([make_claim(number)] * size) for number, size in ((1, 2), (2, 2), (3, 7), (4, 1))]
    book.gate.set()
    assert [one.result(SECONDS).new_calls for one in done] == [2, 2, 7, 1]


def test_too_much_is_refused_until_there_is_room(book: Book, writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 5)
    held(book, writer)
    waiting = [writer.submit([make_claim(1)] * 3, [PROBLEM])]
    with pytest.raises(Overloaded, match="4 claims wait"):
        writer.submit([make_claim(2)] * 2)
    waiting.append(writer.submit([make_claim(2)]))
    book.gate.set()
    for one in waiting:
        one.result(SECONDS)
    assert writer.submit([make_claim(3)] * 9).result(SECONDS).new_calls == 9, "alone, any size is taken"


def test_a_full_disk_fails_every_waiting_submission_and_the_next_may_succeed(book: Book, writer: Writer) -> None:
    book.fault = DiskFull("make room")
    with pytest.raises(DiskFull):
        writer.submit([make_claim(1)]).result(SECONDS)
    book.fault = None
    assert writer.submit([make_claim(1)]).result(SECONDS).new_calls == 1


def test_a_batch_that_hits_a_fault_of_ours_fails_alone(book: Book, writer: Writer) -> None:
    book.bad = make_claim(2)
    held(book, writer)
    done = [writer.submit([make_claim(number)]) for number in (1, 2, 3)]
    book.gate.set()
    assert done[0].result(SECONDS).new_calls == done[2].result(SECONDS).new_calls == 1
    with pytest.raises(ZeroDivisionError):
        done[1].result(SECONDS)
    assert writer.submit([make_claim(4)]).result(SECONDS).new_calls == 1, "the thread goes on"


def test_what_was_given_up_before_its_turn_is_not_booked(book: Book, writer: Writer) -> None:
    held(book, writer)
    given_up = writer.submit([make_claim(1)])
    assert given_up.cancel()
    book.gate.set()
    writer.submit([make_claim(2)]).result(SECONDS)
    assert [batch for batch, _, _ in book.batches] == [[make_claim(0)], [make_claim(2)]]


def test_closing_commits_what_waits_and_refuses_what_comes(book: Book) -> None:
    writer = Writer(book, clock=lambda: 42)
    held(book, writer)
    last = writer.submit([make_claim(1)])
    closing = threading.Thread(target=writer.close)
    closing.start()
    book.gate.set()
    closing.join(SECONDS)
    assert last.result(0) == Booking(1, 0, 0, 0)
    with pytest.raises(Overloaded, match="stopping"):
        writer.submit([make_claim(2)])
