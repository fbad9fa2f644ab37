"""The audit log: it grows, it cannot be changed unnoticed, and who has been there stands in it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.collector.auth.auth_bench import Bench, bench
from tests.collector.claim_maker import make_claim
from tests.collector.store.record_state import NOW, opened, rows, state
from tollbook_collector.auth.records import Event, Kind
from tollbook_collector.store.record import schema
from tollbook_collector.store.record.access import Access

EVENTS = [Event(actor="operator", action=f"action{number}", object=f"o{number}", detail="d") for number in range(8)]


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as made:
        for number, event in enumerate(EVENTS):
            made.access.note(1, event, NOW + number)
        yield made


def force(path: Path, sql: str, *values: object) -> None:
    """What somebody who can write the file can do."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER IF EXISTS audit_not_changed")
        connection.execute("DROP TRIGGER IF EXISTS audit_not_deleted")
        assert connection.execute(sql, values).rowcount > 0
        connection.commit()


def test_entries_stand_in_their_order_and_are_whole(parts: Bench) -> None:
    found = parts.access.entries(1)
    assert [one.event for one in found] == EVENTS
    assert [one.sequence for one in found] == list(range(1, len(EVENTS) + 1))
    assert parts.access.audit_faults(1) == []
    assert parts.access.entries(1, after=6) == found[6:]


@pytest.mark.parametrize(
    "sql", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "REPLACE INTO audit SELECT * FROM audit"]
)
def test_the_database_refuses_changes(parts: Bench, sql: str) -> None:
    with closing(sqlite3.connect(parts.settings.store)) as connection:
        connection.execute("PRAGMA recursive_triggers = ON")
        with pytest.raises(sqlite3.IntegrityError, match="only grows"):
            connection.execute(sql)


@pytest.mark.parametrize("column", ["at", "actor", "action", "object", "detail", "chain"])
@pytest.mark.parametrize("sequence", [1, 4, 8])
def test_a_changed_entry_is_found(parts: Bench, column: str, sequence: int) -> None:
    value: object = {"at": 1, "chain": bytes(32)}.get(column, "other")
    force(parts.settings.store, f"UPDATE audit SET {column} = ? WHERE sequence = ?", value, sequence)
    assert str(sequence) in parts.access.audit_faults(1)[0]


def test_an_entry_that_is_gone_or_from_another_tenant_is_found(parts: Bench) -> None:
    force(parts.settings.store, "DELETE FROM audit WHERE sequence = 3")
    assert parts.access.audit_faults(1) == ["entry 3 is gone"]
    force(parts.settings.store, "UPDATE audit SET tenant = 2 WHERE sequence = 1")
    assert parts.access.audit_faults(2)


def test_texts_cannot_move_between_fields(parts: Bench) -> None:
    force(parts.settings.store, "UPDATE audit SET object = 'o3d', detail = '' WHERE sequence = 4")
    assert parts.access.audit_faults(1)


def test_another_pepper_proves_nothing(parts: Bench) -> None:
    with closing(Access(parts.settings.store, bytes(32))) as other:
        assert other.audit_faults(1)


def test_a_credential_and_its_line_are_written_together_or_not(parts: Bench) -> None:
    before = len(parts.access.entries(1))
    token = parts.token(Kind.API, email="a@example.com")
    parts.revoke(token)
    assert [one.event.action for one in parts.access.entries(1)[before:]] == ["token_create", "token_revoke"]


def first_schema(path: Path, newer: Path) -> None:
    """A record as the first version made it, with what a newer one holds in the tables of that version."""
    newer_tables = {name for (name,) in rows(newer, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE migration (number INTEGER PRIMARY KEY)")
        connection.execute("INSERT INTO migration VALUES (1)")
        for statement in schema.MIGRATIONS[0]:
            connection.execute(statement)
        own = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert own <= newer_tables
        connection.execute("ATTACH ? AS newer", (str(newer),))
        for table in own - {"migration"}:
            connection.execute(f"INSERT INTO {table} SELECT * FROM newer.{table}")


def test_a_record_of_the_first_schema_keeps_everything(tmp_path: Path) -> None:
    """All migrations after the first, with data in it."""
    newer, path = tmp_path / "newer.sqlite", tmp_path / "record.sqlite"
    with opened(newer) as record:
        record.book([make_claim(number) for number in range(20)], now_ns=NOW)
    first_schema(path, newer)
    before = state(path)
    with opened(path) as record:
        assert record.verify() == []
    assert rows(path, "SELECT MAX(number) FROM migration") == [(schema.NEWEST,)]
    assert state(path) == before == state(newer)
    assert rows(path, "SELECT tenant, name FROM tenant") == [(1, "default")]
