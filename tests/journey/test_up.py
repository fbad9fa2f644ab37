"""`make up` and `make demo` as users meet them: real processes in a home of their own, and none is left behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, Any

import psutil
import pytest

from tests.support.demo import lay_out
from tests.support.demo_expected import COUNTS, DIMENSIONS
from tests.support.make_demo import EXPECTED, RECORDINGS
from tollbook_agent.lock import StoreLock

REPO = Path(__file__).resolve().parents[2]
UP = "scripts/up.py"
PATIENCE_SECONDS = 120
"""For what has to happen at all; no test measures time."""
MARK = "UP_TEST"
"""A variable that everything started here inherits."""
DEMO = "*** demo: bundled recordings, not your own calls ***"
NO_LOGS = "No usage logs of Claude Code or Codex were found"


class Up:
    """The script at work for a user who has nothing but a home."""

    def __init__(self, folder: Path, *arguments: str, **variables: str) -> None:
        self.mark = str(folder)
        self.temporary = folder / "tmp"
        for needed in (self.temporary, folder / "home"):
            needed.mkdir(exist_ok=True)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "TMPDIR": str(self.temporary),
            MARK: self.mark,
            **variables,
        }
        self.process = subprocess.Popen(
            [sys.executable, UP, *arguments],
            cwd=REPO,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._ready = threading.Event()
        assert self.process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout,))
        self._reader.start()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self.lines.append(line.rstrip("\n"))
            if line == "ready\n":
                self._ready.set()
        stream.close()
        self._ready.set()

    def wait_until_ready(self) -> None:
        """Until it is; fails with what was printed where it never is."""
        if not self._ready.wait(PATIENCE_SECONDS) or self.lines[-1:] != ["ready"]:
            pytest.fail("\n".join(["it was never ready:", *self.lines]))

    def alive(self) -> Iterator[psutil.Process]:
        """Everything that was started, whoever started it."""
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    yield process
            except psutil.Error:
                continue

    def spend(self, by: str) -> dict[str, Any]:
        """What the API that was printed answers."""
        (line,) = [line for line in self.lines if line.startswith("collector  ")]
        address = line.partition("API ")[2]
        with urllib.request.urlopen(f"{address}/api/v1/spend?group_by={by}", timeout=PATIENCE_SECONDS) as answer:
            return dict(json.load(answer))

    def end(self, number: signal.Signals | None = None) -> int:
        """The exit code, after a signal if one is given; Ctrl-C reaches whatever runs in the foreground."""
        if number is signal.SIGINT:
            os.killpg(self.process.pid, number)
        elif number is not None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        return code

    def clean_up(self) -> None:
        for process in self.alive():
            process.kill()
        self.process.wait()
        self._reader.join()


@pytest.fixture
def started() -> Generator[list[Up]]:
    """Those that a test adds are ended with it."""
    every: list[Up] = []
    yield every
    for one in every:
        one.clean_up()


def counts(row: dict[str, Any]) -> dict[str, int]:
    return {"calls": row["calls"], **{name: row["usage"][name] for name in COUNTS}}


def shows_the_demo(up: Up) -> bool:
    """Whether the API shows the calls of the recordings, all of them and nothing else."""
    expected = json.loads((RECORDINGS / EXPECTED).read_bytes())
    for by in DIMENSIONS:
        answer = up.spend(by)
        assert {row["key"][0] or "-": counts(row) for row in answer["rows"]} == expected[by]
        assert counts(answer["total"]) == expected["total"]
    return True


def is_clean(up: Up) -> bool:
    """Whether nothing runs any more, and no temporary folder is left."""
    assert list(up.alive()) == []
    assert list(up.temporary.iterdir()) == []
    return True


def test_demo_shows_the_recordings_and_ctrl_c_stops_everything(tmp_path: Path, started: list[Up]) -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    recipe = subprocess.run(
        ["make", "--no-print-directory", "--just-print", "demo"],
        env=plain,
        cwd=REPO,
        capture_output=True,
        text=True,
        check=True,
    )
    assert recipe.stdout.splitlines()[-1].endswith(f"python {UP} --demo")
    started.append(up := Up(tmp_path, "--demo"))
    up.wait_until_ready()
    assert len(list(up.alive())) == 3, "the script, the collector, the agent"
    table = up.lines.index("spend by ticket")
    first = next(place for place, line in enumerate(up.lines) if place > table and line.startswith("ticket "))
    assert [line.split()[0] for line in up.lines[first + 1 : first + 3]] == ["(unallocated)", "PAY-456"]
    assert DEMO in up.lines[:table]
    assert DEMO in up.lines[table:]
    assert NO_LOGS not in "".join(up.lines)
    assert shows_the_demo(up)
    assert up.end(signal.SIGINT) == 0
    assert up.lines[-1] == "stopped"
    assert is_clean(up)
    assert list((tmp_path / "home").iterdir()) == [], "nothing of the demo is left in the user's home"


def test_without_logs_it_says_so_and_plays_the_recordings(tmp_path: Path, started: list[Up]) -> None:
    started.append(up := Up(tmp_path))
    up.wait_until_ready()
    assert up.lines[0].startswith(NO_LOGS)
    assert str(tmp_path / "home" / ".claude" / "projects") in up.lines[1]
    assert up.lines.count(DEMO) == 2
    assert shows_the_demo(up)
    assert up.end(signal.SIGTERM) == 0
    assert is_clean(up)


def user_with_logs(folder: Path) -> None:
    """The recordings as this user's own calls, where the tools keep them."""
    lay_out(folder, RECORDINGS)
    for tool in ("claude", "codex"):
        shutil.move(folder / tool, folder / "home" / f".{tool}")


def test_with_logs_it_shows_them_unmarked_and_again_after_a_restart(tmp_path: Path, started: list[Up]) -> None:
    user_with_logs(tmp_path)
    for number in (signal.SIGTERM, signal.SIGINT):
        started.append(up := Up(tmp_path))
        up.wait_until_ready()
        assert "demo" not in "".join(up.lines).replace(str(tmp_path), "")
        assert shows_the_demo(up)
        assert up.end(number) == 0
        assert is_clean(up)


@pytest.mark.parametrize("children", [0, 1, 2])
def test_a_signal_while_it_starts_leaves_nothing_behind(tmp_path: Path, started: list[Up], children: int) -> None:
    started.append(up := Up(tmp_path, "--demo"))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(list(up.alive())) < 1 + children and time.monotonic() < deadline:
        time.sleep(0.01)
    if not children:
        while not list(up.temporary.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.001)
    assert up.end(signal.SIGINT) == 0
    assert "ready" not in up.lines
    assert is_clean(up)


def test_a_part_that_does_not_start_is_named_with_what_it_said(tmp_path: Path, started: list[Up]) -> None:
    user_with_logs(tmp_path)
    home = tmp_path / "agent"
    lock = StoreLock(home / "lock")
    started.append(up := Up(tmp_path, TOLLBOOK_HOME=str(home)))
    assert up.end() == 1
    lock.release()
    assert "`tollbook agent run` did not start (exit code 5)" in up.lines
    assert f"another process is writing to {home}" in up.lines[-1]
    assert is_clean(up)


def test_a_part_that_ends_by_itself_ends_the_others(tmp_path: Path, started: list[Up]) -> None:
    started.append(up := Up(tmp_path, "--demo"))
    up.wait_until_ready()
    (agent,) = [process for process in up.alive() if "agent" in process.cmdline()]
    agent.kill()
    assert up.end() == 1
    assert "`tollbook agent run` ended by itself (exit code -9)" in up.lines
    assert is_clean(up)


def test_calls_that_go_to_another_collector_are_not_taken_away_from_it(tmp_path: Path, started: list[Up]) -> None:
    user_with_logs(tmp_path)
    started.append(up := Up(tmp_path, TOLLBOOK_COLLECTOR="collector.example:4317"))
    assert up.end() == 1
    assert "collector.example:4317" in up.lines[0]
    assert is_clean(up)
