"""The filter of aliases: never a false "new", small, growing, and whole again after whatever happened."""

import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from itertools import batched
from pathlib import Path
from random import Random

import pytest

from tests.collector.claim_maker import MINUTE, make_claim
from tests.collector.store.record_state import NOW, opened, rows
from tollbook.claim import Claim, ClaimKey
from tollbook.vocabulary import Source
from tollbook_collector.store.record import bloom, known
from tollbook_collector.store.record.bloom import BITS_AN_ALIAS, SMALLEST_BITS, Bloom, bits_for
from tollbook_collector.store.record.connect import connect_reading
from tollbook_collector.store.record.known import Known

MAX_FALSE = 0.002
"""Share of new hashes that may be taken for known at capacity; each costs one look a day."""


def hashes(count: int, seed: int = 1) -> list[int]:
    choice = Random(seed)
    return [choice.getrandbits(64) - 2**63 for _ in range(count)]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Filters and chunks small enough to be grown and written many times in a test."""
    monkeypatch.setattr(bloom, "SMALLEST_BITS", 1 << 12)
    monkeypatch.setattr(known, "CHUNK_BYTES", 1 << 7)
    monkeypatch.setattr(known, "ALIASES_A_CHUNK", 16)
    monkeypatch.setattr(known, "SCAN", 50)


@pytest.fixture
def table(tmp_path: Path) -> Generator[sqlite3.Connection]:
    """The tables a filter lives in, empty."""
    path = tmp_path / "record.sqlite"
    with opened(path), closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


@pytest.fixture
def make(table: sqlite3.Connection, tmp_path: Path) -> Generator[Callable[[], Known]]:
    """Filters of the table; the next is what a start makes of the file."""
    made: list[Known] = []

    def another() -> Known:
        made.append(Known(table, 1, lambda: connect_reading(tmp_path / "record.sqlite")))
        return made[-1]

    yield another
    for each in made:
        each.close()


def add(connection: sqlite3.Connection, filters: Known, some: list[int], commit: bool = True) -> None:
    """One transaction that books hashes."""
    connection.execute("BEGIN IMMEDIATE")
    filters.refresh()
    connection.executemany("INSERT INTO alias VALUES (1, ?, ?, 1)", [(hash_ % 7, hash_) for hash_ in some])
    filters.note(some)
    connection.execute(
        "INSERT INTO tally VALUES (1, 'aliases', ?) ON CONFLICT DO UPDATE SET value = value + excluded.value",
        (len(some),),
    )
    connection.execute("COMMIT" if commit else "ROLLBACK")
    if commit:
        filters.confirm()


def test_what_was_added_is_known_and_little_else() -> None:
    one = Bloom()
    added, others = hashes(one.capacity // 4), hashes(20_000, seed=2)
    one.add(added)
    assert one.known(added) == added
    assert len(one.known(others)) < MAX_FALSE * len(others)
    assert one.known([]) == []


def test_a_filter_is_due_at_its_capacity_and_the_next_has_room_for_twice_as_many() -> None:
    assert bits_for(0) == SMALLEST_BITS
    for aliases in (10**5, 10**6, 3 * 10**7):
        bits = bits_for(aliases)
        assert bits.bit_count() == 1
        assert 2 * aliases <= bits // BITS_AN_ALIAS < 4 * aliases or bits == SMALLEST_BITS


@pytest.mark.usefixtures("small")
def test_a_filter_grows_while_it_is_used(table: sqlite3.Connection, make: Callable[[], Known]) -> None:
    filters, booked = make(), list[int]()
    sizes = {filters.bits}
    for some in batched(hashes(2_000), 20):
        add(table, filters, list(some))
        booked += some
        sizes.add(filters.bits)
        assert filters.among(booked) == booked
    assert len(sizes) == 3
    assert filters.bits >= BITS_AN_ALIAS * len(booked)


@pytest.mark.usefixtures("small")
def test_no_transaction_writes_a_whole_filter(
    table: sqlite3.Connection, make: Callable[[], Known], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "CHUNKS_AT_ONCE", 1)
    filters = make()
    written: list[int] = []

    def note(sql: str) -> None:
        if sql.startswith("BEGIN"):
            written.append(0)
        elif "INTO alias_filter" in sql:
            written[-1] += 1

    table.set_trace_callback(note)
    for some in batched(hashes(2_000), 16):
        add(table, filters, list(some))
    table.set_trace_callback(None)
    assert filters.bits // 8 // known.CHUNK_BYTES > 4 * max(written)
    assert max(written) == 2  # one of the larger filter, one for the hashes that came


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(6))
def test_a_filter_is_whole_after_any_start_and_roll_back(
    table: sqlite3.Connection, make: Callable[[], Known], seed: int
) -> None:
    choice = Random(seed)
    filters, booked, fresh = make(), list[int](), iter(hashes(3_000, seed))
    for _ in range(60):
        some = [next(fresh) for _ in range(choice.randint(0, 40))]
        commit = choice.random() < 0.8
        add(table, filters, some, commit)
        booked += some if commit else []
        if choice.random() < 0.2:
            filters = make()  # a restart: what the file says is all there is
        assert filters.among(booked) == booked


@pytest.mark.usefixtures("small")
def test_a_filter_learns_what_another_process_booked(table: sqlite3.Connection, make: Callable[[], Known]) -> None:
    mine, other, booked = make(), make(), list[int]()
    for number, some in enumerate(batched(hashes(3_000), 25)):
        add(table, other if number % 10 else mine, list(some))
        booked += some
        if number % 10 == 9:
            mine.refresh()
            assert mine.among(booked) == booked


@pytest.mark.usefixtures("small")
def test_notes_are_few_and_the_last_one_stays(table: sqlite3.Connection, make: Callable[[], Known]) -> None:
    filters = make()
    for some in batched(hashes(4_000), 20):
        add(table, filters, list(some))
    (notes,) = table.execute("SELECT COUNT(*) FROM alias_news").fetchone()
    chunks = filters.bits // 8 // known.CHUNK_BYTES
    assert 1 <= notes <= 2 * chunks * known.ALIASES_A_CHUNK // 20 + 1


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("damage", ["DELETE FROM alias_filter", "DELETE FROM alias_filter WHERE chunk = 1"])
def test_a_lost_filter_is_made_again_from_the_table(
    table: sqlite3.Connection, make: Callable[[], Known], damage: str
) -> None:
    filters, booked = make(), hashes(900)
    for some in batched(booked, 30):
        add(table, filters, list(some))
    table.execute(damage)
    table.execute("DELETE FROM alias_news")
    again = make()
    assert again.among(booked) == booked
    assert len(again.among(hashes(900, seed=9))) < 20


@pytest.mark.usefixtures("small")
def test_a_record_of_many_starts_still_books_each_call_once(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    for start in range(0, 400, 20):
        with opened(path) as record:
            made = record.book([make_claim(number) for number in range(start, start + 20)], now_ns=NOW)
            seen = record.book([make_claim(number, Source.LOG) for number in range(start + 20)], now_ns=NOW)
        assert (made.new_calls, seen.new_calls) == (20, 0)
    assert rows(path, "SELECT COUNT(*) FROM call") == [(400,)]


def half(number: int, source: Source, place: int, days: int) -> Claim:
    """An observer of call `number` that knows one of its ids, and has the clock wrong by some days."""
    claim = make_claim(number)
    own, late = claim.ids[place], days * 24 * 60 * MINUTE
    key = ClaimKey(claim.key.observer, source, own)
    return replace(claim, key=key, ids=(own,), started_at=claim.started_at + late, ended_at=claim.ended_at + late)


@pytest.mark.usefixtures("small")
def test_ids_that_move_while_a_filter_grows_stay_known(tmp_path: Path) -> None:
    """Those of the later half of a call move to the day of the earlier one, which the growing filter may have read."""
    pairs = range(400)
    with opened(tmp_path / "record.sqlite") as record:
        for some in batched(pairs, 20):
            early = [half(number, Source.LOG, 0, 0) for number in some]
            record.book([*early, *[half(number, Source.OTEL, 1, 10) for number in some]], now_ns=NOW)
        for some in batched(pairs, 4):
            others = [make_claim(1_000 + number) for number in some]
            united = record.book([*[make_claim(number) for number in some], *others], now_ns=NOW)
            assert (united.new_calls, united.changed_calls) == (4, 4)
        again = record.book([half(number, Source.PROXY, 1, 0) for number in pairs], now_ns=NOW)
    assert again.new_calls == 0
