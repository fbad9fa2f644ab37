"""The sender: a claim leaves the outbox only after the collector has it, and comes there however long that takes."""

import random
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.support.domain import NOON, SECOND, request, response
from tests.support.small_store import eventually, prepared, store_at
from tollbook.spans import ClaimSpan
from tollbook.usage import Usage
from tollbook_agent.export import (
    BACKOFF_FIRST_SECONDS,
    BACKOFF_MOST_SECONDS,
    BATCH_SPANS,
    REJECTED,
    Backoff,
    CannotSend,
    Sender,
    Sent,
)
from tollbook_agent.store.connect import connect_reading
from tollbook_agent.store.reading import discards
from tollbook_agent.store.store import Store

Answer = Sent | Exception | Callable[[], Sent]
SMALL = Usage(input=1, output=1)


class Transport:
    """Answers as it was told, then always yes."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.sent: list[list[ClaimSpan]] = []
        self.closed = False

    def send(self, spans: Sequence[ClaimSpan]) -> Sent:
        self.sent.append(list(spans))
        answer = self.answers.pop(0) if self.answers else Sent()
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Sent) else answer()

    def close(self) -> None:
        self.closed = True

    def ids(self) -> list[list[bytes]]:
        return [[span.span_id for span in batch] for batch in self.sent]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = store_at(tmp_path / "laptop.db")
    yield made
    made.close()


def book(store: Store, *numbers: int) -> None:
    store.commit([prepared(number) for number in numbers], now_ns=NOON)


def sender(store: Store, transport: Transport, pick: Callable[[float, float], float] = max) -> Sender:
    return Sender(store, transport, clock=lambda: NOON, backoff=Backoff(pick))


def test_a_claim_is_acknowledged_only_after_it_was_sent(store: Store) -> None:
    book(store, 1, 2)
    waiting: list[int] = []

    def look() -> Sent:
        waiting.append(store.backlog())
        return Sent()

    transport = Transport(look)
    assert sender(store, transport).send_all() is None
    assert waiting == [2]
    assert store.backlog() == 0
    assert len(transport.sent) == 1


def test_a_failure_keeps_everything_and_the_same_spans_go_again(store: Store) -> None:
    book(store, 1, 2)
    transport = Transport(CannotSend("unavailable"), CannotSend("deadline_exceeded"))
    one = sender(store, transport)
    assert one.send_all() == BACKOFF_FIRST_SECONDS
    assert (store.backlog(), one.last_error) == (2, "unavailable")
    assert one.send_all() == 2 * BACKOFF_FIRST_SECONDS
    assert one.last_error == "deadline_exceeded"
    assert one.send_all() is None
    assert (store.backlog(), one.last_error) == (0, None)
    first, second, third = transport.ids()
    assert first == second == third


def test_a_claim_that_changes_in_flight_stays_and_goes_again_as_another_span(store: Store) -> None:
    store.commit([prepared(1, usage=SMALL)], now_ns=NOON)

    def grow() -> Sent:
        book(store, 1)
        return Sent()

    transport = Transport(grow)
    one = sender(store, transport)
    assert one.send_all() is None
    (before,), (after,) = transport.ids()
    assert before != after
    assert store.backlog() == 0


def test_an_unsent_older_version_is_replaced(store: Store) -> None:
    store.commit([prepared(1, usage=SMALL)], now_ns=NOON)
    book(store, 1)
    (waiting,) = store.unsent(10)
    assert waiting.claim.totals is not None
    assert waiting.claim.totals.input == 101


def test_a_claim_that_says_nothing_new_is_not_sent_again(store: Store) -> None:
    book(store, 1)
    transport = Transport()
    one = sender(store, transport)
    one.send_all()
    book(store, 1)
    one.send_all()
    assert len(transport.sent) == 1


def test_what_waits_survives_a_restart_and_keeps_its_span_ids(tmp_path: Path) -> None:
    lost, found = Transport(CannotSend("unavailable")), Transport()
    for transport in (lost, found):
        store = store_at(tmp_path / "laptop.db")
        book(store, 1, 2)
        sender(store, transport).send_all()
        store.close()
    assert lost.ids() == found.ids()


def test_a_claim_moved_to_another_cluster_still_waits(store: Store) -> None:
    book(store, 1)
    store.commit([prepared(2, request("req_2"))], now_ns=NOON)
    transport = Transport()
    store.commit([prepared(3, response("msg_1"), request("req_2"))], now_ns=NOON)
    sender(store, transport).send_all()
    (batch,) = transport.sent
    assert {str(span.attributes["tollbook.claim"]).split()[-1] for span in batch} == {"msg_1", "req_2"}


def test_partial_success_is_counted_once_and_never_sent_again(store: Store, tmp_path: Path) -> None:
    book(store, 1, 2, 3)
    transport = Transport(Sent(rejected=2, message="span_without_id 2 " + "x" * 500))
    assert sender(store, transport).send_all() is None
    assert store.backlog() == 0
    connection = connect_reading(tmp_path / "laptop.db")
    assert connection is not None
    ((reason, count, _, detail, _),) = discards(connection)
    connection.close()
    assert (reason, count, len(detail)) == (REJECTED, 2, 200)


def test_a_batch_that_is_too_large_goes_in_parts(store: Store) -> None:
    book(store, *range(8))
    too_large = CannotSend("resource_exhausted", too_large=True)
    transport = Transport(too_large, too_large)
    assert sender(store, transport).send_all() is None
    assert [len(batch) for batch in transport.sent] == [8, 4, 2, 2, 2, 2]
    assert store.backlog() == 0


def test_a_large_outbox_goes_in_batches_oldest_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert BATCH_SPANS >= 100
    monkeypatch.setattr("tollbook_agent.export.BATCH_SPANS", 3)
    book(store, *range(8))
    transport = Transport()
    sender(store, transport).send_all()
    assert [len(batch) for batch in transport.sent] == [3, 3, 2]
    times = [span.started_at for batch in transport.sent for span in batch]
    assert times == [NOON + number * SECOND for number in range(8)]


def test_back_off_doubles_to_a_limit_has_no_last_attempt_and_starts_over() -> None:
    backoff = Backoff(max)
    waits = [backoff.failed(None) for _ in range(1000)]
    assert waits[:4] == [BACKOFF_FIRST_SECONDS * 2**step for step in range(4)]
    assert waits == sorted(waits)
    assert waits[-1] == BACKOFF_MOST_SECONDS
    backoff.succeeded()
    assert backoff.failed(None) == BACKOFF_FIRST_SECONDS


def test_back_off_has_full_jitter() -> None:
    backoff = Backoff(random.Random(7).uniform)
    waits = [backoff.failed(None) for _ in range(200)][20:]
    assert min(waits) < BACKOFF_MOST_SECONDS / 10
    assert max(waits) > BACKOFF_MOST_SECONDS * 9 / 10
    assert all(BACKOFF_FIRST_SECONDS / 2 <= wait <= BACKOFF_MOST_SECONDS for wait in waits)


def test_the_collector_may_ask_for_more_patience_but_not_for_less() -> None:
    assert Backoff(max).failed(7.0) == 7.0
    assert Backoff(max).failed(0.0) == BACKOFF_FIRST_SECONDS


def test_the_thread_sends_what_comes_and_stops(store: Store) -> None:
    transport = Transport()
    one = sender(store, transport)
    one.start()
    book(store, 1)
    one.wake()
    eventually(lambda: store.backlog() == 0)
    one.stop()
    assert transport.closed
    assert "sender" not in [thread.name for thread in threading.enumerate()]


def test_a_full_disk_or_any_other_fault_does_not_end_the_thread(store: Store) -> None:
    book(store, 1)
    transport = Transport(sqlite3.OperationalError("database or disk is full"), RuntimeError("what is this"))
    one = sender(store, transport, pick=lambda _low, _high: 0.0)
    one.start()
    eventually(lambda: store.backlog() == 0)
    one.stop()
    assert len(transport.sent) == 3
    assert one.last_error is None


def test_stopping_sends_what_waits_where_that_is_possible(store: Store) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow() -> Sent:
        started.set()
        assert go_on.wait(20)
        return Sent()

    transport = Transport(slow)
    one = sender(store, transport)
    book(store, 1)
    one.start()
    assert started.wait(20)
    book(store, 2)
    go_on.set()
    one.stop(drain_seconds=20)
    assert store.backlog() == 0


def test_stopping_while_the_collector_is_away_does_not_wait_for_it(store: Store) -> None:
    book(store, 1)
    transport = Transport(*[CannotSend("unavailable", 3_600.0)] * 3)
    one = sender(store, transport)
    one.start()
    eventually(lambda: one.last_error)
    one.stop(drain_seconds=3_600)
    assert store.backlog() == 1
    assert "sender" not in [thread.name for thread in threading.enumerate()]


def test_stopping_what_never_started_is_nothing(store: Store) -> None:
    transport = Transport()
    sender(store, transport).stop(drain_seconds=1)
    assert transport.closed
