"""`tollbook ticket fix`, and `session`: a person says afterwards which ticket a session's calls belong to."""

import threading
from pathlib import Path

import pytest

from tests.support.claude_lines import SESSION, Laptop, answer
from tests.support.commands import Commands
from tests.support.laptop import settings_of
from tests.support.small_store import eventually
from tollbook_agent.cli import exit_codes
from tollbook_agent.daemon import Agent

OTHER = "5d1f0c3a-0002-4000-8000-000000000002"


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    """Two calls of a folder that names no ticket, one of them a subagent's; one call of a branch that names PAY-1."""
    made = Laptop(tmp_path)
    with made.log().open("wb") as file:
        file.write(answer(1))
        file.write(answer(2, isSidechain=True, agentId="a1b2c3"))
        file.write(answer(3, cwd=str(made.repository)))
    with made.log(OTHER).open("wb") as file:
        file.write(answer(4, sessionId=OTHER))
    return made


@pytest.fixture
def tollbook(laptop: Laptop, capsys: pytest.CaptureFixture[str]) -> Commands:
    said = Commands({**laptop.environment, "TOLLBOOK_PROJECT_KEYS": "PAY,OPS,WEB"}, capsys)
    assert said("scan").code == 0
    return said


def by_ticket(tollbook: Commands) -> dict[str | None, int]:
    return {row["key"]: row["calls"] for row in tollbook("session", SESSION, "--json").document["by"]["ticket"]}


def test_calls_without_a_ticket_get_one_and_the_others_keep_theirs(tollbook: Commands) -> None:
    assert by_ticket(tollbook) == {None: 2, "PAY-1": 1}
    said = tollbook("ticket", "fix", SESSION, "ops-9", "--json").document
    assert said == {"session": SESSION, "tickets": ["OPS-9"], "calls": 2}
    assert by_ticket(tollbook) == {"OPS-9": 2, "PAY-1": 1}
    assert tollbook("ticket", "OPS-9", "--json").document["evidence"] == {"person": 2}
    assert "names a ticket already" in tollbook("ticket", "fix", SESSION, "WEB-1").out


def test_the_last_word_counts_and_all_means_all(tollbook: Commands) -> None:
    for key in ("WEB-1", "OPS-9"):  # not in the order of the alphabet
        assert "3 calls" in tollbook("ticket", "fix", SESSION, key, "--all").out
    assert by_ticket(tollbook) == {"OPS-9": 3}
    totals = tollbook("spend", "--json").document["total"]
    assert totals["calls"] == 4


def test_money_and_calls_stay_what_they_were(tollbook: Commands) -> None:
    before = tollbook("spend", "--by", "model", "--json").out
    assert tollbook("ticket", "fix", SESSION, "OPS-9", "WEB-1").code == 0
    assert tollbook("spend", "--by", "model", "--json").out == before
    assert tollbook("calls", "--ticket", "OPS-9", "--json").lines[0]["sources"] == ["log", "person"]


def test_the_command_that_the_table_names_mends_it(tollbook: Commands) -> None:
    lines = tollbook("spend").out.splitlines()
    assert lines[0].endswith("unassigned in 2 sessions; name their tickets:")
    commands = [line.split("#")[0].replace("KEY", "OPS-9").split() for line in lines if "ticket fix" in line]
    for words in commands:
        assert tollbook(*words[1:]).code == 0
    assert "unassigned" not in tollbook("spend").out


@pytest.mark.parametrize(
    ("words", "code", "wrong"),
    [
        (("5d1f0c3a", "OPS-9"), exit_codes.FAILED, "begins 2 sessions"),
        (("nobody", "OPS-9"), exit_codes.FAILED, "no call is of a session 'nobody'"),
        ((SESSION,), exit_codes.USAGE, "name a session and ticket keys"),
        ((SESSION, "garbage"), exit_codes.USAGE, "name a session and ticket keys"),
    ],
)
def test_what_cannot_be_done_is_said(tollbook: Commands, words: tuple[str, ...], code: int, wrong: str) -> None:
    said = tollbook("ticket", "fix", *words)
    assert (said.code, said.out) == (code, "")
    assert wrong in said.err


def test_beside_a_resident_agent_that_one_does_it(laptop: Laptop, tollbook: Commands) -> None:
    agent = Agent(settings_of(tollbook.environment), dict(tollbook.environment))
    thread = threading.Thread(target=agent.run, name="agent")
    thread.start()
    try:
        eventually(lambda: (laptop.home / "control.json").exists())
        assert tollbook("ticket", "fix", SESSION, "OPS-9", "--json").document["calls"] == 2
    finally:
        agent.stop()
        thread.join(20)
    assert by_ticket(tollbook) == {"OPS-9": 2, "PAY-1": 1}


def test_a_session_and_its_subagents(tollbook: Commands) -> None:
    found = tollbook("session", SESSION[:13], "--json").document
    assert (found["session"], found["tool"], found["calls"], found["status"]) == (
        SESSION,
        "claude-code",
        3,
        "estimated",
    )
    assert {row["key"]: row["calls"] for row in found["by"]["agent"]} == {None: 2, "a1b2c3": 1}
    for rows in found["by"].values():
        assert sum(row["list_nano_usd"] for row in rows) == found["list_nano_usd"]
    assert tollbook("session", "--json").document["session"] == OTHER
    assert "a1b2c3" in tollbook("session", SESSION).out


def test_a_session_that_is_not_known(tollbook: Commands) -> None:
    said = tollbook("session", "nobody")
    assert (said.code, said.out) == (exit_codes.FAILED, "")
    assert "no call is of a session 'nobody'" in said.err
