"""kill -9 at any moment: what was acknowledged is there, nothing is there twice, and going on ends where it should."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from random import Random

import pytest

from tests.collector.store import killed_writer
from tests.collector.store.record_state import opened, state
from tollbook.canonical import write

KILLS = 30
LONGEST_SECONDS = 0.03
OVERLAP = 3
"""Batches sent again after each kill, acknowledged or not."""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")

Kill = Callable[[Path, int, float, int], None]
PATIENCE_SECONDS = 30
"""For a writer on a busy machine to get one batch further."""


@pytest.fixture
def kill() -> Generator[Kill]:
    """Starts a writer at a batch, waits until it has come so far, and kills it some seconds after."""
    command = [sys.executable, killed_writer.__file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        lines = parent.stdin, parent.stdout

        def start_and_kill(path: Path, first: int, seconds: float, further: int) -> None:
            lines[0].write(f"{path} {first}\n")
            child = int(lines[1].readline())
            deadline = time.monotonic() + PATIENCE_SECONDS
            while acknowledged(path) < further and time.monotonic() < deadline:
                time.sleep(0.001)
            time.sleep(seconds)
            with contextlib.suppress(ProcessLookupError):  # it had booked everything already
                os.kill(child, signal.SIGKILL)
            assert lines[1].readline() == "ended\n"

        yield start_and_kill
        lines[0].close()


def acknowledged(path: Path) -> int:
    """How many batches were."""
    notes = path.with_suffix(".notes")
    return max((int(line) + 1 for line in notes.read_text().split()), default=0) if notes.exists() else 0


def test_thirty_kills_lose_nothing_and_double_nothing(tmp_path: Path, kill: Kill) -> None:
    choice = Random(11)
    path = tmp_path / "killed.sqlite"
    all_batches = killed_writer.batches()
    reached = set[int]()
    for number in range(KILLS):
        before = acknowledged(path)
        further = before + 1 if number % 3 and before + 1 < len(all_batches) else 0
        kill(path, max(0, before - OVERLAP), choice.uniform(0, LONGEST_SECONDS), further)
        if not path.exists():
            continue
        with opened(path) as record:
            assert record.verify() == []
        done = acknowledged(path)
        reached.add(done)
        stored = {body for _, body in state(path).claims}
        assert {write(claim) for batch in all_batches[:done] for claim in batch} <= stored
    assert len(reached) > KILLS // 4, "the kills did not fall into the stream"
    assert acknowledged(path) > 0
    for _ in killed_writer.book_from(path, 0):
        pass
    undisturbed = tmp_path / "undisturbed.sqlite"
    for _ in killed_writer.book_from(undisturbed, 0):
        pass
    assert state(path) == state(undisturbed)
