"""The developer's tool comes first: engine and relay are killed, stopped and switched off while requests go on. No
request on a connection opened after a fault may fail, and every byte that arrives is right.

Connections that were open when a fault hit may break: the tools try again, and here they are told apart by time.
"""

import contextlib
import json
import os
import random
import signal
import ssl
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import psutil
import pytest

from tests.support.fail_open_client import Clients, Request, trusted_for_ever
from tests.support.stopping import stop

REQUESTS = int(os.environ.get("TOLLBOOK_REQUESTS", "80"))
THREADS = 4
START_SECONDS = 30.0
PAUSES = (0.5, 3.0)
PROGRAM = Path(sys.executable).with_name("tollbook")
PATIENCE_SECONDS = 30.0


class World:
    """A machine with capture on, an origin in place of the providers, and the resident agent under its supervisor."""

    def __init__(self, folder: Path, origin: dict[str, str]) -> None:
        self.home = folder / "tollbook"
        names = {psutil.Process().name(), Path(sys.executable).resolve().name}
        own = {"HOME": str(folder / "home"), "TOLLBOOK_HOME": str(self.home), "CLAUDE_CONFIG_DIR": str(folder / "none")}
        kept = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper() and "CERT" not in name}
        self.environment = {**kept, **own, "CODEX_HOME": str(folder / "none")}
        before = {"HTTPS_PROXY": f"http://127.0.0.1:{origin['tunnel']}", "NODE_EXTRA_CA_CERTS": origin["ca"]}
        self.tollbook("on", *(word for name in names for word in ("--program", name)), more=before)
        trusted_for_ever(self.home)
        state = json.loads((self.home / "proxy" / "proxy.json").read_text())
        self.proxy = f"http://tollbook:{state['password']}@127.0.0.1:{state['port']}"
        self.trust = ssl.create_default_context(cafile=str(self.home / "proxy" / "node-ca.pem"))
        self.log = (folder / "agent.log").open("wb")
        self.supervisor = subprocess.Popen(
            [PROGRAM, "agent", "run"], env=self.environment, stdout=self.log, stderr=subprocess.STDOUT
        )
        self.faults: list[tuple[float, str]] = []

    def tollbook(self, *words: str, more: dict[str, str] | None = None) -> str:
        made = subprocess.run(
            [PROGRAM, *words], env={**self.environment, **(more or {})}, check=True, capture_output=True, text=True,
            timeout=PATIENCE_SECONDS,
        )  # fmt: skip
        return made.stdout

    def resident(self) -> psutil.Process | None:
        return _first(psutil.Process(self.supervisor.pid), "tollbook_agent.resident")

    def engine(self) -> psutil.Process | None:
        resident = self.resident()
        return None if resident is None else _first(resident, "tollbook_agent.capture.proxy.engine")

    def wait(self) -> None:
        """Until a request is captured."""
        end = time.monotonic() + START_SECONDS
        while self.engine() is None and time.monotonic() < end:
            with contextlib.suppress(subprocess.SubprocessError):
                subprocess.run([PROGRAM, "run", "--", "true"], env=self.environment, timeout=5, capture_output=True)
            time.sleep(0.2)
        assert self.engine() is not None, Path(self.log.name).read_text()

    def fault(self, kind: str) -> None:
        victim = self.engine() if kind.startswith("engine") else self.resident()
        with contextlib.suppress(psutil.NoSuchProcess):
            if kind in ("off", "on"):
                self.tollbook(kind)
            elif victim is not None:
                victim.send_signal(signal.SIGSTOP if kind.endswith("stopped") else signal.SIGKILL)
            self.faults.append((time.monotonic(), kind))

    def close(self) -> None:
        stop(self.supervisor, PATIENCE_SECONDS)
        self.log.close()


def _first(parent: psutil.Process, module: str) -> psutil.Process | None:
    with contextlib.suppress(psutil.Error):
        for child in parent.children():
            if module in child.cmdline() and child.status() != psutil.STATUS_ZOMBIE:
                return child
    return None


@pytest.fixture
def world(tmp_path: Path) -> Generator[World]:
    origin = subprocess.Popen(
        [sys.executable, "-m", "tests.support.fail_open_origin", str(tmp_path)],
        cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert origin.stdout is not None
    assert origin.stdin is not None
    try:
        made = World(tmp_path, json.loads(origin.stdout.readline()))
        try:
            made.wait()
            yield made
        finally:
            made.close()
    finally:
        origin.stdin.close()
        origin.wait(PATIENCE_SECONDS)
        origin.stdout.close()


def excused(one: Request, faults: list[tuple[float, str]]) -> bool:
    """Whether a fault hit while its connection was open already."""
    return any(one.opened <= at <= one.ended for at, kind in faults if kind not in HARMLESS)


HARMLESS = ("off", "on")
"""Nothing that is open may break by these."""
KINDS = ("engine killed", "engine stopped", "relay killed", "relay stopped", "off", "on")


@pytest.mark.kill
def test_no_request_opened_after_a_fault_fails(world: World) -> None:
    chance = random.Random(20261122)
    quiet = Clients(world.proxy, world.trust, 40, THREADS)
    quiet.start()
    healthy = quiet.join()
    assert [each.fault for each in healthy if each.fault] == []

    clients = Clients(world.proxy, world.trust, REQUESTS, THREADS)
    clients.start()
    while clients.running:
        time.sleep(chance.uniform(*PAUSES))
        world.fault(chance.choice(KINDS))
    done = clients.join()

    failed = [each for each in done if each.fault]
    unexcused = [each.fault for each in failed if not excused(each, world.faults)]
    landed = Counter(kind for _, kind in world.faults)
    first = sorted(each.first_byte for each in healthy if each.first_byte is not None)
    waits = sorted(each.first_byte for each in done if each.first_byte is not None)
    hit = len(failed) - len(unexcused)
    print(f"\n{len(done)} requests, {hit} failed on connections a fault hit, {len(unexcused)} others; {dict(landed)}")
    print(f"time to first byte, connection included: healthy p50 {statistics.median(first) * 1e3:.0f} ms,"
          f" worst {first[-1] * 1e3:.0f} ms; with faults p50 {statistics.median(waits) * 1e3:.0f} ms,"
          f" worst {waits[-1] * 1e3:.0f} ms")  # fmt: skip
    assert len(done) == REQUESTS
    assert unexcused == []
    assert landed


@pytest.mark.kill
def test_after_an_uninstall_running_sessions_keep_a_tunnel(world: World) -> None:
    session = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"],
        env={**os.environ, "HTTPS_PROXY": world.proxy}, stdin=subprocess.PIPE,
    )  # fmt: skip
    assert session.stdin is not None
    try:
        clients = Clients(world.proxy, world.trust, 60, THREADS)
        clients.start()
        time.sleep(0.3)
        world.faults.append((time.monotonic(), "uninstall"))
        world.tollbook("uninstall")
        after = Clients(world.proxy, world.trust, 20, THREADS)
        after.start()
        done = clients.join() + after.join()
        assert [each.fault for each in done if each.fault and not excused(each, world.faults)] == []
        assert [each.fault for each in after.done if each.fault] == []
        assert world.resident() is None
        assert _first(psutil.Process(world.supervisor.pid), "tollbook_agent.capture.proxy.tombstone") is not None
    finally:
        session.stdin.close()
        session.wait(PATIENCE_SECONDS)
