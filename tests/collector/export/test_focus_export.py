"""FOCUS rows: the standard's columns, costs that sum to the ledger, and files that give back what went in."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.allocation import row, rows, rule_sets
from tests.support.formulas import FORMULAS, is_run
from tollbook.csv_safe import Figure, csv_text, safe
from tollbook.money import usd_text
from tollbook.problem import Problem
from tollbook_collector.allocate.python_engine import allocate
from tollbook_collector.allocate.read_rules import read_rules
from tollbook_collector.allocate.rows import AllocationRow
from tollbook_collector.allocate.rules import RuleSet
from tollbook_collector.export.files import COSTS, focus_csv, focus_json, focus_parquet
from tollbook_collector.export.focus import CATEGORIES, COLUMNS, FocusRow, focus_rows
from tollbook_collector.export.statement import NANO_USD_PER_CENT, ROUNDING, cents, cents_text, statement

START, END = 20_000, 20_031
MANDATORY = (
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "PricingQuantity",
    "PricingUnit",
    "ServiceCategory",
    "ServiceName",
    "ServiceProviderName",
    "HostProviderName",
)
"""Columns that FOCUS 1.3 wants in every Cost and Usage dataset."""
NOT_NULL = tuple(name for name in MANDATORY if name not in ("ChargeClass", "PricingQuantity", "PricingUnit"))


def rows_of(given_rows: list[AllocationRow], text: str = "") -> list[FocusRow]:
    rules, problems = read_rules("version: 1\n" + text, "r.yaml", lambda name: Problem(reason="x", where=name))
    assert rules is not None, problems
    return list(focus_rows(allocate(given_rows, rules), START, END, "bundle"))


def test_every_mandatory_column_is_there_and_filled() -> None:
    assert set(MANDATORY) <= set(COLUMNS)
    kinds = [row(kind=kind, token_class=kind, billed_nano_usd=-5) for kind in CATEGORIES]
    for each in rows_of(kinds):
        assert tuple(each) == COLUMNS
        assert all(each[name] not in (None, "") for name in NOT_NULL)
        assert (each["ConsumedQuantity"] is None) == (each["ConsumedUnit"] is None)
        assert each["BillingPeriodStart"] == "2024-10-04T00:00:00Z"


@settings(max_examples=20, deadline=None)
@given(st.lists(rows(), max_size=8), rule_sets())
def test_costs_sum_to_the_ledger(given_rows: list[AllocationRow], rules: RuleSet) -> None:
    found = list(focus_rows(allocate(given_rows, rules), START, END, "b"))
    wanted = {
        "ListCost": sum(each.list_nano_usd for each in given_rows),
        "BilledCost": sum(each.billed_nano_usd or 0 for each in given_rows),
        "EffectiveCost": sum(each.effective_nano_usd or 0 for each in given_rows),
    }
    for column, amount in wanted.items():
        assert sum((Decimal(each[column]) for each in found), Decimal()) == Decimal(usd_text(amount))
    parsed = list(csv.DictReader(io.StringIO(focus_csv(found))))
    assert len(parsed) == len(found)
    for column, amount in wanted.items():
        assert sum((Decimal(each[column]) for each in parsed), Decimal()) == Decimal(usd_text(amount))


def test_a_shared_part_says_by_which_method_and_ratio() -> None:
    text = "splits: [{id: s, pool: {repo: a/x}, to: product, fixed: {pay: 1, shop: 2}}]"
    tagged = row(repo="a/x", ticket="PAY-1", tags=(("env", "dev"),), tokens=9, list_nano_usd=9)
    base, first, second = rows_of([tagged], text)
    assert (base["ListCost"], base["ConsumedQuantity"]) == ("0.000000000", 9)
    assert [each["ListCost"] for each in (first, second)] == ["0.000000003", "0.000000006"]
    assert second["AllocatedMethodId"] == "tollbook/bundle/s"
    (element,) = json.loads(second["AllocatedMethodDetails"])["Elements"]
    assert (element["AllocatedRatio"], element["UsageQuantity"], element["x_Total"]) == ("0.666666666667", 2, 3)
    assert json.loads(second["AllocatedTags"]) == {"product": "shop", "repo": "a/x", "ticket": "PAY-1"}
    assert json.loads(second["Tags"]) == {"env": "dev"}
    assert second["AllocatedResourceId"] == "PAY-1"
    assert second["ConsumedQuantity"] is None


def test_an_estimate_is_no_invoice() -> None:
    (estimate,), (billed,) = rows_of([row()]), rows_of([row(billed_nano_usd=7, effective_nano_usd=8, document="3")])
    assert (estimate["BilledCost"], estimate["x_BillStatus"], estimate["InvoiceId"]) == (
        "0.000000000",
        "Estimated",
        None,
    )
    assert (billed["BilledCost"], billed["x_BillStatus"], billed["InvoiceId"]) == ("0.000000007", "Billed", "3")


def test_json_and_parquet_hold_the_same_rows() -> None:
    found = rows_of([row(list_nano_usd=2**62, tokens=3), row(day="2026-10-09", list_nano_usd=-1)])
    assert json.loads(focus_json(found)) == found
    raw = focus_parquet(found)
    if isinstance(raw, Problem):
        assert raw.reason == "extra_missing"
        return
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(io.BytesIO(raw)).to_pylist()
    assert [Decimal(each["ListCost"]) for each in found] == [each["ListCost"] for each in table]
    assert [each["ConsumedQuantity"] for each in table] == [3, 0]
    assert str(parquet.read_table(io.BytesIO(raw)).schema.field("ListCost").type) == "decimal128(28, 9)"
    assert set(COSTS) <= set(table[0])


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_would_be_a_formula_is_none(text: str) -> None:
    assert safe(text) == "'" + text
    (line,) = list(csv.reader(io.StringIO(csv_text([text], []), newline="")))
    assert line == ["'" + text]


def test_figures_and_plain_texts_stay_as_they_are() -> None:
    assert [safe(each) for each in (None, -3, Figure("-0.1"), "main", "a=b", "")] == [
        "",
        "-3",
        "-0.1",
        "main",
        "a=b",
        "",
    ]


@given(st.text(max_size=20))
def test_no_text_starts_a_formula(text: str) -> None:
    assert not is_run(safe(text))


@given(st.lists(st.integers(-(10**15), 10**15), max_size=20))
def test_a_statement_adds_up_to_the_cent(amounts: list[int]) -> None:
    found = statement((str(n), amount) for n, amount in enumerate(amounts))
    assert sum(amount for _, amount in found.lines) == found.total_cents == cents(sum(amounts))
    assert found.exact_nano_usd == sum(amounts)
    for (name, amount), exact in zip(found.lines, amounts, strict=False):
        assert name == ROUNDING or abs(amount * NANO_USD_PER_CENT - exact) * 2 <= NANO_USD_PER_CENT


def test_the_rounding_line_stands_where_it_is_needed() -> None:
    third = 10**9 // 3
    found = statement([("a", third), ("b", third), ("c", third + 1)])
    assert found.lines == (("a", 33), ("b", 33), ("c", 33), (ROUNDING, 1))
    assert [cents_text(each) for each in (0, 5, -5, -1234)] == ["0.00", "0.05", "-0.05", "-12.34"]
    assert [cents(each) for each in (5_000_000, 15_000_000, -5_000_000, -15_000_000)] == [0, 2, 0, -2]
