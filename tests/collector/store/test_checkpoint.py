"""The log of writes is copied beside the writer, and a fault of the copying costs nothing."""

import logging
import time
from pathlib import Path

import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.store.record_state import NOW, opened
from tollbook_collector.store.record.checkpoint import Checkpointer

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
