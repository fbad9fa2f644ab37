"""As a new user would: `uv tool install`, look, install, work, ask, uninstall; and the home is as it was."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import tollbook
from tests.support.new_user import SECONDS, NewUser
from tests.support.snapshot import snapshot


@pytest.fixture
def user(tmp_path: Path, programs: Path) -> NewUser:
    return NewUser(tmp_path, programs)


def until(good: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SECONDS
    while not good():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def test_the_wheel_alone_answers(user: NewUser) -> None:
    assert user.tollbook("--version") == f"tollbook {tollbook.__version__}\n"
    assert "tollbook scan" in user.tollbook("today")
    user.call(1)
    user.tollbook("scan")
    assert "PAY-123" in user.tollbook("today")


def test_nothing_but_wheels_is_installed(programs: Path) -> None:
    tools = programs.parent / "tools" / "tollbook-agent"
    found = {path.name for path in tools.rglob("*") if path.name.startswith("tollbook")}
    assert not any(path.name.endswith(".pth") and "tollbook" in path.name for path in tools.rglob("*.pth"))
    assert "tollbook_collector" not in found
    assert {"tollbook", "tollbook_agent"} <= found


def test_install_work_ask_uninstall_and_the_home_is_as_it_was(user: NewUser) -> None:
    before = snapshot(user.home, times_of=("src", ".gitconfig"))
    shown = user.tollbook("install", "--dry-run")
    assert "tollbook.service" in shown
    assert "nothing was changed" in shown
    assert snapshot(user.home, times_of=("src", ".gitconfig")) == before
    said = user.tollbook("install")
    assert "tollbook agent run" in said
    agent = user.agent()
    try:
        until(lambda: "running, process" in user.tollbook("status"), "the agent does not answer")
        user.call(1)
        user.call(2)

        def today() -> list[tuple[str | None, int]]:
            return [(row["key"][0], row["calls"]) for row in json.loads(user.tollbook("today", "--json"))["rows"]]

        until(lambda: today() == [("PAY-123", 2)], "today does not show the calls")
        ticket = json.loads(user.tollbook("ticket", "PAY-123", "--json"))
        assert (ticket["calls"], ticket["source"], ticket["usage"]["input"]) == (2, "laptop", 203)
        assert [row["key"] for row in ticket["by"]["engineer"]] == ["ada@example.com"]
        user.forget_logs()
        said = user.tollbook("uninstall")
        assert "removed, with what was read" in said
        assert agent.wait(SECONDS) == 0
    finally:
        if agent.poll() is None:
            agent.kill()
            agent.wait()
    assert snapshot(user.home, times_of=("src", ".gitconfig")) == before


def test_the_network_is_captured_by_what_was_installed(user: NewUser) -> None:
    steps = json.loads(user.tollbook("self-test", "--json"))["steps"]
    assert [(each["tier"], each["passed"]) for each in steps] == [
        ("network", True),
        ("log", True),
        ("log", True),
        ("report", True),
    ]
