"""The relay on its thread: it beats, answers, tells of itself and ends."""

import os
import select
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.proxy_net import request
from tollbook_agent.capture.proxy import files
from tollbook_agent.capture.proxy.relay_thread import RelayThread

SECONDS = 30.0


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


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
@pytest.mark.parametrize(("soft", "hard", "most", "then"), [(64, 4096, 512, 512), (64, 128, 512, 128), (64, 64, 9, 64)])
def test_its_limit_of_open_files_is_raised(soft: int, hard: int, most: int, then: int) -> None:
    script = (
        "import resource as r; from tollbook_agent.capture.proxy.relay_thread import allow_files;"
        f"r.setrlimit(r.RLIMIT_NOFILE, ({soft}, {hard})); allow_files({most}); print(r.getrlimit(r.RLIMIT_NOFILE))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=SECONDS)
    assert ran.stdout.strip() == f"({then}, {hard})"
