"""The leaves of a day are those of its calls, however they travel."""

import json
from collections import Counter
from contextlib import closing
from itertools import chain
from pathlib import Path

import pytest

from tests.collector.claim_maker import FIRST, make_claim
from tests.collector.store.record_state import NOW, change, opened
from tollbook.day import day_of
from tollbook_collector.ask import SpendQuestion
from tollbook_collector.store.reader import day_leaves
from tollbook_collector.store.reader.leaves import LEAF_COLUMNS, leaves
from tollbook_collector.store.record.connect import connect_reading

DAY = day_of(FIRST)
ODD = """a "b" 'c' \\ \n\t \u20ac \U0001f600 é [1,2] {"x":null}"""


def odd_record(path: Path) -> None:
    """Calls of one day: some with odd texts, without counts, with several tickets or none."""
    with opened(path) as record:
        record.book([make_claim(number) for number in range(40)], now_ns=NOW)
    change(path, "UPDATE call SET branch = ?, engineer = ? WHERE started_at % 7 = 0", ODD, ODD)
    change(path, "UPDATE call SET input = NULL WHERE started_at % 5 = 0")
    change(path, "UPDATE call SET tickets = 'OPS-1 PAY-2' WHERE started_at % 11 = 0")
    change(path, "UPDATE call SET tickets = NULL, model = '' WHERE started_at % 13 = 0")
    change(path, "UPDATE call SET list_nano_usd = ? WHERE started_at % 9 = 0", 2**62 + 1)


@pytest.mark.parametrize(("rows_a_text", "stretches"), [(1, 2), (10_000, 1)])
def test_every_leaf_of_a_day_comes_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_a_text: int, stretches: int
) -> None:
    monkeypatch.setattr(day_leaves, "ROWS_A_TEXT", rows_a_text)
    path = tmp_path / "record.sqlite"
    odd_record(path)
    with opened(path) as record, closing(connect_reading(path)) as connection:
        expected = Counter(chain.from_iterable(map(leaves, record.rows(DAY, DAY + 1))))
        texts = list(day_leaves.texts_of(connection, 1, DAY))
        plain = [tuple(one.values()) for text in texts for one in map(json.loads, text.split("\n"))]
        others = list(day_leaves.others_of(connection, 1, DAY))
        assert list(day_leaves.texts_of(connection, 1, DAY + 1)) == []
    assert Counter([*plain, *others]) == expected
    assert len(expected) > len(others) > 0
    assert {len(leaf) for leaf in plain} == {len(LEAF_COLUMNS)}
    assert len(texts) == stretches


def test_what_is_odd_comes_back_out_of_its_file(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    from tests.collector.store.reader_bench import bench

    path = tmp_path / "record.sqlite"
    odd_record(path)
    with bench(path) as made:
        assert made.sealer.turn().sealed == 1
        by = SpendQuestion(by=("engineer", "branch", "ticket", "model", "day"))
        assert made.fast.days(by.span) == (1, 0)
        answer = made.agree(by)
    assert any(row["key"][0] == ODD for row in answer["rows"])
