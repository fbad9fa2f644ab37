"""The set-based reconciliation gives exactly what the reference gives: every share, weight and finding."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.months import FIRST, PERIOD, document, kept, month
from tollbook_collector.allocate import python_engine
from tollbook_collector.allocate.rows import leaves
from tollbook_collector.allocate.rules import Lookup, RuleSet
from tollbook_collector.allocate.standard import OUTCOME_LOOKUPS, STANDARD
from tollbook_collector.bills.items import Group, Item
from tollbook_collector.bills.lines import BillLine, Kind
from tollbook_collector.bills.reconcile import Inputs, Reconciled, reconcile
from tollbook_collector.bills.report import report
from tollbook_collector.bills.rows import allocation_rows, unbilled_rows
from tollbook_collector.ledger.post import wanted

pytest.importorskip("duckdb", reason="the extra tollbook-collector[duckdb] is not installed")
pytest.importorskip("pyarrow", reason="the extra tollbook-collector[duckdb] is not installed")

from tollbook_collector.allocate.set_based.connect import connect
from tollbook_collector.allocate.set_based.engine import Engine
from tollbook_collector.bills.set_based import engine
from tollbook_collector.bills.set_based.items import load_items
from tollbook_collector.bills.set_based.rows import load_month, rows_of

CASES = 8
numbers = st.integers(0, 2**64)


def compare(found: Reconciled, expected: Reconciled) -> None:
    assert [one.cell.key for one in found.cells] == [one.cell.key for one in expected.cells]
    for mine, its in zip(found.cells, expected.cells, strict=True):
        assert mine.shares == its.shares
        assert mine == its
    assert found == expected
    assert wanted(found) == wanted(expected)


@given(numbers)
@settings(max_examples=CASES, deadline=None)
def test_shares_weights_and_findings_are_equal_line_for_line(number: int) -> None:
    inputs = month(number)
    expected = reconcile(inputs)
    database = connect(threads=1)
    load_items(database, inputs.items)
    made = engine.Month(database, inputs)
    made.run()
    found, summary = made.reconciled(), made.summary()
    database.close()
    compare(found, expected)
    assert report(summary, "final") == report(expected, "final")


def lined(count: int, tokens: int, nano: int) -> Inputs:
    """One cell of so many people with as many tokens each."""
    line = BillLine(
        day=FIRST,
        period=PERIOD,
        kind=Kind.USAGE,
        amount_nano=nano,
        model="m1",
        token_class="output",
        quantity=count * tokens,
    )
    items = [
        Item(
            channel="anthropic",
            day=FIRST,
            model="m1",
            token_class="output",
            group=Group(engineer=f"e{n:05d}"),
            tokens=tokens,
            list_nano=1,
        )
        for n in range(count)
    ]
    return Inputs(period=PERIOD, documents=kept(document((line,))), items=items, key=lambda channel, model: model)


def test_what_is_left_of_equal_parts_goes_to_the_first_names() -> None:
    inputs = lined(300, 7, 10**9 + 157)
    found = engine.reconcile(inputs, threads=1)
    compare(found, reconcile(inputs))
    (cell,) = found.cells
    assert sum(share.nano_usd for share in cell.shares) == 10**9 + 157


def test_products_of_more_than_64_bits_are_exact() -> None:
    inputs = lined(3, 10**12, 9 * 10**18)
    compare(engine.reconcile(inputs, threads=1), reconcile(inputs))


def test_counts_of_more_than_64_bits_are_left_to_the_reference() -> None:
    inputs = lined(3, 2**62, 10**9)
    compare(engine.reconcile(inputs, threads=1), reconcile(inputs))


def test_a_month_without_anything() -> None:
    inputs = dataclasses.replace(lined(1, 1, 1), documents=[], items=[])
    compare(engine.reconcile(inputs, threads=1), reconcile(inputs))


LOOKUPS = {
    **OUTCOME_LOOKUPS,
    "identities": Lookup(name="identities", columns=("person",), entries={}),
    "directory": Lookup(name="directory", columns=("team",), entries={}),
}
NO_RULES = RuleSet(name="x", dimensions=tuple(STANDARD.values()), lookups=LOOKUPS)


@given(numbers)
@settings(max_examples=CASES, deadline=None)
def test_rows_for_allocation_are_equal_and_so_is_what_is_made_of_them(number: int) -> None:
    inputs = month(number)
    database = connect(threads=1)
    load_items(database, inputs.items)
    made = engine.Month(database, inputs)
    made.run()
    load_month(database, made, NO_RULES)
    found = rows_of(database)
    # What reconciliation numbers has gaps; records have places.
    database.execute(
        "CREATE TABLE placed_rows AS SELECT * REPLACE ((SELECT count(*) FROM all_rows a WHERE a.n < rows.n) AS n)"
        " FROM rows"
    )
    database.execute("CREATE OR REPLACE VIEW rows AS FROM placed_rows")
    allocator = Engine(database, NO_RULES)
    allocator.run()
    allocation = allocator.allocation(found)
    database.close()
    reference = reconcile(inputs)
    expected = leaves([*allocation_rows(reference), *unbilled_rows(reference.unbilled)])
    assert leaves(found) == expected
    assert len(found) == len(expected)
    assert allocation == python_engine.allocate(found, NO_RULES)
