"""systemd takes our units, and the agent serves on the socket that systemd holds for it."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.support.stopping import stop
from tests.support.systemd import systemd_program
from tollbook_agent.capture.proxy import files
from tollbook_agent.cli.run_tool import answers
from tollbook_agent.service import systemd
from tollbook_agent.service.shape import Laptop

SECONDS = 60.0


def laptop(folder: Path, *, port: int | None = None, home: str = "home of 100% $ada") -> Laptop:
    place = folder / home
    return Laptop(
        user_home=folder, home=place, python=sys.executable,
        environment={"TOLLBOOK_HOME": str(place), "PATH": "/elsewhere"}, relay_port=port,
    )  # fmt: skip


def verify(*paths: Path) -> "subprocess.CompletedProcess[str]":
    """What systemd says of units."""
    words = [systemd_program("systemd-analyze"), "verify", "--user", "--man=no", *map(str, paths)]
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(paths[0].parent)}
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)


def sockets(pid: int) -> set[str]:
    """The numbers of the sockets that a process holds."""
    links = [os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir()]
    return {each.removeprefix("socket:[").removesuffix("]") for each in links if each.startswith("socket:")}


def listening(port: int) -> set[str]:
    """The numbers of the sockets that listen on a port."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[9] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A"}


@pytest.mark.parametrize("port", [None, 4712])
def test_the_units_are_verified(tmp_path: Path, port: int | None) -> None:
    made = systemd.service(laptop(tmp_path, port=port))
    for one in made.files:
        one.path.parent.mkdir(parents=True, exist_ok=True)
        one.path.write_bytes(one.data)
    done = verify(*(one.path for one in made.files))
    assert (done.returncode, [line for line in done.stderr.splitlines() if "tollbook.s" in line]) == (0, [])


def test_a_mistake_in_a_unit_would_be_found(tmp_path: Path) -> None:
    unit = tmp_path / "tollbook.service"
    unit.write_text(systemd.service_unit(laptop(tmp_path)).replace("KillMode=", "KilMode="))
    done = verify(unit)
    assert any("tollbook.service" in line and "KilMode" in line for line in done.stderr.splitlines())


def test_the_supervisor_serves_on_the_inherited_socket(tmp_path: Path) -> None:
    """The port is listened on by systemd's program before any of ours runs; the first connection starts the agent."""
    program = systemd_program("systemd-socket-activate")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    made = laptop(tmp_path, port=port, home="home")
    state = files.save(made.home, files.ProxyState(port=port))
    words = [program, "-l", f"127.0.0.1:{port}"]
    for name in ("HOME", "PATH", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"):
        words += ["-E", f"{name}={os.environ[name]}"]
    words += [word for name, value in made.variables.items() for word in ("-E", f"{name}={value}")]
    with (tmp_path / "said").open("wb") as said:
        child = subprocess.Popen([*words, *made.program], stdout=said, stderr=said)
    try:
        end = time.monotonic() + SECONDS
        while not answers(state):
            assert time.monotonic() < end, (tmp_path / "said").read_text()
            assert child.poll() is None, (tmp_path / "said").read_text()
            time.sleep(0.1)
        process = psutil.Process(child.pid)
        assert "tollbook_agent.supervisor" in process.cmdline()
        resident = next(each for each in process.children() if "tollbook_agent.resident" in each.cmdline())
        assert sockets(child.pid) & sockets(resident.pid) & listening(port)
    finally:
        stop(child, SECONDS)
