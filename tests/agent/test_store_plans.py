"""What is asked often is found by an index, however many calls there are."""

from pathlib import Path

import pytest

from tests.support.domain import DAY, NOON
from tests.support.small_store import prepared, store_at
from tollbook_agent.store import reading
from tollbook_agent.store.connect import connect_reading


@pytest.mark.parametrize(
    ("condition", "index"),
    [("started_at >= 1 AND started_at < 2", "call_started"), ("session_id = 's'", "call_session")],
)
def test_an_index_finds_calls(tmp_path: Path, condition: str, index: str) -> None:
    store_at(tmp_path / "laptop.db").close()
    connection = connect_reading(tmp_path / "laptop.db")
    assert connection is not None
    plan = connection.execute(f"EXPLAIN QUERY PLAN SELECT list_nano_usd FROM call WHERE {condition}").fetchall()
    connection.close()
    assert [index in row[3] for row in plan] == [True]


def test_a_span_holds_its_first_moment_and_not_its_last(tmp_path: Path) -> None:
    store = store_at(tmp_path / "laptop.db")
    moments = (NOON - 1, NOON, NOON + DAY - 1, NOON + DAY)
    store.commit([prepared(number, started_at=each, ended_at=each) for number, each in enumerate(moments)], now_ns=NOON)
    store.close()
    connection = connect_reading(tmp_path / "laptop.db")
    assert connection is not None
    found = [row.started_at for row in reading.rows(connection, NOON, NOON + DAY)]
    connection.close()
    assert found == [NOON, NOON + DAY - 1]
