"""Where a call belongs that was seen without a folder: its session's place at that moment, else its process's."""

import json
import os
import sqlite3
import sys
from pathlib import Path

import pytest

from tests.support.domain import NOON, SECOND, request, sighting
from tollbook.vocabulary import Evidence, Source, Tool
from tollbook_agent.capture import locate as module
from tollbook_agent.capture.locate import Locator
from tollbook_agent.capture.observation import NOWHERE, Observation, Place

MINUTE = 60 * SECOND


def seen(at: int = NOON, *, session: str | None = "s", connection: str | None = None, name: str = "r") -> Observation:
    """On the wire."""
    made = sighting(Source.PROXY, request(name), started_at=at, ended_at=at, session_id=session)
    return Observation(sighting=made, place=NOWHERE, connection=connection)


def logged(folder: str, at: int = NOON, session: str = "s", name: str = "l") -> Observation:
    made = sighting(Source.LOG, request(name), started_at=at, ended_at=at, session_id=session)
    return Observation(sighting=made, place=Place(cwd=folder))


def told(folder: str, at: int = NOON, session: str = "s") -> Observation:
    """By the metadata of the call itself."""
    made = sighting(Source.PROXY, request("m"), started_at=at, ended_at=at, session_id=session)
    return Observation(sighting=made, place=Place(cwd=folder, evidence=Evidence.METADATA))


def places(found: list[Observation]) -> list[tuple[str | None, Evidence]]:
    return [(each.place.cwd, each.place.evidence) for each in found if each.sighting.ids != (request("l"),)]


@pytest.fixture
def locator(tmp_path: Path) -> Locator:
    return Locator({}, str(tmp_path))


def test_the_log_teaches_where_a_session_was_at_which_time(locator: Locator) -> None:
    for folder, at in (("/b", NOON + 10 * MINUTE), ("/a", NOON), ("/a", NOON + MINUTE), ("/c", NOON + 20 * MINUTE)):
        assert locator.locate([logged(folder, at)]) == [logged(folder, at)]
    moments = (-MINUTE, 0, MINUTE, 9 * MINUTE, 10 * MINUTE - SECOND, 15 * MINUTE, 30 * MINUTE)
    found = locator.locate([seen(NOON + moment) for moment in moments])
    assert [folder for folder, _ in places(found)] == ["/a", "/a", "/a", "/a", "/b", "/b", "/c"]
    assert {evidence for _, evidence in places(found)} == {Evidence.LOG}


def test_the_calls_own_metadata_wins_and_teaches(locator: Locator) -> None:
    locator.locate([logged("/log")])
    assert places(locator.locate([told("/meta", NOON + MINUTE)])) == [("/meta", Evidence.METADATA)]
    assert places(locator.locate([seen(NOON + 2 * MINUTE)])) == [("/meta", Evidence.LOG)]


def test_a_call_waits_for_its_session_and_comes_back_once(locator: Locator) -> None:
    early = [seen(name="r1"), seen(name="r2"), seen(name="r3", session="other")]
    assert locator.locate(early) == early
    found = locator.locate([logged("/a")])
    assert places(found) == [("/a", Evidence.LOG)] * 2
    assert [each.sighting.ids for each in found[1:]] == [(request("r1"),), (request("r2"),)]
    assert len(locator.locate([logged("/a", NOON + MINUTE)])) == 1


def test_a_call_without_a_session_waits_for_nothing(locator: Locator) -> None:
    assert places(locator.locate([seen(session=None)])) == [(None, Evidence.LOG)]
    assert len(locator.locate([logged("/a")])) == 1


def test_claude_codes_own_file_of_the_session(tmp_path: Path) -> None:
    sessions = tmp_path / ".claude" / "sessions"
    sessions.mkdir(parents=True)
    for name, data in (("1.json", b"{"), ("2.json", b"[]"), ("3.json", b'{"sessionId": 3}'), ("4.txt", b"{}")):
        (sessions / name).write_bytes(data)
    path = sessions / "4711.json"
    path.write_text(json.dumps({"sessionId": "s", "cwd": "/first"}))
    locator = Locator({}, str(tmp_path))
    assert places(locator.locate([seen()])) == [("/first", Evidence.SESSION)]
    assert places(locator.locate([seen(session="unknown")])) == [(None, Evidence.LOG)]
    path.write_text(json.dumps({"sessionId": "s", "cwd": "/second"}))
    os.utime(path, ns=(1, 1))
    assert places(locator.locate([seen()])) == [("/second", Evidence.SESSION)]
    assert places(locator.locate([logged("/log"), seen()])) == [("/log", Evidence.LOG)]


@pytest.mark.parametrize("ending", ["", "/projects"])
def test_where_claude_code_is_configured_to_write(tmp_path: Path, ending: str) -> None:
    (tmp_path / "own" / "sessions").mkdir(parents=True)
    (tmp_path / "own" / "sessions" / "1.json").write_text(json.dumps({"sessionId": "s", "cwd": "/own"}))
    locator = Locator({"CLAUDE_CONFIG_DIR": f"/nowhere, {tmp_path}/own{ending}"}, str(tmp_path))
    assert places(locator.locate([seen()])) == [("/own", Evidence.SESSION)]


def test_the_process_of_the_connection_is_the_last_resort(tmp_path: Path) -> None:
    locator = Locator({}, str(tmp_path), {"c": "/process"}.get)
    assert places(locator.locate([seen(connection="c", session=None)])) == [("/process", Evidence.PROCESS)]
    assert places(locator.locate([seen(connection="gone", session=None)])) == [(None, Evidence.LOG)]
    assert places(locator.locate([seen(connection="c")])) == [("/process", Evidence.PROCESS)]
    found = locator.locate([logged("/log")])  # now it is known better, and said again
    assert places(found) == [("/log", Evidence.LOG)]


def test_what_it_remembers_is_bounded(locator: Locator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SESSIONS", 2)
    monkeypatch.setattr(module, "MAX_PLACES", 3)
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    for number in range(5):
        locator.locate([logged(f"/{number}", NOON + number * MINUTE, session="long")])
    assert places(locator.locate([seen(session="long")])) == [("/2", Evidence.LOG)]  # the oldest it still knows
    for number in range(2):
        locator.locate([logged("/x", session=f"s{number}")])
    assert places(locator.locate([seen(session="long", name="l2")])) == [(None, Evidence.LOG)]
    for number in range(5):
        locator.locate([seen(session=f"w{number}")])
    back = [len(locator.locate([logged("/y", session=f"w{number}")])) - 1 for number in range(5)]
    assert back == [0, 0, 1, 1, 1]


def test_a_conversation_of_cursor_is_where_its_own_database_says(tmp_path: Path) -> None:
    path = tmp_path / ".config" / "Cursor" / "User" / "globalStorage" / "state.vscdb"
    path.parent.mkdir(parents=True)
    row = {"workspaceIdentifier": {"uri": {"fsPath": "/src/ledger"}}}
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE cursorDiskKV (key TEXT UNIQUE, value BLOB)")
        connection.execute("INSERT INTO cursorDiskKV VALUES ('composerData:talk-1', ?)", (json.dumps(row),))
    connection.close()
    seen = Observation(sighting=sighting(source=Source.HOOK, tool=Tool.CURSOR, session_id="talk-1"))
    [located] = Locator({}, str(tmp_path)).locate([seen])
    expected = ("/src/ledger", Evidence.SESSION) if sys.platform == "linux" else (None, Evidence.LOG)
    assert (located.place.cwd, located.place.evidence) == expected
