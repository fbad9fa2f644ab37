"""`tollbook on`, `off`, `env`, `trust` and `run`: what they say, what they set, and that a tool always runs."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Commands
from tollbook_agent.capture.proxy import files, generations, head, trust
from tollbook_agent.control import ControlServer, Request
from tollbook_agent.home import CONTROL

PROGRAM = Path(sys.executable).with_name("tollbook")
SECONDS = 30.0
SHOWN = ("HTTPS_PROXY", "NODE_EXTRA_CA_CERTS", "CODEX_CA_CERTIFICATE", "NO_PROXY", "SSL_CERT_FILE")
SHOW = "printf '%s\\n' " + " ".join(f'"${name}"' for name in SHOWN) + "; exit 7"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TOLLBOOK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def tollbook(home: Path, capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands({"TOLLBOOK_HOME": str(home)}, capsys)


def state(home: Path) -> files.ProxyState:
    found = files.load(home)
    assert found is not None
    return found


def test_on_sets_up_and_goes_on_as_it_was(tollbook: Commands, home: Path) -> None:
    said = tollbook("on")
    first = state(home)
    assert (said.code, said.err) == (0, "")
    assert f"127.0.0.1:{first.port}" in said.out
    assert first.password not in said.out
    names = [each.name for each in generations.read(files.folder(home))]
    assert len(names) == 1
    tollbook("off")
    assert not state(home).capture
    tollbook("on")
    assert state(home) == first
    assert [each.name for each in generations.read(files.folder(home))] == names  # sessions go on with their anchor


@pytest.mark.parametrize(("answer", "running"), [({"engine": True}, True), ({"engine": False}, False), ({}, False)])
def test_on_asks_the_resident_agent_for_a_warm_engine(
    tollbook: Commands, home: Path, answer: dict[str, Any], running: bool
) -> None:
    home.mkdir()
    asked: list[Any] = []

    def handler(request: Request) -> dict[str, Any]:
        asked.append((request["command"], state(home).capture))
        return answer

    server = ControlServer(home / CONTROL, handler)
    try:
        said = tollbook("on")
    finally:
        server.close()
    assert (said.code, said.err) == (0, "")
    assert asked == [("warm", True)]  # after capture was switched on
    assert ("the engine is running" in said.out) == running


def test_on_takes_the_machines_own_proxy_and_hosts_over(tollbook: Commands, home: Path) -> None:
    tollbook("on", HTTPS_PROXY="http://ada:secret@proxy.example:8080")
    assert state(home).upstream_proxy == "http://ada:secret@proxy.example:8080"
    tollbook("on", "--host", "LLM.example.com", "--program", "agent", "--cursor", HTTPS_PROXY=state(home).url)
    found = state(home)
    assert found.upstream_proxy == "http://ada:secret@proxy.example:8080"  # and never ourselves
    assert (found.more_hosts, found.programs, found.optional) == (("llm.example.com",), ("agent",), ("cursor",))
    newest = generations.read(files.folder(home))[0]
    assert {"llm.example.com", "api2.cursor.sh"} <= newest.hosts


def test_off_and_env_where_nothing_is_set_up(tollbook: Commands, home: Path) -> None:
    off, env, rotate = tollbook("off"), tollbook("env"), tollbook("trust", "rotate")
    assert (off.code, env.code, rotate.code) == (0, 1, 1)
    assert "run `tollbook on`" in off.out
    assert "run `tollbook on`" in env.err
    assert "run `tollbook on`" in rotate.err
    assert env.out == ""
    assert "run `tollbook on`" in tollbook("trust", "show").out
    assert tollbook("trust", "remove").code == 0
    assert files.load(home) is None


def test_env_is_for_a_shell(tollbook: Commands, home: Path) -> None:
    tollbook("on")
    said = tollbook("env", NO_PROXY="corp.example,localhost")
    ran = subprocess.run(["sh", "-c", said.out + SHOW], capture_output=True, text=True, timeout=SECONDS)
    folder = files.folder(home)
    assert ran.stdout.splitlines() == [
        state(home).url,
        str(folder / files.NODE_BUNDLE),
        str(folder / files.CODEX_BUNDLE),
        "corp.example,localhost,127.0.0.1,::1",
        "",
    ]


def test_trust_is_shown_rotated_and_removed(tollbook: Commands, home: Path) -> None:
    tollbook("on")
    shown = tollbook("trust", "show", "--json").document
    assert [len(each["sha256"]) for each in shown["anchors"]] == [64]
    assert {each["channel"] for each in shown["leaves"]} >= {"anthropic", "openai", "bedrock"}
    assert "PRIVATE" not in json.dumps(shown)
    assert "api.anthropic.com" in tollbook("trust", "show").out
    assert tollbook("trust", "rotate").code == 0
    both = tollbook("trust", "show", "--json").document
    assert both["anchors"][1] == shown["anchors"][0]
    assert len(both["anchors"]) == 2
    assert len(both["leaves"]) == 2 * len(shown["leaves"])
    assert tollbook("trust", "show").out.count("leaf") == len(shown["leaves"])
    assert tollbook("trust", "remove").code == 0
    assert not state(home).capture
    assert trust.leaves(files.folder(home)) == []
    assert list(files.folder(home).glob("*.pem")) == []


@pytest.fixture
def relay(tollbook: Commands, home: Path) -> Generator[files.ProxyState]:
    """Something that answers like a relay, on the port that was set up."""
    tollbook("on", HTTPS_PROXY="http://proxy.example:8080")
    found = state(home)
    heads: list[bytes] = []
    with socket.create_server(("127.0.0.1", found.port)) as listener:

        def serve() -> None:
            try:
                while True:
                    connection, _ = listener.accept()
                    heads.append(connection.recv(4096))
                    known = head.authorized(heads[-1], files.USER, found.password)
                    connection.sendall(head.ESTABLISHED if known else head.answer(407, "No"))
                    connection.close()
            except OSError:
                pass

        threading.Thread(target=serve, daemon=True).start()
        yield found
        listener.shutdown(socket.SHUT_RDWR)


def run(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TOLLBOOK_HOME": str(home), **more}
    return subprocess.run(
        [PROGRAM, "run", "--", *words], env=environment, capture_output=True, text=True, timeout=SECONDS
    )


def test_a_tool_is_led_through_a_relay_that_answers(relay: files.ProxyState, home: Path) -> None:
    ran = run(home, "sh", "-c", SHOW, HTTPS_PROXY="http://proxy.example:8080", https_proxy="http://proxy.example:8080")
    assert ran.returncode == 7
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == [
        relay.url,
        str(files.folder(home) / files.NODE_BUNDLE),
        str(files.folder(home) / files.CODEX_BUNDLE),
        "localhost,127.0.0.1,::1",
        "",
    ]


def test_a_shell_with_another_proxy_keeps_it(relay: files.ProxyState, home: Path) -> None:
    ran = run(home, "sh", "-c", SHOW, HTTPS_PROXY="http://new.example:1")
    assert (ran.returncode, ran.stdout.splitlines()[0]) == (7, "http://new.example:1")
    assert "without network capture: this shell has another proxy" in ran.stderr


def test_a_shell_with_other_certificates_keeps_them(relay: files.ProxyState, home: Path) -> None:
    ran = run(home, "sh", "-c", SHOW, NODE_EXTRA_CA_CERTS="/etc/new-company-ca.pem")
    assert (ran.returncode, ran.stdout.splitlines()[:2]) == (7, ["", "/etc/new-company-ca.pem"])
    assert "without network capture: this shell trusts other certificates" in ran.stderr


def test_without_a_relay_the_tool_simply_runs(tollbook: Commands, home: Path) -> None:
    ran = run(home, "sh", "-c", SHOW)
    assert (ran.returncode, ran.stdout) == (7, "\n" * 5)
    assert "running sh without network capture: it is not set up" in ran.stderr
    tollbook("on")
    ran = run(home, "sh", "-c", SHOW)
    assert (ran.returncode, ran.stdout) == (7, "\n" * 5)
    assert "the resident agent does not answer" in ran.stderr


def test_a_shell_that_points_at_a_dead_relay_does_not_lead_the_tool_there(tollbook: Commands, home: Path) -> None:
    tollbook("on")
    ran = run(home, "sh", "-c", SHOW, HTTPS_PROXY=state(home).url)
    assert (ran.returncode, ran.stdout.splitlines()[0]) == (7, "")
    tollbook("on", HTTPS_PROXY="http://proxy.example:8080")
    ran = run(home, "sh", "-c", SHOW, HTTPS_PROXY=state(home).url)
    assert (ran.returncode, ran.stdout.splitlines()[0]) == (7, "http://proxy.example:8080")


def test_tools_that_cannot_be_run(home: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no program")
    for words, code, message in (
        (("no-such-tool",), 127, "no-such-tool was not found"),
        ((str(tmp_path / "data"),), 126, "cannot be run"),
        ((), 2, "name the tool"),
    ):
        ran = run(home, *words)
        assert (ran.returncode, ran.stdout) == (code, "")
        assert message in ran.stderr
