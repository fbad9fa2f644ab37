"""Backup while claims come in, restore, and the answers are equal: the drill."""

import json
import os
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.collector.claim_maker import FIRST, make_claim
from tests.collector.collector_bench import filled_record
from tollbook.prices import default_book
from tollbook.ticket import TicketRule
from tollbook_collector import exit_codes
from tollbook_collector.cli.main import main
from tollbook_collector.store.backup import BackupError, InUse, alone, check, copy, restore, schema_of
from tollbook_collector.store.finance.sqlite import FILE_NAME, FinanceFile
from tollbook_collector.store.record.schema import NEWEST
from tollbook_collector.store.record.sqlite import Record

STAMP = "20261101T000000Z"


def open_record(path: Path) -> Record:
    return Record(path, rule=TicketRule(project_keys=frozenset({"PAY"})), book=default_book())


def answers(path: Path) -> dict[str, Any]:
    """Everything that a record says."""
    record = open_record(path)
    try:
        assert record.verify() == []
        return {
            "counts": record.counts(),
            "rows": sorted(map(repr, record.rows(None, None))),
            "calls": record.documents(limit=1_000),
        }
    finally:
        record.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(tmp_path))
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_PROJECT_KEYS", "PAY")
    return tmp_path


def test_a_backup_under_load_is_one_moment_and_brings_back_its_answers(tmp_path: Path) -> None:
    path, backup = tmp_path / "record.sqlite", tmp_path / "backup.sqlite"
    with filled_record(path) as record:
        stopping = threading.Event()

        def ingest() -> None:
            number = 100
            while not stopping.is_set():
                record.book([make_claim(each) for each in range(number, number + 20)], now_ns=FIRST)
                number += 20

        ingesting = threading.Thread(target=ingest)
        ingesting.start()
        try:
            checked = copy(path, backup)
        finally:
            stopping.set()
            ingesting.join()
        assert checked.rows["call"] <= record.counts()["calls"]
        assert checked.rows["call"] % 20 == 0, "whole batches only"
    saved = answers(backup)
    assert saved["counts"]["calls"] == checked.rows["call"]
    kept = restore(backup, path, STAMP)
    assert answers(path) == saved
    assert kept is not None
    assert answers(kept)["counts"]["calls"] >= checked.rows["call"]
    again = open_record(path)
    assert again.book([make_claim(9_999)], now_ns=FIRST).new_calls == 1
    assert again.verify() == []
    again.close()


def test_the_commands_bring_back_the_calls_and_the_bills(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with filled_record(home / "record.sqlite"):
        pass
    FinanceFile(home / FILE_NAME).close()
    file = home / "backups" / "one.sqlite"
    assert main(["ticket", "PAY-101", "--json"]) == exit_codes.OK
    before = capsys.readouterr().out
    assert main(["backup", str(file), "--json"]) == exit_codes.OK
    shown = capsys.readouterr()
    assert [Path(one["file"]).name for one in json.loads(shown.out)["files"]] == ["one.sqlite", "one.sqlite.finance"]
    assert "pepper" in shown.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    record = open_record(home / "record.sqlite")
    record.book([make_claim(number) for number in range(500, 600)], now_ns=FIRST)
    record.close()
    assert main(["ticket", "PAY-101", "--json"]) == exit_codes.OK
    assert capsys.readouterr().out != before
    assert main(["restore", str(file), "--json"]) == exit_codes.OK
    assert len(json.loads(capsys.readouterr().out)["kept"]) == 2
    assert main(["ticket", "PAY-101", "--json"]) == exit_codes.OK
    assert capsys.readouterr().out == before
    assert main(["verify"]) == exit_codes.OK


def test_bills_of_after_the_backup_are_put_aside(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with filled_record(home / "record.sqlite"):
        pass
    file = home / "one.sqlite"
    assert main(["backup", str(file)]) == exit_codes.OK
    FinanceFile(home / FILE_NAME).close()
    assert main(["restore", str(file)]) == exit_codes.OK
    assert not (home / FILE_NAME).exists()
    assert list(home.glob(FILE_NAME + ".before-*"))
    assert "What was there" in capsys.readouterr().err


def test_nothing_is_put_into_the_place_of_a_record_that_is_open(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, file = home / "record.sqlite", home / "one.sqlite"
    with filled_record(path):
        assert main(["backup", str(file)]) == exit_codes.OK
        before = sorted(os.listdir(home))
        assert main(["restore", str(file)]) == exit_codes.STORE
        assert "stop the collector" in capsys.readouterr().err
        assert sorted(os.listdir(home)) == before
        with pytest.raises(InUse):
            alone(path)
    alone(path)


def test_what_is_no_whole_backup_is_refused_and_nothing_changes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, file = home / "record.sqlite", home / "one.sqlite"
    with filled_record(path, 400):
        pass
    assert main(["backup", str(file)]) == exit_codes.OK
    whole, now = file.read_bytes(), path.read_bytes()
    short, other, bills = home / "short.sqlite", home / "other.sqlite", home / "bills.sqlite"
    short.write_bytes(whole[: len(whole) // 2])
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE x (y)")
    FinanceFile(bills).close()
    for wrong in (short, other, bills, home / "absent.sqlite"):
        assert main(["restore", str(wrong)]) == exit_codes.STORE, wrong
        assert "error: restore" in capsys.readouterr().err
    assert path.read_bytes() == now
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DELETE FROM call WHERE part = 0 AND row = 3")
        connection.commit()
    with pytest.raises(BackupError, match="running total"):
        check(file)


def test_a_backup_never_overwrites_and_leaves_no_unfinished_file(home: Path) -> None:
    with filled_record(home / "record.sqlite"):
        pass
    file = home / "one.sqlite"
    file.write_text("something of somebody's")
    assert main(["backup", str(file)]) == exit_codes.STORE
    assert file.read_text() == "something of somebody's"
    with pytest.raises(BackupError):
        copy(home / "absent.sqlite", home / "two.sqlite")
    assert not [name for name in os.listdir(home) if name.startswith("two")]


def test_a_damaged_record_is_replaced_and_kept(tmp_path: Path) -> None:
    path, file = tmp_path / "record.sqlite", tmp_path / "one.sqlite"
    with filled_record(path):
        pass
    copy(path, file)
    path.write_bytes(b"no database" * 1_000)
    kept = restore(file, path, STAMP)
    assert kept is not None
    assert kept.read_bytes().startswith(b"no database")
    assert answers(path)["counts"]["calls"] == 40


def test_migrate_says_where_a_record_stands(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with filled_record(home / "record.sqlite"):
        pass
    assert main(["migrate", "--json"]) == exit_codes.OK
    assert json.loads(capsys.readouterr().out) == {"from": NEWEST, "to": NEWEST, "done": True}
    assert schema_of(home / "record.sqlite") == NEWEST
    with closing(sqlite3.connect(home / "record.sqlite")) as connection:
        connection.execute("INSERT INTO migration VALUES (?)", (NEWEST + 1,))
        connection.commit()
    assert main(["migrate"]) == exit_codes.STORE
    assert "newer" in capsys.readouterr().err
