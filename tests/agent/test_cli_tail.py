"""`tollbook tail`: calls as they are booked, from now on, each once."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import pytest

from tests.support.claude_lines import Laptop
from tests.support.laptop import scan_once
from tests.support.small_store import PATIENCE_SECONDS

PROGRAM = Path(sys.executable).with_name("tollbook")


class Tail:
    """The command in a process of its own; its lines as they come."""

    def __init__(self, laptop: Laptop, *words: str) -> None:
        self.process = subprocess.Popen(
            [PROGRAM, "tail", *words], env={**os.environ, **laptop.environment}, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self._thread.start()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.put(line)

    def close(self) -> None:
        self._thread.join(PATIENCE_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def line(self) -> str:
        return self._lines.get(timeout=PATIENCE_SECONDS)


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    made = Laptop(tmp_path)
    made.write(1, 2)
    scan_once(made.environment)
    return made


def test_new_calls_come_at_once_also_into_a_pipe_and_the_old_ones_do_not(laptop: Laptop) -> None:
    tail = Tail(laptop)
    assert tail.line() == "waiting for calls, Ctrl-C ends\n"
    laptop.write(3)
    scan_once(laptop.environment)
    shown = tail.line().split()
    assert shown[:6] == ["2026-09-21", "12:03:00", "claude-opus-5-5", "PAY-1", "acme/shop", "103"]
    laptop.write(4)
    scan_once(laptop.environment)
    assert tail.line().split()[1] == "12:04:00"
    tail.process.send_signal(signal.SIGINT)
    assert tail.process.wait(PATIENCE_SECONDS) == 130
    tail.close()


def test_it_ends_after_as_many_calls_as_were_asked_for(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process: the calls are booked while it waits."""
    from tollbook_agent.cli import tail
    from tollbook_agent.cli.main import main

    numbers = iter(range(3, 99))

    def book_another(_seconds: float) -> None:
        laptop.write(next(numbers))
        scan_once(laptop.environment)

    monkeypatch.setattr(tail, "time", type("Time", (), {"sleep": staticmethod(book_another)}))
    for name, value in laptop.environment.items():
        monkeypatch.setenv(name, value)
    assert main(["tail", "--json", "--count", "2"]) == 0
    calls = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [call["started_at"] for call in calls] == ["2026-09-21T12:03:00.000Z", "2026-09-21T12:04:00.000Z"]
    assert next(numbers) == 5
