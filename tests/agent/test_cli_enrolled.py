"""`tollbook ticket` with a collector: its answer where it has one, the laptop's own and a word about it where not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Commands, scanned_demo
from tests.support.laptop import settings_of
from tests.support.loopback_http import OneAnswer
from tollbook_agent.cli.reader import STALE
from tollbook_agent.lock import StoreLock


@pytest.fixture
def api() -> Iterator[OneAnswer]:
    with OneAnswer().served() as made:
        yield made


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return scanned_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def tollbook(demo: dict[str, str], api: OneAnswer, capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands({**demo, "TOLLBOOK_API": api.url, "http_proxy": "http://127.0.0.1:1"}, capsys)


def answer_of(tollbook: Commands, **changed: Any) -> dict[str, Any]:
    mine: dict[str, Any] = tollbook("ticket", "PAY-123", "--laptop", "--json").document
    return {**mine, "source": "collector", **changed}


def test_the_collector_answers(tollbook: Commands, api: OneAnswer) -> None:
    theirs = answer_of(tollbook, calls=99)
    api.body = json.dumps(theirs).encode()
    assert tollbook("ticket", "pay-123", "--json").document == theirs
    assert "99 calls" in tollbook("ticket", "PAY-123").out
    assert "from the collector" in tollbook("ticket", "PAY-123").out
    assert {path for path, _ in api.asked} == {"/api/v1/tickets/PAY-123"}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (404, b"{}"),
        (200, b""),
        (200, b"[1]"),
        (200, b"{}"),
        (200, b'{"ticket":'),
        (200, b"[" * 100_000),
        (200, b"\xff\xfe\x00"),
        (0, b"\x00\x00\x06\x04\x00\x00\x00\x00\x00 this is gRPC\n"),
    ],
)
def test_whatever_else_answers_the_laptop_does_and_says_so(
    tollbook: Commands, api: OneAnswer, status: int, body: bytes
) -> None:
    api.status, api.body = status, body
    said = tollbook("ticket", "PAY-123", "--json")
    assert said.code == 0
    assert json.loads(said.out) == answer_of(tollbook, source="laptop")
    assert said.err.startswith("tollbook: ")
    assert "this is the laptop's own answer" in said.err


def test_a_collector_that_is_away(tollbook: Commands) -> None:
    said = tollbook("ticket", "PAY-123", TOLLBOOK_API="http://127.0.0.1:1")
    assert said.code == 0
    assert "from the laptop" in said.out
    assert "the collector does not answer" in said.err


def test_the_laptop_is_asked_alone_where_a_person_wants_that(tollbook: Commands, api: OneAnswer) -> None:
    assert tollbook("ticket", "PAY-123", "--laptop", "--json").document["source"] == "laptop"
    assert api.asked == []


def test_an_agent_that_runs_with_other_settings_is_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = scanned_demo(tmp_path)
    tollbook = Commands(own, capsys)
    assert tollbook("spend").err == ""
    lock = StoreLock(settings_of(own).home / "lock")
    said = tollbook("spend", "--json", TOLLBOOK_PROJECT_KEYS="OPS")
    lock.release()
    assert (said.code, said.err) == (0, f"tollbook: {STALE}\n")
    assert len(json.loads(said.out)["rows"]) == 4, "what the agent has booked"
