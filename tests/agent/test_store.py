"""The laptop's store: all or nothing, one schema, private, and no traceback however it is damaged."""

import contextlib
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.domain import NOON, made_for, request, response
from tests.support.small_store import prepared, store_at
from tollbook.booked import COLUMNS
from tollbook.booking import ClusterKey
from tollbook.ticket import TicketRule
from tollbook.vocabulary import Evidence
from tollbook_agent.store import migrations, reading, schema
from tollbook_agent.store import store as store_module
from tollbook_agent.store.connect import FileCursor, connect, connect_reading, cursors
from tollbook_agent.store.store import Discard, Store

TABLES = ("file", "alias", "claim", "call", "discard", "explicit_ticket")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "laptop.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    made = store_at(path)
    yield made
    made.close()


def rows(path: Path, sql: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def change(path: Path, sql: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(sql)
    connection.commit()
    connection.close()


def everything(path: Path) -> dict[str, list[Any]]:
    return {table: rows(path, f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}


def cursor(name: str) -> FileCursor:
    return FileCursor(f"/logs/{name}", "codex", 1, 2, 3, 4, 5, b"head", b"tail", "{}", NOON)


def spoil(path: Path, table: str) -> None:
    """From now on the second row put into a table fails, as a full disk would."""
    change(
        path,
        f"CREATE TRIGGER spoilt BEFORE INSERT ON {table} WHEN (SELECT COUNT(*) FROM {table}) > 0"
        " BEGIN SELECT RAISE(ABORT, 'spoilt'); END",
    )


@pytest.mark.parametrize("table", ["file", "alias", "claim", "call", "discard"])
def test_a_batch_that_fails_midway_stores_nothing_and_the_next_one_everything(
    store: Store, path: Path, table: str
) -> None:
    before = everything(path)
    batch = [prepared(number) for number in range(3)]
    more = ([cursor("a"), cursor("b")], [Discard(path=each, reason="r", count=1, detail="") for each in "ab"])
    spoil(path, table)
    with pytest.raises(sqlite3.IntegrityError, match="spoilt"):
        store.commit(batch, *more, now_ns=NOON)
    assert everything(path) == before
    assert store.backlog() == 0
    change(path, "DROP TRIGGER spoilt")
    assert store.commit(batch, *more, now_ns=NOON) == 3
    after = everything(path)
    assert [len(after[table]) for table in TABLES] == [2, 3, 3, 3, 2, 0]
    assert store.backlog() == 3
    assert {one.sequence for one in store.unsent(10)} == {row[-1] for row in after["claim"]}


def test_a_full_disk_loses_nothing_that_was_committed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def small(where: Path) -> sqlite3.Connection:
        connection = connect(where)
        connection.execute("PRAGMA max_page_count = 32")
        return connection

    monkeypatch.setattr(store_module, "connect", small)
    store = store_at(path)
    stored = 0
    with contextlib.suppress(sqlite3.OperationalError):
        while stored < 10_000:
            store.commit([prepared(number) for number in range(stored, stored + 20)], now_ns=NOON)
            stored += 20
    assert 0 < stored < 10_000
    assert len(everything(path)["claim"]) == len(everything(path)["call"]) == store.backlog() == stored
    with pytest.raises(sqlite3.OperationalError, match="full"):
        store.commit([prepared(number) for number in range(stored, stored + 50)], now_ns=NOON)
    store.close()
    monkeypatch.undo()
    roomy = store_at(path)
    assert roomy.commit([prepared(number) for number in range(stored + 50)], now_ns=NOON) == 50
    roomy.close()
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]


def test_ids_unite_what_was_two_calls_and_every_former_id_still_leads_there(store: Store, path: Path) -> None:
    store.commit([prepared(1), prepared(2, request("req_2"))], now_ns=NOON)
    first, second = (ClusterKey(*row) for row in rows(path, "SELECT bucket, row FROM call ORDER BY row"))
    former = rows(path, "SELECT hash FROM alias")
    assert store.commit([prepared(3, response("msg_1"), request("req_2"))], now_ns=NOON) == 1
    assert rows(path, "SELECT bucket, row, part FROM call") == [(*first, 0)]
    assert rows(path, "SELECT DISTINCT bucket, row FROM claim") == [first]
    assert rows(path, f"SELECT COUNT(*) FROM alias WHERE row = {second.row}") == [(0,)]
    assert set(former) <= set(rows(path, "SELECT hash FROM alias"))
    assert len(rows(path, "SELECT key FROM claim")) == 2


def test_a_row_number_is_never_used_twice(path: Path) -> None:
    for number in range(3):
        store = store_at(path)
        store.commit([prepared(number), prepared(10 + number)], now_ns=NOON)
        store.close()
    assert [row for (row,) in rows(path, "SELECT row FROM claim ORDER BY row")] == [1, 2, 3, 4, 5, 6]
    assert [row for (row,) in rows(path, "SELECT unsent FROM claim ORDER BY row")] == [1, 2, 3, 4, 5, 6]


def tickets(path: Path) -> list[Any]:
    return rows(path, "SELECT tickets, ticket_evidence FROM call ORDER BY started_at")


def test_other_project_keys_derive_tickets_anew_from_branches_and_never_those_a_person_set(path: Path) -> None:
    said = made_for(branch=("feature/PAY-7-x", Evidence.REFLOG), tickets=("OPS-1", Evidence.EXPLICIT))
    batch = [prepared(1), prepared(2, work=said)]
    store = store_at(path)
    store.commit(batch, now_ns=NOON)
    store.close()
    assert tickets(path) == [("PAY-1", "branch"), ("OPS-1", "explicit")]
    for keys, first in ((frozenset({"WEB"}), (None, None)), (frozenset({"PAY"}), ("PAY-1", "branch"))):
        store_at(path, TicketRule(project_keys=keys)).close()
        assert tickets(path) == [first, ("OPS-1", "explicit")]


def test_calls_are_booked_anew_for_another_price_book_or_program_only(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_at(path)
    store.commit([prepared(1)], now_ns=NOON)
    store.close()
    money = rows(path, "SELECT list_nano_usd FROM call")
    change(path, "UPDATE call SET list_nano_usd = 7")
    store_at(path).close()
    assert rows(path, "SELECT list_nano_usd FROM call") == [(7,)], "nothing changed, nothing is done"
    change(path, "UPDATE meta SET value = replace(value, ' ', ' older-') WHERE key = 'projection'")
    store_at(path).close()
    assert rows(path, "SELECT list_nano_usd FROM call") == money
    change(path, "UPDATE call SET list_nano_usd = 7")
    monkeypatch.setattr("tollbook.__version__", "9.9.9")
    store_at(path).close()
    assert rows(path, "SELECT list_nano_usd FROM call") == money


def test_discards_are_summed_cleared_and_counted_anew(store: Store, path: Path) -> None:
    def put(reason: str, count: int, **more: Any) -> None:
        store.commit((), (), [Discard(path="a", reason=reason, count=count, detail=f"of {count}")], now_ns=9, **more)

    put("torn", 2)
    put("torn", 3)
    assert rows(path, "SELECT * FROM discard") == [("a", "torn", 5, 9, "of 3")]
    put("torn", 1, restarted=["a"])
    put("state", 1)
    put("state", 1, cleared=[("a", "state")])
    assert rows(path, "SELECT reason, count FROM discard ORDER BY 1") == [("state", 1), ("torn", 1)]
    store.commit((), (), (), cleared=[("a", "state")], now_ns=9)
    assert rows(path, "SELECT reason FROM discard") == [("torn",)]


def test_the_newest_rows_are_found_by_day_and_row(store: Store, path: Path) -> None:
    day = 86_400 * 10**9
    for number in (5, 3, 4):
        store.commit([prepared(number, started_at=number * day, ended_at=number * day)], now_ns=NOON)
    connection = connect_reading(path)
    assert connection is not None
    assert reading.last_row(connection) == 3
    assert [place.row for place in reading.since(connection, 1)] == [2, 3]
    assert [place.row for place in reading.found(connection)] == [1, 3, 2], "newest first"
    assert [place.row for place in reading.found(connection, newest=1)] == [1]
    for wanted, expected in (
        (reading.Wanted(ticket="PAY-4"), [3]),
        (reading.Wanted(ticket="PAY"), []),
        (reading.Wanted(repo="acme/shop", start=4 * day, end=5 * day), [3]),
        (reading.Wanted(repo="acme"), []),
        (reading.Wanted(session="none"), []),
    ):
        assert [place.row for place in reading.found(connection, wanted)] == expected
    connection.close()


def test_everything_of_the_store_is_for_its_owner_only(store: Store, path: Path) -> None:
    store.commit([prepared(1)], now_ns=NOON)
    files = list(path.parent.iterdir())
    assert {file.name for file in files} == {"laptop.db", "laptop.db-wal", "laptop.db-shm"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["a b", "per%20cent", "what?mode=rw", "hash#tag", "ünï"])
def test_a_home_of_any_name_can_be_read(tmp_path: Path, name: str) -> None:
    where = tmp_path / name / "laptop.db"
    store = store_at(where)
    store.commit((), [cursor("a")], now_ns=NOON)
    connection = connect_reading(where)
    assert connection is not None
    assert cursors(connection) == {"/logs/a": cursor("a")}
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM file")
    connection.close()
    store.close()


def test_reading_makes_no_store(path: Path) -> None:
    assert connect_reading(path) is None
    assert not path.exists()


# ---- schema


def master(connection: sqlite3.Connection) -> list[Any]:
    return connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()


VERSION_1 = Path(__file__).parent / "fixtures" / "schema_1.sql"


def test_a_migrated_store_is_a_fresh_one() -> None:
    """From every released schema on: the statements of the first are kept as they were released."""
    fresh = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(fresh)
    old = sqlite3.connect(":memory:", isolation_level=None)
    old.executescript(VERSION_1.read_text())
    old.execute("PRAGMA user_version = 1")
    schema.migrate(old)
    assert master(old) == master(fresh)
    assert schema.version_of(old) == schema.version_of(fresh) == schema.VERSION
    fresh.close()
    old.close()


def test_every_version_has_its_step() -> None:
    assert sorted(migrations.STEPS) == list(range(2, schema.VERSION + 1))


def test_steps_run_in_order_each_in_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    def add(database: Any) -> None:
        database["one"].create({"id": int}, pk="id")

    def fail(database: Any) -> None:
        database["two"].create({"id": int}, pk="id")
        database["one"].insert({"id": 1})
        raise sqlite3.OperationalError("disk I/O error")

    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(connection)
    monkeypatch.setattr(migrations, "STEPS", {12: fail, 11: add})
    with pytest.raises(sqlite3.OperationalError):
        migrations.upgrade(connection, 1)
    assert connection.execute("PRAGMA user_version").fetchone() == (11,)
    assert not connection.in_transaction
    names = {row[1] for row in master(connection)}
    assert "one" in names
    assert "two" not in names
    assert connection.execute("SELECT COUNT(*) FROM one").fetchone() == (0,)
    connection.close()


def test_a_store_of_a_newer_program_is_left_alone(path: Path) -> None:
    store_at(path).close()
    change(path, f"PRAGMA user_version = {schema.VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(schema.NewerStore, match="upgrade tollbook-agent"):
        store_at(path)
    assert path.read_bytes() == before


def test_the_columns_of_calls_are_those_that_answers_need(store: Store, path: Path) -> None:
    names = [row[1] for row in rows(path, "PRAGMA table_info(call)")]
    assert names == ["bucket", "row", "part", *COLUMNS]
