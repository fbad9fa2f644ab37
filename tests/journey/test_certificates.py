"""Nothing outside the list is ever decrypted: who is shown which certificate, by its fingerprint."""

import contextlib
import json
import signal
import sys
import threading
import time
from collections.abc import Generator

import psutil
import pytest

from tests.support.covered_machine import CoveredMachine, covered_machine
from tollbook_agent.capture.proxy import files, trust
from tollbook_agent.private_file import write_private

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a process names itself through /proc")

LOOK_SECONDS = 0.005
COVERED = ("api.anthropic.com", "api.openai.com", "bedrock-runtime.eu-central-1.amazonaws.com")
PEOPLES = "chatgpt.com"
"""Covered for Codex alone."""
UNLISTED = ("github.com", "claude.ai", "console.anthropic.com", "api.anthropic.com.example", "auth.openai.com",
            "bedrock.eu-central-1.amazonaws.com", "api2.cursor.sh")  # fmt: skip


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Generator[CoveredMachine]:
    with covered_machine(tmp_path_factory.mktemp("certificates")) as made:
        made.warm()
        yield made


def ours(machine: CoveredMachine, host: str) -> str:
    """The fingerprint of this device's leaf for a host."""
    leaf = next(each for each in trust.leaves(files.folder(machine.home)) if host in each.hosts)
    return trust.fingerprint(trust.certificates(leaf.path)[0])


def shown(machine: CoveredMachine, *hosts: str, program: str = "claude", port: int = 443) -> list[str]:
    """What a program of that name sees."""
    wanted = [{"kind": "certificate", "host": host, "port": port} for host in hosts]
    return machine.client(wanted, program=program)


def opened(machine: CoveredMachine, *hosts: str, program: str = "claude") -> list[str]:
    """The same where the engine is to answer."""
    return machine.captured([{"kind": "certificate", "host": host} for host in hosts], program=program)


def theirs(machine: CoveredMachine, *hosts: str) -> list[str]:
    """What the origin itself shows."""
    return [machine.origin.fingerprint(host) for host in hosts]


@pytest.mark.parametrize("program", ["claude", "codex", "node", "bun"])
def test_a_tool_sees_our_leaf_for_a_host_of_the_list(machine: CoveredMachine, program: str) -> None:
    assert opened(machine, *COVERED, program=program) == [ours(machine, host) for host in COVERED]


def test_a_host_that_is_not_listed_shows_its_own(machine: CoveredMachine) -> None:
    assert shown(machine, *UNLISTED) == theirs(machine, *UNLISTED)


def test_a_site_for_people_is_opened_for_codex_alone(machine: CoveredMachine) -> None:
    assert opened(machine, PEOPLES, program="codex") == [ours(machine, PEOPLES)]
    for other in ("claude", "node", "firefox"):
        assert shown(machine, PEOPLES, program=other) == theirs(machine, PEOPLES)


@pytest.mark.parametrize("program", ["git", "python3", "curl", "claudia", "my-node"])
def test_a_program_that_is_no_known_tool_sees_the_origins(machine: CoveredMachine, program: str) -> None:
    assert shown(machine, *COVERED, program=program) == theirs(machine, *COVERED)


def test_another_port_is_never_decrypted(machine: CoveredMachine) -> None:
    assert shown(machine, *COVERED, port=8443) == theirs(machine, *COVERED)


def test_a_session_from_before_the_anchor_sees_the_origins(machine: CoveredMachine) -> None:
    """It has loaded its certificates, and ours is not among them."""
    state = files.folder(machine.home) / files.GENERATIONS
    before = state.read_bytes()
    later = [{**each, "since": time.time() + 3_600} for each in json.loads(before)]
    write_private(state, json.dumps(later).encode())
    try:
        assert shown(machine, *COVERED) == theirs(machine, *COVERED)
    finally:
        write_private(state, before)
    assert opened(machine, COVERED[0]) == [ours(machine, COVERED[0])]


def test_with_capture_off_all_hosts_show_their_own(machine: CoveredMachine) -> None:
    machine.tollbook("off")
    try:
        assert shown(machine, *COVERED, program="codex") == theirs(machine, *COVERED)
    finally:
        before = {
            "HTTPS_PROXY": f"http://127.0.0.1:{machine.origin.port}",
            "NODE_EXTRA_CA_CERTS": str(machine.origin.ca),
        }
        machine.tollbook("on", more=before)
    assert opened(machine, COVERED[0]) == [ours(machine, COVERED[0])]


def test_with_a_hung_engine_hosts_show_their_own(machine: CoveredMachine) -> None:
    machine.warm()
    psutil.Process(machine.status()["engine"]).send_signal(signal.SIGSTOP)
    assert shown(machine, COVERED[0]) == theirs(machine, COVERED[0])


def test_with_a_dead_engine_hosts_show_their_own(machine: CoveredMachine) -> None:
    """Every engine is killed as soon as it is there."""
    resident = psutil.Process(machine.supervisor).children()[0]
    done = threading.Event()
    killed: list[int] = []

    def kill() -> None:
        while not done.wait(LOOK_SECONDS):
            with contextlib.suppress(psutil.Error):
                for engine in resident.children():
                    engine.kill()
                    killed.append(engine.pid)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        assert shown(machine, *COVERED) == theirs(machine, *COVERED)
    finally:
        done.set()
        thread.join()
    assert killed
