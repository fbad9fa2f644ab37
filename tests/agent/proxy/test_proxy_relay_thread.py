"""The relay on its thread: it beats, answers, tells of itself and ends."""

import os
import select
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.support.proxy_net import request
from tests.support.small_store import eventually
from tollbook_agent.capture.proxy import engine_process, files, relay_thread
from tollbook_agent.capture.proxy.relay_thread import RelayThread

SECONDS = 30.0
PROGRAM = Path(sys.executable).with_name("tollbook")


def status_of(port: int, raw: bytes) -> int:
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        connection.sendall(raw)
        return int(connection.recv(64).split(b" ")[1])


def test_it_serves_and_beats_until_it_is_stopped(tmp_path: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    state = files.save(tmp_path, files.ProxyState(port=port, capture=False))
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    thread = RelayThread(tmp_path, state, listener, theirs)
    try:
        ready, _, _ = select.select([ours], [], [], SECONDS)
        assert ready
        assert os.read(ours, 16)
        assert status_of(port, request("health.tollbook.invalid:443", password=state.password)) == 200
        assert status_of(port, request("health.tollbook.invalid:443", password="wrong")) == 407
        told = thread.status()
        assert (told["running"], told["port"], told["capture"], told["engine"]) == (True, port, False, None)
        assert (told["connections"], told["refused"], told["engine_starts"]) == (2, 1, 0)
        assert state.password not in str(told)
        assert thread.owner("unknown") is None
    finally:
        thread.stop()
        os.close(ours)
        os.close(theirs)


def test_a_pipe_that_nobody_reads_stops_nothing(tmp_path: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    state = files.save(tmp_path, files.ProxyState(port=port, capture=False))
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    try:
        while True:
            os.write(theirs, bytes(4096))
    except BlockingIOError:
        pass
    thread = RelayThread(tmp_path, state, listener, theirs)
    try:
        assert status_of(port, request("health.tollbook.invalid:443", password=state.password)) == 200
    finally:
        thread.stop()
        os.close(ours)
        os.close(theirs)


@contextmanager
def with_engine(
    home: Path, monkeypatch: pytest.MonkeyPatch, what: str, *, capture: bool = True
) -> Generator[RelayThread]:
    """A relay with an engine that does so."""
    program = (sys.executable, "-m", "tests.support.proxy_child", "engine", what)
    monkeypatch.setattr(relay_thread, "EngineProcess", partial(engine_process.EngineProcess, program=program))
    monkeypatch.setattr(relay_thread, "WARM_SECONDS", SECONDS)
    listener = socket.create_server(("127.0.0.1", 0))
    state = files.save(home, files.ProxyState(port=listener.getsockname()[1], capture=capture))
    thread = RelayThread(home, state, listener)
    try:
        yield thread
    finally:
        thread.stop()


@pytest.mark.parametrize("start_seconds", [SECONDS, 0.001])
def test_who_asks_for_a_warm_engine_waits_until_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start_seconds: float
) -> None:
    monkeypatch.setattr(engine_process, "START_SECONDS", start_seconds)  # longer than a connection would wait
    with with_engine(tmp_path, monkeypatch, "works") as thread:
        assert thread.warm()
        assert thread.warm()
        assert thread.status()["engine"] is not None
        assert thread.status()["engine_starts"] == 1


@pytest.mark.parametrize(("what", "capture", "starts"), [("crashes", True, 1), ("works", False, 0)])
def test_an_engine_that_fails_or_is_not_wanted_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, capture: bool, starts: int
) -> None:
    with with_engine(tmp_path, monkeypatch, what, capture=capture) as thread:
        assert not thread.warm()
        assert thread.status()["engine_starts"] == starts


def test_a_relay_that_has_ended_has_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with with_engine(tmp_path, monkeypatch, "works") as thread:
        thread.stop()
        assert not thread.warm()


@pytest.mark.skipif(sys.platform == "win32", reason="the tool is a command of POSIX")
def test_a_tool_that_is_run_finds_the_engine_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = {**os.environ, "TOLLBOOK_HOME": str(tmp_path)}
    for name in ("HTTPS_PROXY", "https_proxy", "NODE_EXTRA_CA_CERTS"):
        own.pop(name, None)
    with with_engine(tmp_path, monkeypatch, "works") as thread:
        ran = subprocess.run([PROGRAM, "run", "--", "true"], env=own, capture_output=True, text=True, timeout=SECONDS)
        assert (ran.returncode, ran.stderr) == (0, "")
        eventually(lambda: thread.status()["engine"] is not None)
        assert thread.status()["connections"] == 1  # and nothing but the question for its health came through


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
@pytest.mark.parametrize(("soft", "hard", "most", "then"), [(64, 4096, 512, 512), (64, 128, 512, 128), (64, 64, 9, 64)])
def test_its_limit_of_open_files_is_raised(soft: int, hard: int, most: int, then: int) -> None:
    script = (
        "import resource as r; from tollbook_agent.capture.proxy.relay_thread import allow_files;"
        f"r.setrlimit(r.RLIMIT_NOFILE, ({soft}, {hard})); allow_files({most}); print(r.getrlimit(r.RLIMIT_NOFILE))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=SECONDS)
    assert ran.stdout.strip() == f"({then}, {hard})"
