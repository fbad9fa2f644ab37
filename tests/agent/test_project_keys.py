"""The collector's project keys on a laptop: used for tickets, kept while the collector is away, never half a list."""

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.claude_lines import Laptop
from tests.support.laptop import settings_of
from tests.support.loopback_http import OneAnswer
from tests.support.small_store import eventually
from tollbook_agent import project_keys
from tollbook_agent.daemon import Agent
from tollbook_agent.identity_store import Enrolment, load, save
from tollbook_agent.kept_keys import KeysError, known_keys, read_keys
from tollbook_agent.project_keys import KeyWatch
from tollbook_agent.store.connect import connect_reading

TOKEN = "tbd_1_0123456789ab_never-shown"


def listing(*keys: str) -> bytes:
    return json.dumps({"project_keys": keys, "source": "outcomes"}).encode()


@pytest.fixture
def collector() -> Iterator[OneAnswer]:
    with OneAnswer(listing("PAY")).served() as made:
        yield made


def enrolled(home: Path, url: str) -> Enrolment:
    home.mkdir(parents=True, exist_ok=True)
    plain = Enrolment(
        url=url, collector="127.0.0.1:1", engineer="ada@example.com", device="0123456789abcdef", tenant="default",
        credential="0123456789ab", kept_in="file", state="active",
    )  # fmt: skip
    return save(home, plain, TOKEN, in_file=True)


def test_a_list_is_fetched_as_this_laptop_and_kept(tmp_path: Path, collector: OneAnswer) -> None:
    enrolment, told = enrolled(tmp_path, collector.url), list[str]()
    watch = KeyWatch(tmp_path, enrolment, lambda: told.append("changed"))
    watch.look()
    assert collector.asked == [(project_keys.PATH, f"Bearer {TOKEN}")]
    assert (watch.keys, known_keys(tmp_path, enrolment), told) == ({"PAY"}, {"PAY"}, ["changed"])


def test_the_same_list_again_changes_nothing(tmp_path: Path, collector: OneAnswer) -> None:
    told = list[str]()
    watch = KeyWatch(tmp_path, enrolled(tmp_path, collector.url), lambda: told.append("changed"))
    watch.look()
    watch.look()
    assert told == ["changed"]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"error": {}}),
        (503, {"project_keys": ["OPS"]}),
        (200, {"project_keys": []}),
        (200, {"project_keys": "OPS"}),
        (200, {"project_keys": ["ops-1"]}),
        (200, {}),
        (200, ["OPS"]),
        (200, "x" * 300_000),
    ],
)
def test_what_is_no_list_leaves_the_last_one(status: int, body: Any, tmp_path: Path, collector: OneAnswer) -> None:
    enrolment = enrolled(tmp_path, collector.url)
    KeyWatch(tmp_path, enrolment, lambda: None).look()
    collector.status, collector.body = status, json.dumps(body).encode()
    watch = KeyWatch(tmp_path, enrolment, lambda: None)
    watch.look()
    assert (watch.keys, known_keys(tmp_path, enrolment)) == ({"PAY"}, {"PAY"})
    assert watch.last_error is not None
    assert TOKEN not in watch.last_error


def test_a_collector_without_a_list_takes_it_back(tmp_path: Path, collector: OneAnswer) -> None:
    enrolment = enrolled(tmp_path, collector.url)
    watch = KeyWatch(tmp_path, enrolment, lambda: None)
    watch.look()
    collector.body = json.dumps({"project_keys": None, "source": None}).encode()
    watch.look()
    assert (watch.keys, known_keys(tmp_path, enrolment)) == (None, None)


def test_the_list_of_another_collector_does_not_count(tmp_path: Path, collector: OneAnswer) -> None:
    KeyWatch(tmp_path, enrolled(tmp_path, collector.url), lambda: None).look()
    assert known_keys(tmp_path, enrolled(tmp_path, "http://127.0.0.1:2")) is None


@pytest.mark.parametrize("document", [None, 7, {"project_keys": [1]}, {"project_keys": ["A"]}])
def test_other_documents_are_no_lists(document: Any) -> None:
    with pytest.raises(KeysError):
        read_keys(document)


def test_settings_take_the_kept_list_unless_something_is_set(tmp_path: Path, collector: OneAnswer) -> None:
    laptop = Laptop(tmp_path)
    KeyWatch(laptop.home, enrolled(laptop.home, collector.url), lambda: None).look()
    assert settings_of(laptop.environment).project_keys == {"PAY"}
    own = settings_of({**laptop.environment, "TOLLBOOK_PROJECT_KEYS": "OPS"})
    assert (own.project_keys, own.keys_of_collector) == ({"OPS"}, False)


def tickets(laptop: Laptop) -> list[str | None]:
    """The tickets of the calls that are stored."""
    connection = connect_reading(laptop.home / "laptop.db")
    assert connection is not None
    with contextlib.closing(connection):
        return [row[0] for row in connection.execute("SELECT tickets FROM call")]


def test_a_running_agent_books_by_the_list_as_it_changes(
    tmp_path: Path, collector: OneAnswer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_keys, "HEARTBEAT_SECONDS", 0.02)
    laptop = Laptop(tmp_path)
    laptop.write(1)
    collector.body = listing("OPS")
    enrolled(laptop.home, collector.url)
    agent = Agent(settings_of(laptop.environment), laptop.environment)
    thread = threading.Thread(target=agent.run, name="agent")
    thread.start()
    try:
        eventually(lambda: known_keys(laptop.home, enrolled_as(laptop)) == {"OPS"})
        eventually(lambda: tickets(laptop) == [None])
        collector.body = listing("OPS", "PAY")
        eventually(lambda: tickets(laptop) == ["PAY-1"])
    finally:
        agent.stop()
        thread.join(20)
    assert not thread.is_alive()


def enrolled_as(laptop: Laptop) -> Enrolment:
    found = load(laptop.home)
    assert found is not None
    return found
