"""The reader while the record changes: calls that move to another day, calls booked anew, all at once in threads."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.store.record_state import NOW, opened
from tollbook.vocabulary import Source
from tollbook_collector.ask import SpendQuestion

pytest.importorskip("duckdb")
from tests.collector.store.reader_bench import bench
from tollbook_collector.store.reader.background import BackgroundSealer

DAY = 24 * 60
DAY_NS = 86_400 * 10**9
BY = SpendQuestion(by=("day", "ticket"))
BATCH = 5
BATCHES = 40


def test_a_call_that_moves_to_another_day_opens_both(tmp_path: Path) -> None:
    with bench(tmp_path / "record.sqlite") as made:
        made.record.book([make_claim(number) for number in (0, DAY, DAY + 1, 2 * DAY)], now_ns=NOW)
        assert made.sealer.turn().sealed == 3
        earlier = make_claim(DAY, Source.LOG)
        made.record.book([replace(earlier, started_at=earlier.started_at - DAY_NS)], now_ns=NOW)
        assert made.fast.days(BY.span) == (1, 2)
        days = {row["key"][0]: row["calls"] for row in made.agree(SpendQuestion(by=("day",)))["rows"]}
        assert sorted(days.values()) == [1, 1, 2]
        assert made.sealer.turn().sealed == 2
        made.agree(BY)
        made.record.book([replace(earlier, started_at=earlier.started_at - 2 * DAY_NS)], now_ns=NOW)
        made.sealer.turn()
        assert made.fast.days(BY.span)[1] == 0
        assert len(made.agree(SpendQuestion(by=("day",)))["rows"]) == 4


def test_calls_booked_anew_open_their_days(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    with bench(path) as made:
        made.record.book([make_claim(number) for number in (0, DAY)], now_ns=NOW)
        made.sealer.turn()
        before = made.agree(BY)
    with opened(path, keys=frozenset({"OPS"})):
        pass
    with bench(path) as made:  # which books them anew once more, by the first list of keys
        assert made.fast.days(BY.span) == (0, 2)
        assert made.agree(BY) == before


def test_every_answer_is_of_one_moment(tmp_path: Path) -> None:
    """Each batch touches three days: an answer that mixes moments has part of a batch."""
    with bench(tmp_path / "record.sqlite") as made:

        def write() -> None:
            for batch in range(BATCHES):
                claims = [make_claim(batch * BATCH + each + each % 3 * DAY) for each in range(BATCH)]
                made.record.book(claims, now_ns=NOW)

        sealing = BackgroundSealer(made.sealer, turn_seconds=0.001)
        writing = threading.Thread(target=write)
        writing.start()
        seen = [0]
        while writing.is_alive():
            answer = made.fast.spend(BY)
            seen.append(answer["total"]["calls"])
            assert sum(row["calls"] for row in answer["rows"]) == seen[-1]
        writing.join()
        assert all(calls % BATCH == 0 for calls in seen)
        assert seen == sorted(seen)
        sealing.close()
        assert made.agree(BY)["total"]["calls"] == BATCHES * BATCH
