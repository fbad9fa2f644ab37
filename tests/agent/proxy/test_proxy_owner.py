"""Whose connection it is: on this machine's own tables."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import psutil
import pytest

from tollbook_agent.capture.proxy import owner


@pytest.fixture
def ports() -> Generator[tuple[int, int]]:
    """Of the client and the server of a connection on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        with accepted:
            yield client.getsockname()[1], server.getsockname()[1]


def test_the_process_its_folder_and_when_it_began(ports: tuple[int, int]) -> None:
    found = None
    for _ in range(5):  # a busy table may hide a row for a moment
        found = found or owner.owner_of(*ports)
    assert found is not None
    assert (found.pid, found.cwd) == (os.getpid(), os.getcwd())
    assert found.name == psutil.Process().name()
    assert abs(found.created - found.began) < 2.0
    assert found.began < time.time()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system's own time is exact")
def test_when_it_began_is_neither_early_nor_late() -> None:
    before = time.time()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        after = time.time()
        began = owner._began(child.pid, 0.0)  # pyright: ignore[reportPrivateUsage]
        child.communicate(b"\n")
    tick = 1 / os.sysconf("SC_CLK_TCK")
    assert before - 2 * tick <= began <= after


def test_the_user(ports: tuple[int, int]) -> None:
    assert owner.uid_of(*ports) in (os.getuid(), None)
    assert owner.is_own_user(*ports)
    assert owner.uid_of(ports[0], 1) is None


def test_a_connection_that_is_not_there() -> None:
    assert owner.owner_of(1, 2) is None
    assert owner.uid_of(1, 2) is None


ROW = "   1: {local} {remote} {state} 00000000:00000000 00:00000000 00000000  {uid}        0 4711 1 0 20 4 30 10 -1\n"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's table")
@pytest.mark.parametrize(
    ("rows", "uid"),
    [
        ([("0100007F:B177", "0100007F:1F90", "01", 1000)], 1000),
        ([("0100007F:B177", "0100007F:9865", "06", 0), ("0100007F:B177", "0100007F:1F90", "01", 1000)], 1000),
        ([("0100007F:B177", "0100007F:1F90", "06", 0)], None),
        ([("0100007F:B177", "0100007F:9865", "01", 1001)], None),
        ([("0200000A:B177", "0200000A:1F90", "01", 1001)], None),
        ([("0000000000000000FFFF00000100007F:B177", "0000000000000000FFFF00000100007F:1F90", "08", 1000)], 1000),
        ([], None),
    ],
)
def test_the_kernels_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, str, str, int]], uid: int | None
) -> None:
    """0xB177 is the client's port, 0x1F90 ours; a connection of the past has the state 06 and nobody's uid."""
    lines = [ROW.format(local=local, remote=remote, state=state, uid=each) for local, remote, state, each in rows]
    (tmp_path / "tcp").write_text("  sl  local_address rem_address   st\n" + "".join(lines) + "torn")
    monkeypatch.setattr(owner, "_TABLES", (str(tmp_path / "not there"), str(tmp_path / "tcp")))
    assert owner.uid_of(0xB177, 0x1F90) == uid


@pytest.mark.parametrize(
    ("name", "program", "runs"),
    [
        ("claude", "", True),
        ("2.1.330", "/home/ada/.local/share/claude/versions/2.1.330", True),
        ("node", "C:\\Program Files\\nodejs\\Node.exe", True),
        ("codex-x86_64-unknown-linux-musl", "/usr/lib/codex-x86_64", True),
        ("git", "/usr/bin/git", False),
        ("python3.13", "/usr/bin/python3.13", False),
        ("nodejsx", "/opt/nodejsx", False),
        ("", "", False),
    ],
)
def test_which_programs_read_our_settings(name: str, program: str, runs: bool) -> None:
    found = owner.Owner(pid=1, name=name, program=program, created=0.0, cwd=None, seen_ns=0, began=0.0)
    assert owner.runs(found, frozenset({"claude", "codex", "node", "bun"})) is runs


def test_errors_of_the_system_are_nobody(monkeypatch: pytest.MonkeyPatch, ports: tuple[int, int]) -> None:
    for fault in (psutil.AccessDenied(1), psutil.NoSuchProcess(1), OSError("table"), RuntimeError("malformed")):

        def fails(*_: object, fault: Exception = fault, **__: object) -> None:
            raise fault

        with monkeypatch.context() as patch:
            patch.setattr(psutil, "net_connections", fails)
            patch.setattr(psutil, "process_iter", list[psutil.Process])
            patch.setattr(sys, "platform", "win32")
            assert owner.owner_of(*ports) is None


def test_where_the_whole_table_is_denied_each_process_is_asked(
    monkeypatch: pytest.MonkeyPatch, ports: tuple[int, int]
) -> None:
    def denied(*_: object, **__: object) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(psutil, "net_connections", denied)
    monkeypatch.setattr(psutil, "process_iter", lambda: [psutil.Process()])
    found = owner.owner_of(*ports)
    assert found is not None
    assert found.pid == os.getpid()
