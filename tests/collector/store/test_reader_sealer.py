"""Sealing: which days, when, and what is left after whatever goes wrong."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.store.record_state import BOOK, KEYS, NOW, rows
from tollbook.claim import Claim
from tollbook.ticket import TicketRule
from tollbook_collector.ask import SpendQuestion
from tollbook_collector.store.record.sqlite import Record

pytest.importorskip("duckdb")
from tests.collector.store.reader_bench import Bench, bench
from tollbook_collector.store.reader import sealer as module
from tollbook_collector.store.reader.background import BackgroundSealer
from tollbook_collector.store.reader.day_files import FilesFault
from tollbook_collector.store.reader.duck_reader import DuckReader
from tollbook_collector.store.reader.record_reader import RecordReader
from tollbook_collector.store.reader.sealer import NOTHING, Turn
from tollbook_collector.store.record.connect import transaction

DAY = 24 * 60
"""Calls of `make_claim` are a minute apart."""
BY_DAY = SpendQuestion(by=("day", "ticket"))
BY_ENGINEER = SpendQuestion(by=("engineer", "model"))


def calls(*numbers: int) -> list[Claim]:
    return [make_claim(number) for number in numbers]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Bench]:
    """Three calls on each of three days, all sealed."""
    with bench(tmp_path / "record.sqlite") as made:
        made.record.book(calls(*(day * DAY + call for day in range(3) for call in range(3))), now_ns=NOW)
        assert made.sealer.turn() == Turn(sealed=3, deleted=0, open_days=0)
        yield made


def test_sealed_days_come_from_files(made: Bench) -> None:
    assert len(made.files()) == 3
    assert made.fast.days(BY_DAY.span) == (3, 0)
    assert made.agree(BY_DAY)["total"]["calls"] == 9
    assert made.agree(BY_ENGINEER, frozenset({"ada@example.com"}))["total"]["calls"] == 6
    made.record.book(calls(DAY + 9), now_ns=NOW)
    assert made.fast.days(BY_DAY.span) == (2, 1)
    assert made.agree(BY_DAY)["total"]["calls"] == 10
    before = made.files()
    assert made.sealer.turn() == Turn(sealed=1, deleted=1, open_days=0)
    assert len(made.files() & before) == 2
    assert len(made.files()) == 3


def test_a_repeat_reopens_no_day(made: Bench) -> None:
    made.record.book(calls(0, 1, DAY), now_ns=NOW)
    assert made.fast.days(BY_DAY.span) == (3, 0)


def test_only_quiet_days_are_sealed(tmp_path: Path) -> None:
    now = [0.0]
    with bench(tmp_path / "record.sqlite", quiet_seconds=60.0, clock=lambda: now[0]) as made:
        made.record.book(calls(0, DAY), now_ns=NOW)
        assert made.sealer.turn() == Turn(0, 0, 2)
        now[0] = 40.0
        made.record.book(calls(1), now_ns=NOW)
        assert made.sealer.turn() == Turn(0, 0, 2)
        now[0] = 60.0
        assert made.sealer.turn() == Turn(1, 0, 1), "the other day changed twenty seconds ago"
        now[0] = 100.0
        assert made.sealer.turn() == Turn(1, 0, 0)
        made.agree(BY_DAY)


def test_files_live_as_long_as_somebody_reads_them(made: Bench) -> None:
    before = made.files()
    made.record.book(calls(5), now_ns=NOW)
    with made.day_files.readers.shared():
        assert made.sealer.turn() == Turn(sealed=1, deleted=0, open_days=0)
        assert before < made.files()
        made.agree(BY_DAY)
    assert made.sealer.turn() == Turn(sealed=0, deleted=1, open_days=0)
    assert len(made.files()) == 3
    assert rows(made.record.path, "SELECT * FROM retired_file") == []


def test_who_reads_files_holds_them(made: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, held = made.day_files.sums, list[bool]()

    def watched(*given: Any) -> Any:
        with made.day_files.readers.alone() as mine:
            held.append(not mine)
        return whole(*given)

    monkeypatch.setattr(type(made.day_files), "sums", lambda self, *given: watched(*given))
    made.agree(BY_DAY)
    assert held == [True]
    with made.day_files.readers.alone() as mine:
        assert mine


def test_a_day_that_changes_while_it_is_written_is_not_sealed(made: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = made.day_files.write

    def disturbed(*given: Any) -> Any:
        written = whole(*given)
        made.record.book(calls(DAY + 50), now_ns=NOW)
        return written

    made.record.book(calls(DAY + 40), now_ns=NOW)
    monkeypatch.setattr(type(made.day_files), "write", lambda self, *given: disturbed(*given))
    assert made.sealer.turn() == Turn(sealed=0, deleted=1, open_days=1), "the file of the older version goes"
    assert made.agree(BY_DAY)["total"]["calls"] == 11


@pytest.mark.parametrize("kind", [OSError, FilesFault])
def test_a_file_that_cannot_be_written_costs_nothing(
    made: Bench, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def failing(*given: Any) -> Any:
        raise kind("no room")

    made.record.book(calls(7), now_ns=NOW)
    with monkeypatch.context() as patched:
        patched.setattr("os.replace", failing)
        assert made.sealer.turn() == Turn(sealed=0, deleted=1, open_days=1), "the unfinished file goes"
    made.agree(BY_DAY)
    assert made.sealer.turn().sealed == 1
    made.agree(BY_DAY)


def test_a_kill_before_the_manifest_names_a_file_leaves_nothing(made: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*given: Any) -> Any:
        raise KeyboardInterrupt

    made.record.book(calls(7), now_ns=NOW)
    with monkeypatch.context() as patched:
        patched.setattr(module.manifest, "seal", killed)
        with pytest.raises(KeyboardInterrupt):
            made.sealer.turn()
    assert len(made.files()) == 4
    made.agree(BY_DAY)
    assert made.sealer.turn() == Turn(sealed=1, deleted=2, open_days=0)
    made.agree(BY_DAY)


@pytest.mark.parametrize("harm", ["gone", "cut", "spoilt"])
def test_a_lost_file_costs_time_and_no_answer(made: Bench, harm: str) -> None:
    path = made.folder / min(made.files())
    if harm == "gone":
        path.unlink()
    elif harm == "cut":
        path.write_bytes(path.read_bytes()[:-9])
    else:
        path.write_bytes(bytes(path.stat().st_size))
    made.agree(BY_DAY)
    made.agree(BY_ENGINEER)
    if harm != "spoilt":
        made.sealer.close()
        made.sealer = module.Sealer(made.day_files, made.record.path, quiet_seconds=0.0)
        assert made.sealer.turn().sealed == 1
    else:
        made.sealer.rebuild()
        assert made.fast.days(BY_DAY.span) == (0, 3)
        assert made.sealer.turn() == Turn(sealed=3, deleted=3, open_days=0)
    assert made.fast.days(BY_DAY.span) == (3, 0)
    made.agree(BY_DAY)


def test_a_day_without_calls_has_no_file(made: Bench) -> None:
    """As when all its calls turn out to have begun on another day."""
    with transaction(made.sealer._connection):  # pyright: ignore[reportPrivateUsage]
        module.manifest.touch(made.sealer._connection, 1, [7])  # pyright: ignore[reportPrivateUsage]
    assert made.sealer.turn() == Turn(sealed=1, deleted=0, open_days=0)
    assert len(made.files()) == 3
    assert made.fast.days(BY_DAY.span) == (3, 0)
    made.agree(BY_DAY)


def test_one_sealer_works_at_a_time(made: Bench) -> None:
    made.record.book(calls(7), now_ns=NOW)
    other = module.Sealer(made.day_files, made.record.path, quiet_seconds=0.0)
    with other._alone.alone() as mine:  # pyright: ignore[reportPrivateUsage]
        assert mine
        assert made.sealer.turn() == NOTHING
    assert other.turn().sealed == 1
    other.close()


def test_tenants_have_files_of_their_own(made: Bench) -> None:
    path = made.record.path
    other = Record(path, rule=TicketRule(project_keys=KEYS), book=BOOK, tenant=2)
    other.book(calls(1, 2, DAY), now_ns=NOW)
    other.close()
    assert made.sealer.turn().sealed == 2
    assert {name.split("/")[0] for name in made.files()} == {"1", "2"}
    assert made.agree(BY_DAY)["total"]["calls"] == 9
    theirs, plain = DuckReader(made.day_files, path, 2), RecordReader(path, 2)
    assert theirs.days(BY_DAY.span) == (2, 0)
    assert theirs.spend(BY_DAY) == plain.spend(BY_DAY)
    assert theirs.spend(BY_DAY)["total"]["calls"] == 3
    theirs.close()
    plain.close()


def test_the_background_sealer_seals_by_itself(made: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    made.record.book(calls(7), now_ns=NOW)
    done, whole = threading.Event(), module.Sealer.turn
    failed: list[int] = []

    def turn(sealer: module.Sealer, *given: Any) -> Turn:
        if not failed:
            failed.append(1)
            raise OSError("not now")
        taken = whole(sealer, *given)
        done.set()
        return taken

    monkeypatch.setattr(module.Sealer, "turn", turn)
    background = BackgroundSealer(module.Sealer(made.day_files, made.record.path, quiet_seconds=0.0), turn_seconds=0.01)
    assert done.wait(60), "a turn that fails is followed by another"
    background.close()
    assert made.fast.days(BY_DAY.span) == (3, 0)
