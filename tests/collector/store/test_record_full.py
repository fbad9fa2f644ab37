"""A full disk, a busy file: nothing committed is lost, nothing is booked by half, and the same batch can come again."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.store.record_state import NOW, opened, state
from tollbook.vocabulary import Source
from tollbook_collector.store.record import connect
from tollbook_collector.store.record.connect import transaction
from tollbook_collector.store.record.errors import Busy, DiskFull, Retryable
from tollbook_collector.store.record.sqlite import Record


def limit(record: Record, pages: int) -> None:
    """As if the disk had room for so many pages more. 0: for as many as there may ever be."""
    connection = record._connection  # pyright: ignore[reportPrivateUsage]
    (used,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {used + pages if pages else 1_000_000}")


def test_a_full_disk_loses_nothing_and_the_batch_can_be_sent_again(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    first = [make_claim(number) for number in range(50)]
    second = [make_claim(number, Source.LOG) for number in range(300)]
    with opened(path) as record:
        record.book(first, now_ns=NOW)
        before = state(path)
        limit(record, 5)
        for _ in range(3):
            with pytest.raises(DiskFull, match="make room"):
                record.book(second, now_ns=NOW)
        assert state(path) == before
        assert record.verify() == []
        limit(record, 0)
        assert record.book(second, now_ns=NOW).new_calls == 250
        assert record.verify() == []
    undisturbed = tmp_path / "undisturbed.sqlite"
    with opened(undisturbed) as record:
        record.book(first, now_ns=NOW)
        record.book(second, now_ns=NOW)
    assert state(path) == state(undisturbed)


def test_what_was_rolled_back_is_new_when_it_comes_again(tmp_path: Path) -> None:
    """What is remembered between batches (row numbers, the filter of aliases) must not outlive a roll-back."""
    with opened(tmp_path / "record.sqlite") as record:
        limit(record, 3)
        with pytest.raises(DiskFull):
            record.book([make_claim(number) for number in range(400)], now_ns=NOW)
        limit(record, 0)
        assert record.book([make_claim(0)], now_ns=NOW).new_calls == 1
        assert record.book([make_claim(0, Source.LOG)], now_ns=NOW).changed_calls == 1
        assert record.verify() == []


def test_a_file_that_another_process_holds_is_tried_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "BUSY_TIMEOUT_MS", 10)
    path = tmp_path / "record.sqlite"
    with opened(path) as record, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy):
            record.book([make_claim(1)], now_ns=NOW)
        assert list(record.rows(None, None)) == [], "readers do not wait"
        other.execute("ROLLBACK")
        assert record.book([make_claim(1)], now_ns=NOW).new_calls == 1


def test_a_failing_disk_is_retryable_and_another_fault_is_not() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        failed = sqlite3.OperationalError("disk I/O error")
        failed.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
        with pytest.raises(Retryable, match="disk failed"), transaction(connection):
            raise failed
        with pytest.raises(sqlite3.OperationalError, match="no such table"), transaction(connection):
            connection.execute("SELECT * FROM nowhere")
        assert not connection.in_transaction
