"""Cursor's database: the folder of a conversation, and nothing else of it; Cursor is never disturbed."""

import json
import sqlite3
from pathlib import Path

import pytest

from tollbook_agent.capture.cursor import state

A, B = "c1c1c1c1-0000-4000-8000-000000000001", "c1c1c1c1-0000-4000-8000-000000000002"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "a %?#b"
    folder.mkdir()
    made = folder / "state.vscdb"
    rows = {
        f"composerData:{A}": json.dumps({"name": "CANARY", "workspaceIdentifier": {"uri": {"fsPath": "/src/ledger"}}}),
        f"composerData:{B}": json.dumps({"workspaceIdentifier": {"uri": {"external": "file:///src/b%20c"}}}),
        "composerData:none": "{}",
        "composerData:null": None,
        "composerData:torn": '{"workspaceIdentifier": {"uri": {"fsP',
        "composerData:far": json.dumps({"workspaceIdentifier": {"uri": {"external": "vscode-remote://ssh/src"}}}),
        "composerData:blob": b"\xff\x00",
    }
    with sqlite3.connect(made) as connection:
        connection.execute("CREATE TABLE ItemTable (key TEXT UNIQUE, value BLOB)")
        connection.execute("INSERT INTO ItemTable VALUES ('cursorAuth/accessToken', 'CANARY-TOKEN')")
        connection.execute("CREATE TABLE cursorDiskKV (key TEXT UNIQUE, value BLOB)")
        connection.executemany("INSERT INTO cursorDiskKV VALUES (?, ?)", rows.items())
    connection.close()
    return made


def test_each_conversation_has_its_folder(path: Path) -> None:
    assert state.folders(path, [A, B, A]) == state.Folders({A: "/src/ledger", B: "/src/b c"})


def test_a_damaged_row_costs_that_row(path: Path) -> None:
    found = state.folders(path, ["torn", "null", "none", "far", "blob", "missing", A])
    assert found.by_conversation == {A: "/src/ledger"}
    assert [problem.reason for problem in found.problems] == ["state_row_damaged"] * 2


def test_nothing_is_asked_of_the_table_of_the_sign_in(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    connect = sqlite3.connect

    def watched(*given: object, **named: object) -> sqlite3.Connection:
        connection = connect(*given, **named)  # type: ignore[arg-type]
        connection.set_trace_callback(asked.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", watched)
    state.folders(path, [A, "cursorAuth/accessToken"])
    assert len(asked) == 2
    assert all("FROM cursorDiskKV WHERE key = 'composerData:" in each for each in asked)


def test_a_lock_of_cursor_is_neither_waited_for_nor_disturbed(path: Path) -> None:
    before = path.read_bytes()
    with sqlite3.connect(path) as cursor:
        cursor.execute("BEGIN EXCLUSIVE")
        assert state.folders(path, [A]).by_conversation == {A: "/src/ledger"}
    cursor.close()
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_what_is_no_database_is_a_problem(tmp_path: Path) -> None:
    assert state.folders(tmp_path / "missing", [A]) == state.Folders({})
    damaged = tmp_path / "state.vscdb"
    damaged.write_bytes(b"not a database " * 100)
    assert [problem.reason for problem in state.folders(damaged, [A, B]).problems] == ["state_unreadable"]
    damaged.write_bytes(b"")
    assert [problem.reason for problem in state.folders(damaged, [A]).problems] == ["state_unreadable"]


def test_where_each_system_keeps_it() -> None:
    end = ("Cursor", "User", "globalStorage", "state.vscdb")
    assert state.database({}, "/u", "linux") == Path("/u/.config", *end)
    assert state.database({"XDG_CONFIG_HOME": "/x"}, "/u", "linux") == Path("/x", *end)
    assert state.database({}, "/u", "darwin") == Path("/u/Library/Application Support", *end)
    assert state.database({"APPDATA": "/roaming"}, "/u", "win32") == Path("/roaming", *end)
