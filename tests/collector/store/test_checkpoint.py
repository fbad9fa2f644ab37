"""The log of writes is copied beside the writer, and a fault of the copying costs nothing."""

import logging
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.store.record_state import NOW, opened
from tollbook_collector.store.record import checkpoint, sqlite
from tollbook_collector.store.record.checkpoint import Checkpointer
from tollbook_collector.store.record.connect import connect_reading, open_file

PATIENCE_SECONDS = 30


def pages_of(path: Path) -> bytes:
    return path.read_bytes()


def test_what_was_committed_is_copied_while_the_writer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    with opened(path) as record:
        record.book([make_claim(0)], now_ns=NOW)
        before = pages_of(path)
        checkpointer = Checkpointer(path, turn_seconds=0.01)
        try:
            until = time.monotonic() + PATIENCE_SECONDS
            while pages_of(path) == before:
                assert time.monotonic() < until, "nothing was copied"
                record.book([], now_ns=NOW)
        finally:
            checkpointer.close()
        record.book([make_claim(1)], now_ns=NOW)
        assert record.counts()["claims"] == 2
        assert record.verify() == []


def test_without_it_the_writer_waits_for_no_copy(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    with opened(path) as record:
        before = pages_of(path)
        record.book([make_claim(number) for number in range(50)], now_ns=NOW)
        assert pages_of(path) == before


def test_a_fault_is_said_once_and_ends_with_its_cause(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "record.sqlite"
    path.mkdir()
    with caplog.at_level(logging.WARNING):
        checkpointer = Checkpointer(path, turn_seconds=0.01)
        try:
            until = time.monotonic() + PATIENCE_SECONDS
            while not caplog.records:
                assert time.monotonic() < until
                time.sleep(0.01)
            time.sleep(0.1)
            path.rmdir()
            with opened(path) as record:
                record.book([make_claim(0)], now_ns=NOW)
                before = pages_of(path)
                while pages_of(path) == before:
                    assert time.monotonic() < until, "nothing was copied"
                    time.sleep(0.01)
        finally:
            checkpointer.close()
    assert len(caplog.records) == 1


def frames(path: Path) -> int:
    """How long the log is, in pages."""
    with closing(open_file(path)) as connection:
        return int(connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1])


def test_the_writer_is_asked_for_the_rest_once_nobody_reads_what_was_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "LONG_PAGES", 1)
    monkeypatch.setattr(checkpoint, "FEW_PAGES", 0)
    path = tmp_path / "record.sqlite"
    due = threading.Event()
    with opened(path) as record, closing(connect_reading(path)) as reader:
        record.book([make_claim(0)], now_ns=NOW)
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM claim").fetchone()
        record.book([make_claim(1)], now_ns=NOW)
        checkpointer = Checkpointer(path, due=due, turn_seconds=0.01)
        try:
            assert not due.wait(0.2)
            reader.execute("COMMIT")
            assert due.wait(PATIENCE_SECONDS)
        finally:
            checkpointer.close()


def test_the_log_begins_anew_when_the_writer_has_copied_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    due = threading.Event()
    with opened(path) as record:
        record.copied_beside(due)
        record.book([make_claim(number) for number in range(300)], now_ns=NOW)
        due.set()
        record.book([make_claim(300)], now_ns=NOW)
        assert not due.is_set()
        anew = frames(path)
        record.book([make_claim(number) for number in range(301, 600)], now_ns=NOW)
        assert frames(path) > anew + 10
        assert record.counts()["claims"] == 600
        assert record.verify() == []
    assert anew < 30


def test_where_the_rest_cannot_be_copied_claims_are_booked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    due = threading.Event()
    with opened(tmp_path / "record.sqlite") as record, caplog.at_level(logging.INFO):
        record.copied_beside(due)
        with monkeypatch.context() as patched:
            patched.setattr(sqlite, "COPY", "SELECT nothing")
            due.set()
            record.book([make_claim(0)], now_ns=NOW)
        assert record.counts()["claims"] == 1
    assert "the rest of the log of writes was not copied" in caplog.text
