"""The set-based engine gives exactly what the reference gives: every piece, every posting."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.allocation import row, rows, rule_sets
from tollbook.money import apportion
from tollbook_collector.allocate import python_engine
from tollbook_collector.allocate.rows import AllocationRow
from tollbook_collector.allocate.rules import RuleSet

pytest.importorskip("duckdb", reason="the extra tollbook-collector[duckdb] is not installed")
pytest.importorskip("pyarrow", reason="the extra tollbook-collector[duckdb] is not installed")

from tollbook_collector.allocate.set_based import engine
from tollbook_collector.allocate.set_based.apportion import LARGEST, true_up
from tollbook_collector.allocate.set_based.connect import arrow, connect

CASES = 8
"""Each starts a database of its own twice over: a tenth of a second."""


@given(st.lists(rows(), max_size=12), rule_sets())
@settings(max_examples=CASES, deadline=None)
def test_pieces_and_postings_are_equal_line_for_line(given_rows: list[AllocationRow], rules: RuleSet) -> None:
    expected = python_engine.allocate(given_rows, rules)
    found = engine.allocate(given_rows, rules, threads=1)
    assert found.pieces == expected.pieces
    assert found.postings == expected.postings
    assert found == expected


def test_no_rows_are_no_pieces() -> None:
    assert engine.allocate([], RuleSet(name="x")) == python_engine.allocate([], RuleSet(name="x"))


def test_an_amount_of_more_than_64_bits_is_left_to_the_reference() -> None:
    large = [row(list_nano_usd=2**70)]
    assert engine.allocate(large, RuleSet(name="x")).pieces[0].amounts == (2**70, None, None)


def test_an_allocation_that_lost_money_is_left_to_the_reference(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place = engine.Engine._place  # pyright: ignore[reportPrivateUsage]

    def losing(self: engine.Engine) -> None:
        place(self)
        self._execute("UPDATE pieces SET m0 = m0 - 1 WHERE row = 0")  # pyright: ignore[reportPrivateUsage]

    monkeypatch.setattr(engine.Engine, "_place", losing)
    some = [row(list_nano_usd=7), row(list_nano_usd=8, repo="acme/x")]
    assert engine.allocate(some, RuleSet(name="x")) == python_engine.allocate(some, RuleSet(name="x"))
    assert "does not add up" in caplog.text


@given(
    st.dictionaries(
        st.text(alphabet="abé𝛼🙂", max_size=3),
        st.tuples(
            st.integers(-LARGEST - 1, LARGEST) | st.integers(-9, 9),
            st.dictionaries(
                st.text(alphabet="abé𝛼🙂", max_size=3), st.integers(0, LARGEST // 4) | st.integers(0, 3), min_size=1
            ).filter(lambda weights: any(weights.values())),
        ),
        max_size=4,
    )
)
@settings(max_examples=CASES, deadline=None)
def test_the_true_up_apportions_as_the_core_does(cells: dict[str, tuple[int, dict[str, int]]]) -> None:
    expected = {
        (cell, item): amount
        for cell, (total, weights) in cells.items()
        for item, amount in apportion(total, weights).items()
    }
    database, pa = connect(threads=1), arrow()
    items = [(cell, item, weight) for cell, (_, weights) in cells.items() for item, weight in weights.items()]
    of_cells = pa.table(
        {
            "cell": pa.array(list(cells), pa.string()),
            "amount": pa.array([total for total, _ in cells.values()], pa.int64()),
        }
    )
    of_items = pa.table(
        {
            "cell": pa.array([each[0] for each in items], pa.string()),
            "item": pa.array([each[1] for each in items], pa.string()),
            "weight": pa.array([each[2] for each in items], pa.int64()),
        }
    )
    for name, table in (("cells", of_cells), ("items", of_items)):
        database.register("arriving", table)
        database.execute(f"CREATE TABLE {name} AS FROM arriving")
    true_up(database, "cells", "items", "posted")
    query = "SELECT i.cell, i.item, p.amount FROM posted p JOIN items i ON i.rowid = p.n"
    found = {(cell, item): amount for cell, item, amount in database.execute(query).fetchall()}
    database.close()
    assert found == expected
