"""The supervisor keeps the relay's socket, and a resident process behind it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

import psutil
import pytest

from tollbook_agent import supervisor
from tollbook_agent.cli import exit_codes

SECONDS = 30.0


def until(true: Callable[[], bool]) -> None:
    """A signal takes a moment; a process that is gone meanwhile is one that ended."""
    end = time.monotonic() + SECONDS
    with contextlib.suppress(psutil.NoSuchProcess):
        while not true():
            assert time.monotonic() < end
            time.sleep(0.005)


@dataclass(slots=True)
class Running:
    """A supervisor on a thread of the test."""

    port: int
    made: supervisor.Supervisor
    thread: threading.Thread
    codes: list[int]

    def resident(self) -> int:
        """The pid of the process that serves a connection made now."""
        with socket.create_connection(("127.0.0.1", self.port), SECONDS) as connection:
            return int(connection.recv(64))

    def stop(self) -> int:
        """Its exit code."""
        self.made.stop()
        self.thread.join(SECONDS)
        return self.codes[0]


@contextlib.contextmanager
def running(what: str) -> Generator[Running]:
    command = (sys.executable, "-m", "tests.support.proxy_child", "resident", what)
    with supervisor.listen(0) as listening:
        made = supervisor.Supervisor(command, listening)
        codes: list[int] = []
        thread = threading.Thread(target=lambda: codes.append(made.run()))
        thread.start()
        try:
            yield Running(listening.getsockname()[1], made, thread, codes)
        finally:
            made.stop()
            thread.join(SECONDS)


def test_one_that_is_killed_is_replaced_and_who_comes_meanwhile_is_served() -> None:
    with running("beats") as found:
        first = found.resident()
        process = psutil.Process(first)
        os.kill(first, signal.SIGKILL)
        until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)
        assert found.resident() not in (first, os.getpid())
        assert found.stop() == 0


def test_one_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "HUNG_SECONDS", 0.5)
    with running("beats") as found:
        first = found.resident()
        process = psutil.Process(first)
        os.kill(first, signal.SIGSTOP)
        until(lambda: process.status() == psutil.STATUS_STOPPED)
        assert found.resident() != first
        assert not psutil.pid_exists(first)


def test_stopping_it_ends_the_resident_process() -> None:
    with running("beats") as found:
        first = found.resident()
        assert found.stop() == 0
        assert not psutil.pid_exists(first)


def test_one_that_ends_well_is_not_started_again() -> None:
    with running("0") as found:
        found.thread.join(SECONDS)
        assert found.codes == [0]


class Pauses(tuple[float, ...]):
    """No pauses, and which of them were taken."""

    taken: list[object]

    def __getitem__(self, index: object) -> float:  # type: ignore[override]
        self.taken.append(index)
        return 0.0


def test_one_that_fails_is_started_again_with_pauses(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert list(supervisor.PAUSES_SECONDS) == sorted(supervisor.PAUSES_SECONDS)
    pauses = Pauses(supervisor.PAUSES_SECONDS)
    pauses.taken = []
    monkeypatch.setattr(supervisor, "PAUSES_SECONDS", pauses)
    with running("7") as found:
        end = time.monotonic() + SECONDS
        while len(pauses.taken) < 6 and time.monotonic() < end:
            time.sleep(0.01)
        assert found.stop() in (0, 7)
    assert pauses.taken[:6] == [0, 1, 2, 3, 3, 3]
    assert capfd.readouterr().err.count("the resident process ended (7) and is started again") >= 6


def test_it_listens_on_loopback_only() -> None:
    with supervisor.listen(0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"
        assert listening.family == socket.AF_INET


def test_a_port_that_is_taken_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "tollbook_agent.supervisor", str(port)],
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
    assert ended.returncode == supervisor.BUSY == exit_codes.BUSY
    assert f"127.0.0.1:{port} is in use" in ended.stderr
    assert ended.stdout == ""


def test_the_service_managers_socket_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as theirs:
        monkeypatch.setattr(supervisor, "LISTEN_FDS_START", os.dup(theirs.fileno()))
        monkeypatch.setenv("LISTEN_FDS", "1")
        monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
        with supervisor.listen(1) as listening:
            assert listening.getsockname() == theirs.getsockname()
        monkeypatch.setenv("LISTEN_PID", "1")
        with supervisor.listen(0) as listening:
            assert listening.getsockname() != theirs.getsockname()


def test_a_signal_stops_both() -> None:
    script = (
        "import sys; from tollbook_agent import supervisor as s;"
        "made = s.Supervisor;"
        "words = (sys.executable, '-m', 'tests.support.proxy_child', 'resident', 'beats');"
        "s.Supervisor = lambda _command, listening: made(words, listening);"
        "raise SystemExit(s.main(['0']))"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as process:
        end = time.monotonic() + SECONDS
        while not (children := psutil.Process(process.pid).children()) and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.3)  # for the child to take the signal over
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0
        assert [each for each in children if each.is_running()] == []
