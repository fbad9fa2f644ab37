"""The real collector on a disk that is full, and over a store that is held: senders wait, nothing is lost, it recovers.

Nobody restarts anything and nobody sends anything for it to recover.
"""

import json
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.ops.sick_bench import SmallDisk, Told, over_grpc, over_http, readiness
from tests.collector.serve_bench import PROGRAM, Command
from tests.support.small_store import eventually
from tollbook.claim import Claim

BATCH = 200
MOST_BATCHES = 40
"""That may still find room in what the store has taken already."""
IMPATIENT = (
    "-c",
    "import sys; from tollbook_collector.store.record import connect; connect.BUSY_TIMEOUT_MS = 200;"
    " from tollbook_collector.cli.main import main; sys.exit(main())",
)
"""The command, with less patience for a store that is held."""


def batch(number: int) -> list[Claim]:
    return [make_claim(each) for each in range(number * BATCH, (number + 1) * BATCH)]


def expect_told_to_wait(command: Command, claims: list[Claim], trouble: str, remedy: str) -> None:
    """Both protocols ask for the same again, later; readiness says why, and what to do."""
    line = command.first_line
    asked = over_grpc(line["otlp_grpc"], claims), over_http(line["otlp_http"], claims)
    assert [told.status for told in asked] == ["UNAVAILABLE", "503"]
    assert all(told.wait_seconds for told in asked)
    status, document = readiness(command)
    assert status == 503
    error: dict[str, Any] = document["error"]
    assert trouble in json.dumps(error)
    assert remedy in json.dumps(error)
    assert command.get("/livez") == {"status": "alive"}


@pytest.fixture
def disk(tmp_path: Path) -> SmallDisk:
    made = SmallDisk(tmp_path / "disk")
    reason = made.why_not()
    if reason is not None:
        pytest.skip(reason)
    return made


@pytest.fixture
def on_small_disk(disk: SmallDisk) -> Iterator[Command]:
    running = Command(disk.folder, prefix=disk.prefix)
    yield running
    running.end()


def test_a_full_disk_is_told_and_over_when_there_is_room(disk: SmallDisk, on_small_disk: Command) -> None:
    command, pid = on_small_disk, on_small_disk.process.pid
    assert over_grpc(command.first_line["otlp_grpc"], batch(0)) == Told("OK", None)
    ballast = disk.fill(pid)
    taken = 1
    while over_grpc(command.first_line["otlp_grpc"], batch(taken)).status == "OK":
        taken += 1
        assert taken < MOST_BATCHES, "the disk is not full"
    expect_told_to_wait(command, batch(taken), "disk_full", "Make room where the record lies")
    assert command.get("/api/v1/status")["record"]["calls"] == taken * BATCH, "what was acknowledged is answered"
    ballast.unlink()
    eventually(lambda: readiness(command) == (200, {"status": "ready"}))
    assert over_http(command.first_line["otlp_http"], batch(taken)) == Told("200", None)
    assert command.get("/api/v1/status")["record"]["calls"] == (taken + 1) * BATCH
    assert "The record is whole" in disk.inside(pid, sys.executable, *PROGRAM, "verify")
    assert command.stop(signal.SIGTERM)[0] == 0


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[Command]:
    running = Command(tmp_path, program=IMPATIENT)
    yield running
    running.end()


def test_a_held_store_is_told_and_over_when_it_is_let_go(impatient: Command, tmp_path: Path) -> None:
    command = impatient
    assert over_grpc(command.first_line["otlp_grpc"], batch(0)) == Told("OK", None)
    with closing(sqlite3.connect(tmp_path / "record.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        expect_told_to_wait(command, batch(1), "store_busy", "lsof")
        other.execute("ROLLBACK")
    eventually(lambda: readiness(command) == (200, {"status": "ready"}))
    assert over_http(command.first_line["otlp_http"], batch(1)) == Told("200", None)
    assert command.get("/api/v1/status")["record"]["calls"] == 2 * BATCH
    assert "The record is whole" in command.run("verify")
    assert command.stop(signal.SIGTERM)[0] == 0
