"""FOCUS 1.3, Cost and Usage: every mandatory column, its type, its allowed values, and when it may be null.

Stands in for a validator: the published one knows no version after 1.0. What we do otherwise is in `DEVIATES`, and on
the page docs/allocation.md.
"""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.export.test_focus_export import rows_of
from tests.support.allocation import row, rows
from tollbook_collector.allocate.rows import AllocationRow
from tollbook_collector.export.files import focus_csv
from tollbook_collector.export.focus import CATEGORIES, COLUMNS, FocusRow

PAGE = Path(__file__).parents[3] / "docs" / "allocation.md"
NAMES = frozenset(name for name in COLUMNS if not name.startswith("x_"))
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_CURRENCY = re.compile(r"[A-Z]{3}")


def text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def decimal(value: object) -> bool:
    if isinstance(value, int):
        return True
    return isinstance(value, str) and Decimal(value).is_finite() and re.fullmatch(r"-?\d+(\.\d+)?", value) is not None


def time(value: object) -> bool:
    return isinstance(value, str) and _TIME.fullmatch(value) is not None and bool(datetime.fromisoformat(value))


def currency(value: object) -> bool:
    return isinstance(value, str) and _CURRENCY.fullmatch(value) is not None


def document(value: object) -> bool:
    return isinstance(value, str) and isinstance(json.loads(value), dict)


def one_of(*allowed: str) -> Callable[[object], bool]:
    return lambda value: value in allowed


TYPES: dict[str, Callable[[object], bool]] = {
    **dict.fromkeys(NAMES, text),
    **dict.fromkeys(("BilledCost", "ContractedCost", "EffectiveCost", "ListCost"), decimal),
    **dict.fromkeys(("ConsumedQuantity", "PricingQuantity"), decimal),
    **dict.fromkeys(("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd"), time),
    **dict.fromkeys(("AllocatedMethodDetails", "AllocatedTags", "SkuPriceDetails", "Tags"), document),
    "BillingCurrency": currency,
    "ChargeCategory": one_of("Usage", "Purchase", "Tax", "Credit", "Adjustment"),
    "ChargeClass": one_of("Correction"),
    "ChargeFrequency": one_of("One-Time", "Recurring", "Usage-Based"),
    "PricingCategory": one_of("Standard", "Dynamic", "Committed", "Other"),
    "ServiceCategory": one_of("AI and Machine Learning"),
}
"""Column -> whether a value that is not null is of its type."""

MANDATORY = frozenset(
    {
        *("BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd"),
        *("BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodEnd"),
        *("ChargePeriodStart", "ContractedCost", "EffectiveCost", "HostProviderName", "InvoiceIssuerName", "ListCost"),
        *("PricingQuantity", "PricingUnit", "ServiceCategory", "ServiceName", "ServiceProviderName"),
    }
)
NEVER_NULL = MANDATORY - {"ChargeClass", "PricingQuantity", "PricingUnit"}

PAIRS = (
    ("PricingQuantity", "PricingUnit"),
    ("ConsumedQuantity", "ConsumedUnit"),
    ("SubAccountId", "SubAccountType"),
    ("RegionId", "RegionName"),
    ("AllocatedMethodId", "AllocatedMethodDetails"),
)
"""Null together or not at all."""

SOLD = ("Usage", "Purchase")
WANTED: dict[str, tuple[str, ...]] = {
    "PricingCategory": SOLD,
    "PricingQuantity": SOLD,
    "ConsumedQuantity": ("Usage",),
    "SkuId": SOLD,
    "SkuPriceId": SOLD,
}
"""Not null for charges of these categories."""
NULL_FOR_TAX = ("PricingCategory", "PricingQuantity", "PricingUnit", "SkuId", "SkuPriceId")
DEVIATES = frozenset({("PricingQuantity", "Purchase")})
"""(column, category): null where it should not be. And quantities of parts that a split moved are null."""


def faults(given_row: FocusRow, *, moved: bool) -> list[str]:
    """What of a row the specification would not have."""
    category = given_row["ChargeCategory"]
    found = [f"{name} is null" for name in NEVER_NULL if given_row[name] in (None, "")]
    for name in NAMES:
        if given_row[name] is not None and not TYPES[name](given_row[name]):
            found.append(f"{name} is {given_row[name]!r}")
    found += [f"{a} without {b}" for a, b in PAIRS if (given_row[a] is None) != (given_row[b] is None)]
    for name, categories in WANTED.items():
        exempt = (name, category) in DEVIATES or (moved and name.endswith("Quantity"))
        if category in categories and given_row[name] is None and not exempt:
            found.append(f"{name} is null for {category}")
    if category == "Tax":
        found += [f"{name} is not null for Tax" for name in NULL_FOR_TAX if given_row[name] is not None]
    if not given_row["ChargePeriodStart"] < given_row["ChargePeriodEnd"]:
        found.append("the charge ends before it begins")
    return found


def test_the_table_covers_what_is_written() -> None:
    assert MANDATORY <= NAMES
    assert set(TYPES) == NAMES


@pytest.mark.parametrize("kind", sorted(CATEGORIES))
def test_a_charge_of_every_category_conforms(kind: str) -> None:
    (found,) = rows_of([row(kind=kind, token_class=kind, billed_nano_usd=-5, document="7", organization="acme")])
    assert faults(found, moved=False) == []


@settings(max_examples=25, deadline=None)
@given(st.lists(rows(), max_size=8))
def test_whatever_is_exported_conforms(given_rows: list[AllocationRow]) -> None:
    for found in rows_of(given_rows):
        assert faults(found, moved=False) == []


def test_a_part_that_a_split_moved_conforms_but_for_its_quantities() -> None:
    split = (
        "dimensions:\n  product:\n    rules: [{id: p, when: {repo: acme/shop}, value: platform}]\n"
        "splits: [{id: s, pool: {product: platform}, to: product, fixed: {a: 1, b: 2}}]\n"
    )
    found = rows_of([row(repo="acme/shop", tokens=5, billed_nano_usd=30)], split)
    moved = [one for one in found if one["ConsumedQuantity"] is None]
    assert len(moved) == 2
    assert [faults(one, moved=one in moved) for one in found] == [[]] * len(found)


def test_the_csv_says_the_same_with_its_nulls_empty() -> None:
    found = rows_of([row(kind="tax", token_class="tax", billed_nano_usd=5)])
    (read,) = csv.DictReader(io.StringIO(focus_csv(found)))
    assert {name: value or None for name, value in read.items() if name in NAMES} == {
        name: None if found[0][name] is None else str(found[0][name]) for name in NAMES
    }


def test_every_deviation_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert "PricingQuantity and PricingUnit are null for purchases" in page
    assert "Quantities of parts that a split" in page
