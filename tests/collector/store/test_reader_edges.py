"""The reader's edges: sums beyond 64 bits, records from before there were files, locks, what DuckDB may see."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.store.record_state import NOW, change, opened, rows
from tollbook import answer
from tollbook_collector.ask import SpendQuestion
from tollbook_collector.store.reader import duck, opening
from tollbook_collector.store.reader.leases import Lease
from tollbook_collector.store.reader.leaves import LEAF_COLUMNS, leaves
from tollbook_collector.store.reader.record_reader import RecordReader
from tollbook_collector.store.record import schema
from tollbook_collector.store.record.connect import open_file

BY = SpendQuestion(by=("tool", "day"))
DAY = 24 * 60
LARGE = 2**62


def test_sums_beyond_64_bits_are_exact(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    with opened(path) as record:
        record.book([make_claim(number) for number in range(5)], now_ns=NOW)
        change(path, "UPDATE call SET list_nano_usd = ?", LARGE)
        with closing(RecordReader(path, 1)) as reader:
            found = reader.spend(BY)
        assert found == answer.spend(record.rows(None, None), BY.by, None, None)
        assert found["total"]["list_nano_usd"] == 5 * LARGE
    pytest.importorskip("duckdb")
    from tests.collector.store.reader_bench import bench

    with bench(path) as made:
        assert made.sealer.turn().sealed == 1
        assert made.fast.days(BY.span) == (1, 0)
        assert made.agree(BY)["total"]["list_nano_usd"] == 5 * LARGE


@pytest.mark.parametrize("by", [("month",), ("month", "day"), ("model", "month"), ("ticket", "month")])
@pytest.mark.parametrize("engineers", [None, frozenset({"nobody"}), frozenset[str]()])
def test_months_are_those_of_the_files(tmp_path: Path, by: tuple[str, ...], engineers: frozenset[str] | None) -> None:
    pytest.importorskip("duckdb")
    from tests.collector.store.reader_bench import bench

    with bench(tmp_path / "record.sqlite") as made:
        days = (0, 1, 2, 40, 41, 100)
        made.record.book([make_claim(day * DAY + number) for day in days for number in range(2)], now_ns=NOW)
        while made.sealer.turn().sealed:
            pass
        question = SpendQuestion(by=by)
        assert made.fast.days(question.span) == (len(days), 0)
        rows = made.agree(question, engineers)["rows"]
        assert len({row["key"][by.index("month")] for row in rows}) == (3 if engineers is None else 0)


def test_days_of_an_older_record_are_declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "record.sqlite"
    with opened(path) as record:
        record.book([make_claim(day * DAY) for day in (0, 1, 4)], now_ns=NOW)
    whole = rows(path, "SELECT tenant, day, version, sealed FROM day_file")
    assert len(whole) == 3
    before = next(number for number, each in enumerate(schema.MIGRATIONS) if any("day_file" in one for one in each))
    change(path, "DELETE FROM migration WHERE number > ?", before)
    for table in ("day_file", "retired_file"):
        with closing(open_file(path)) as connection:
            connection.execute(f"DROP TABLE {table}")
    monkeypatch.setattr(schema, "NEWEST", before + 1)
    with closing(open_file(path)) as connection:
        schema.migrate(connection)
        schema.migrate(connection)
    assert rows(path, "SELECT tenant, day, version, sealed FROM day_file") == whole


def test_the_record_answers_without_duckdb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duck, "MODULE", "no_such_module")
    path = tmp_path / "record.sqlite"
    with opened(path) as record:
        record.book([make_claim(number) for number in range(3)], now_ns=NOW)
        assert opening.open_files(path) is None
        with closing(opening.open_reader(None, path, 1)) as reader:
            assert reader.spend(BY)["total"]["calls"] == 3


def test_the_fastest_engine_is_taken(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    path = tmp_path / "it's.sqlite"
    with opened(path) as record:
        record.book([make_claim(number) for number in range(3)], now_ns=NOW)
        files = opening.open_files(path)
        assert files is not None
        with closing(files), closing(opening.open_reader(files, path, 1)) as reader:
            assert type(reader).__name__ == "DuckReader"
            assert reader.spend(BY)["total"]["calls"] == 3


def test_duckdb_sees_one_folder_and_settings_are_final(tmp_path: Path) -> None:
    module = pytest.importorskip("duckdb")
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n", encoding="utf-8")
    with closing(duck.connect(tmp_path / "days")) as connection:
        for query in (
            f"SELECT * FROM read_csv({duck.quoted(secret)})",
            f"COPY (SELECT 1) TO {duck.quoted(tmp_path / 'out.parquet')} (FORMAT parquet)",
            "SET enable_external_access = true",
            "INSTALL httpfs",
        ):
            with pytest.raises(module.Error):
                connection.execute(query)


def test_leaves_hold_dimensions_and_sums_alone(tmp_path: Path) -> None:
    assert {*LEAF_COLUMNS, "month"} >= set(answer.DIMENSIONS), "a month is worked out of its days"
    with opened(tmp_path / "record.sqlite") as record:
        record.book([make_claim(1)], now_ns=NOW)
        (row,) = record.rows(None, None)
    (leaf,) = leaves(row)
    named = dict(zip(LEAF_COLUMNS, leaf, strict=True))
    assert named["ticket"] == "PAY-101"
    assert (named["calls"], named["ticket_calls"], named["output"]) == (1, 1, 34)
    tickets = leaves(row._replace(tickets="OPS-1 PAY-2", output=35))
    assert [dict(zip(LEAF_COLUMNS, one, strict=True))["output"] for one in tickets] == [18, 17]
    assert [one[LEAF_COLUMNS.index("calls")] for one in tickets] == [1, 0]
    assert [one[LEAF_COLUMNS.index("ticket_calls")] for one in tickets] == [1, 1]


_HOLD = """
import sys
from pathlib import Path
from tollbook_collector.store.reader.leases import Lease
with Lease(Path(sys.argv[1])).shared():
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_lease_holds_between_processes_and_ends_with_them(tmp_path: Path) -> None:
    lease = Lease(tmp_path / "folder" / "readers.lock")
    with lease.shared(), lease.shared(), lease.alone() as mine:
        assert not mine
    with lease.alone() as mine:
        assert mine
        with lease.alone() as other:
            assert not other
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path / "folder" / "readers.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with lease.shared(), lease.alone() as mine:
            assert not mine
        with lease.alone() as mine:
            assert not mine
        holder.kill()
        holder.wait()
    with lease.alone() as mine:
        assert mine
