"""Opening a record: who may read it, which files are refused, what is computed anew."""

import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.store.record_state import BOOK, NOW, change, opened, rows, state
from tests.support.domain import claim, made_for, response
from tollbook.booked import Booked
from tollbook.vocabulary import Evidence, Source
from tollbook_collector.store.record import reproject, schema
from tollbook_collector.store.record.errors import WrongSchema

BRANCH = claim(
    Source.LOG, response("msg_1"), work=made_for(branch=("PAY-1-and-OPS-2", Evidence.HEAD), repo=("a/b", Evidence.LOG))
)
EXPLICIT = claim(Source.LOG, response("msg_2"), work=made_for(tickets=("PAY-3", Evidence.EXPLICIT)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "home" / "record.sqlite"
    with opened(path) as record:
        record.book([BRANCH, EXPLICIT, *map(make_claim, range(9))], now_ns=NOW)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_only_its_owner_can_read_it(path: Path) -> None:
    with opened(path) as record:
        record.book([make_claim(99)], now_ns=NOW)
        files = list(path.parent.iterdir())
        assert len(files) == 3
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_opening_again_changes_nothing(path: Path) -> None:
    before = state(path), rows(path, "SELECT * FROM meta")
    with opened(path) as record:
        assert record.verify() == []
    assert (state(path), rows(path, "SELECT * FROM meta")) == before


def test_every_key_begins_with_the_tenant(path: Path) -> None:
    tables = [name for (name,) in rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert {"call", "claim", "alias", "migration"} <= set(tables)
    for table in set(tables) - {"migration"}:
        keys = rows(path, "SELECT name FROM pragma_table_info(?) WHERE pk = 1", table)
        assert keys == [("tenant",)], table
    for (index,) in rows(path, "SELECT name FROM sqlite_master WHERE type = 'index'"):
        assert rows(path, "SELECT name FROM pragma_index_info(?) WHERE seqno = 0", index) == [("tenant",)], index


def test_another_list_of_project_keys_judges_branches_anew_and_never_what_somebody_said(path: Path) -> None:
    def tickets(keys: frozenset[str] | None) -> set[tuple[str | None, str | None]]:
        with opened(path, keys) as record:
            assert record.verify() == []
            return {(row.tickets, row.ticket_evidence) for row in record.rows(None, None) if row.tool == "claude-code"}

    mine = {("PAY-3", "explicit")}
    assert tickets(frozenset({"PAY", "OPS"})) >= mine | {("OPS-2 PAY-1", "branch")}
    assert tickets(frozenset({"OPS"})) == mine | {("OPS-2", "branch"), (None, None)}
    assert tickets(frozenset({"WEB"})) == mine | {(None, None)}
    assert ("OPS-2 PAY-1", "branch") in tickets(None)


def test_another_price_book_prices_all_calls_anew(path: Path) -> None:
    before = state(path)
    with opened(path, book=replace(BOOK, version="other", channels={})) as record:
        assert record.verify() == []
        found = list(record.rows(None, None))
        assert found
        assert all(row.unpriced and row.list_nano_usd == 0 for row in found)
        assert record.counts()["price_book"] == "other"
    with opened(path):
        assert state(path) == before


def test_projecting_anew_goes_on_where_it_was_interrupted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = state(path)
    monkeypatch.setattr(reproject, "CLUSTERS_AT_ONCE", 2)
    slices: list[list[Booked]] = []
    whole = reproject.CallChanges.write

    def interrupted(*given: object) -> None:
        if len(slices) == 3:
            raise KeyboardInterrupt
        slices.append([])
        whole(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(reproject.CallChanges, "write", interrupted)
    with pytest.raises(KeyboardInterrupt), opened(path, frozenset()):
        pass
    monkeypatch.setattr(reproject.CallChanges, "write", lambda *given: (slices.append([]), whole(*given)))
    with opened(path, frozenset()) as record:
        assert record.verify() == []
    assert len(slices) == 6, "six slices of two, each written once"
    with opened(path):
        assert state(path) == expected


def test_a_record_of_a_newer_version_is_refused_and_not_touched(path: Path) -> None:
    change(path, "INSERT INTO migration VALUES (?)", schema.NEWEST + 1)
    before = path.read_bytes()
    with pytest.raises(WrongSchema, match=f"schema {schema.NEWEST + 1}.*newer"), opened(path):
        pass
    assert path.read_bytes() == before


def test_another_program_s_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    path.touch()
    change_anything = "CREATE TABLE note (text TEXT)"
    rows(path, change_anything)
    with pytest.raises(WrongSchema, match="not a Tollbook record"), opened(path):
        pass


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    path.write_bytes(b"a letter to a friend, long enough to be looked at as a database header, and then some more" * 9)
    before = path.read_bytes()
    with pytest.raises(WrongSchema, match="not a database"), opened(path):
        pass
    assert path.read_bytes() == before


def test_two_records_on_one_file_book_each_call_once(path: Path) -> None:
    """A second process books too: each learns from the file what the other has booked."""
    with opened(path) as one, opened(path) as other:
        for number in range(20, 60):
            writer, repeater = (one, other) if number % 3 else (other, one)
            assert writer.book([make_claim(number)], now_ns=NOW).new_calls == 1
            assert repeater.book([make_claim(number)], now_ns=NOW).new_calls == 0
        assert one.verify() == other.verify() == []
    assert rows(path, "SELECT COUNT(DISTINCT row) FROM claim") == [(51,)]
