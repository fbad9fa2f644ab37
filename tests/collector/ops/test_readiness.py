"""Disk full, store busy: nothing acknowledged is lost, readiness says why, and it is over by itself."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.store.record_state import opened
from tests.support.small_store import eventually
from tollbook_collector.ops.meter import Meter, MeteredBook
from tollbook_collector.ops.readiness import LEAST_FREE, Readiness
from tollbook_collector.store.record import connect, probe
from tollbook_collector.store.record.errors import Busy, DiskFull, Retryable
from tollbook_collector.store.record.sqlite import Record
from tollbook_collector.store.record.writer import Writer

PLENTY = (2**40, 2**39)
PATIENCE_SECONDS = 20


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    monkeypatch.setattr(connect, "BUSY_TIMEOUT_MS", 10)
    monkeypatch.setattr(probe, "BUSY_TIMEOUT_MS", 10)
    with opened(tmp_path / "record.sqlite") as made:
        yield made


@pytest.fixture
def readiness(tmp_path: Path) -> Iterator[Readiness]:
    made = Readiness(tmp_path / "record.sqlite", free=lambda _: PLENTY, probe_seconds=0.02)
    yield made
    made.close()


def trouble(readiness: Readiness) -> str | None:
    problem = readiness.problem()
    return None if problem is None else problem.where


def test_another_process_holds_the_store_and_lets_go(record: Record, readiness: Readiness) -> None:
    writer = Writer(MeteredBook(record, Meter(), readiness))
    assert writer.submit([make_claim(0)]).result(PATIENCE_SECONDS).new_calls == 1
    with closing(sqlite3.connect(record.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy):
            writer.submit([make_claim(1)]).result(PATIENCE_SECONDS)
        problem = readiness.problem()
        assert problem is not None
        assert (problem.reason, problem.where, problem.permanent) == ("not_ready", "store_busy", False)
        assert "lsof" in problem.remedy
        other.execute("ROLLBACK")
    eventually(lambda: readiness.problem() is None)  # though nobody sends
    assert writer.submit([make_claim(1)]).result(PATIENCE_SECONDS).new_calls == 1
    writer.close()
    assert record.verify() == []
    assert record.counts()["calls"] == 2


def test_a_full_disk_is_not_ready_until_there_is_room(record: Record, tmp_path: Path) -> None:
    room = threading.Event()

    def tried(path: Path) -> None:
        if not room.is_set():
            raise DiskFull("full")
        probe.try_writing(path)

    readiness = Readiness(record.path, probe=tried, free=lambda _: PLENTY, probe_seconds=0.02)
    meter = Meter()
    writer = Writer(MeteredBook(record, meter, readiness))
    assert writer.submit([make_claim(0)]).result(PATIENCE_SECONDS).new_calls == 1
    connection = record._connection  # pyright: ignore[reportPrivateUsage]
    (used,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {used + 3}")
    batch = [make_claim(number) for number in range(1, 400)]
    with pytest.raises(DiskFull):
        writer.submit(batch).result(PATIENCE_SECONDS)
    assert trouble(readiness) == "disk_full"
    assert record.counts()["calls"] == 1, "what was acknowledged stands, nothing is there by half"
    connection.execute("PRAGMA max_page_count = 1000000")
    room.set()
    eventually(lambda: readiness.problem() is None)
    assert writer.submit(batch).result(PATIENCE_SECONDS).new_calls == 399
    writer.close()
    readiness.close()
    assert record.verify() == []
    failed = [family for family in meter.families() if family.name.endswith("commits_failed_total")]
    assert failed[0].samples[0].value == 1


def test_a_failing_disk_has_a_name_of_its_own(readiness: Readiness) -> None:
    readiness.failed(Retryable("the disk failed: disk I/O error"))
    assert trouble(readiness) == "disk_failed"
    readiness.succeeded()
    assert trouble(readiness) is None


@pytest.mark.parametrize(
    ("total", "free", "expected"),
    [
        (2**40, LEAST_FREE, None),
        (2**40, LEAST_FREE - 1, "disk_low"),
        (2**30, 2**30 // 20, None),
        (2**30, 2**30 // 20 - 1, "disk_low"),
    ],
)
def test_a_disk_that_is_nearly_full_is_told_before_it_is(
    total: int, free: int, expected: str | None, tmp_path: Path
) -> None:
    assert trouble(Readiness(tmp_path / "x", free=lambda _: (total, free))) == expected


def test_the_probe_leaves_nothing_that_an_answer_shows(record: Record) -> None:
    before = record.counts()
    probe.try_writing(record.path)
    assert record.counts() == before
    assert record.verify() == []
