"""What is paid ahead: seats over their days, credits and commitments over their use, currencies by an explicit rate."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bills import call, cost_report
from tests.support.invoice import invoice
from tollbook.answer import day_number
from tollbook.problem import Problem
from tollbook_collector.bills.cells import CellKey
from tollbook_collector.bills.convert import Rate
from tollbook_collector.bills.rows import row_of
from tollbook_collector.bills.spread import carried, spread
from tollbook_collector.finance import Finance
from tollbook_collector.ledger.entries import Amounts, Place

Open = Callable[..., Finance]
PULLED = "2026-12-20T00:00:00Z"
DOLLAR = 10**9


def sums(company: Finance, period: str) -> tuple[int, int]:
    """(billed, effective) of a month's rows."""
    rows = company.rows(period)
    return sum(row.billed_nano_usd or 0 for row in rows), sum(row.effective_nano_usd or 0 for row in rows)


def balances(company: Finance, period: str) -> list[tuple[int, int, int, int]]:
    """(bought, drawn, unused, left) of each purchase, in dollars."""
    names = ("bought", "drawn", "unused", "left")
    found = company.reconcile(period).as_json()["balances"]
    return [tuple(one[f"{name}_nano_usd"] // DOLLAR for name in names) for one in found]  # type: ignore[misc]


def use(company: Finance, dollars: int, day: str, end: str) -> None:
    company.import_files([cost_report({"wrkspc_01ACME": str(dollars * 100)}, (day, end))], pulled_at=PULLED)


def test_a_fee_of_a_quarter_is_billed_once_and_costs_every_day(opened: Open) -> None:
    company = opened()
    company.import_files([invoice(("Purchase", "2026-09-01", "2026-12-01", "910"))], pulled_at=PULLED)
    for period in ("2026-09", "2026-10", "2026-11", "2026-12"):
        company.reconcile(period)
    assert sums(company, "2026-09") == (910 * DOLLAR, 300 * DOLLAR)
    assert sums(company, "2026-10") == (0, 310 * DOLLAR)
    assert sums(company, "2026-11") == (0, 300 * DOLLAR)
    assert sums(company, "2026-12") == (0, 0)
    days = {row.day: row.effective_nano_usd for row in company.rows("2026-10") if row.effective_nano_usd}
    assert days == {day_number("2026-10-01") + n: 10 * DOLLAR for n in range(31)}


def test_a_closed_month_keeps_its_days(opened: Open) -> None:
    company = opened()
    company.import_files([invoice(("Purchase", "2026-09-01", "2026-12-01", "910"))], pulled_at=PULLED)
    before = sums(company, "2026-09")
    assert isinstance(company.close("2026-09"), str)
    assert sums(company, "2026-09") == before


def test_a_correction_of_a_closed_fee_costs_in_the_month_it_is_posted_to(opened: Open) -> None:
    company = opened()
    company.import_files([invoice(("Purchase", "2026-09-01", "2026-12-01", "910"))], pulled_at=PULLED)
    assert isinstance(company.close("2026-09"), str)
    restated = invoice(("Purchase", "2026-09-01", "2026-12-01", "1001"))
    company.import_files([restated], pulled_at="2026-12-21T00:00:00Z")
    for period in ("2026-09", "2026-10", "2026-11"):
        company.reconcile(period)
    assert sums(company, "2026-09") == (910 * DOLLAR, 300 * DOLLAR)
    assert sums(company, "2026-10") == (91 * DOLLAR, (310 + 30 + 31) * DOLLAR)
    assert sums(company, "2026-11") == (0, 330 * DOLLAR)


def test_prepaid_credits_cost_when_they_are_used(opened: Open) -> None:
    company = opened([call(1, output=10)])
    company.import_files([invoice(("Prepaid", "2026-09-01", "2026-10-01", "1000"))], pulled_at=PULLED)
    use(company, 700, "2026-09-14", "2026-09-15")
    use(company, 500, "2026-10-14", "2026-10-15")
    assert balances(company, "2026-09") == [(1000, 700, 0, 300)]
    assert balances(company, "2026-10") == [(0, 300, 0, 0)]
    assert sums(company, "2026-09") == (1000 * DOLLAR, 700 * DOLLAR)
    assert sums(company, "2026-10") == (200 * DOLLAR, 500 * DOLLAR)
    assert balances(company, "2026-11") == []
    assert company.verify() == []


def test_what_of_a_commitment_is_not_used_is_a_cost_of_its_own_name(opened: Open) -> None:
    company = opened()
    company.import_files([invoice(("Commitment", "2026-09-01", "2026-11-01", "1000"))], pulled_at=PULLED)
    use(company, 600, "2026-09-14", "2026-09-15")
    use(company, 100, "2026-10-14", "2026-10-15")
    assert balances(company, "2026-09") == [(1000, 600, 0, 400)]
    assert balances(company, "2026-10") == [(0, 100, 300, 0)]
    assert sums(company, "2026-09") == (1000 * DOLLAR, 600 * DOLLAR)
    assert sums(company, "2026-10") == (0, 400 * DOLLAR)
    buckets = {row.bucket: row.effective_nano_usd for row in company.rows("2026-10") if row.effective_nano_usd}
    assert buckets == {None: 100 * DOLLAR, "commitment_unused": 300 * DOLLAR}
    assert company.verify() == []


def test_a_commitment_is_drawn_before_credits(opened: Open) -> None:
    company = opened()
    lines = (("Prepaid", "2026-09-01", "2026-10-01", "50"), ("Commitment", "2026-09-01", "2026-11-01", "100"))
    company.import_files([invoice(*lines)], pulled_at=PULLED)
    use(company, 120, "2026-09-14", "2026-09-15")
    assert balances(company, "2026-09") == [(100, 100, 0, 0), (50, 20, 0, 30)]


def test_a_bill_without_a_rate_is_taken_and_holds_the_month_until_it_has_one(opened: Open) -> None:
    company = opened()
    company.import_files(
        [invoice(("Usage", "2026-09-01", "2026-10-01", "33.33"), currency="EUR", name="E-1")], pulled_at=PULLED
    )
    assert len(company.documents()) == 1
    done = company.reconcile("2026-09")
    (finding,) = [one for one in done.reconciled.findings if one.reason == "rate_missing"]
    assert "`tollbook-collector bills rate EUR DOLLARS --from 2026-09-01 --source WHO`" in finding.remedy
    assert done.blocked
    assert company.file.months() == []
    refused = company.close("2026-09")
    assert isinstance(refused, Problem)
    assert "bills rate EUR" in refused.remedy
    company.file.put_rate(Rate("EUR", day_number("2026-09-01"), Decimal("1.0832"), "ECB"))
    assert not company.reconcile("2026-09").blocked
    assert sums(company, "2026-09")[0] == 36_103_056_000


def test_what_conversion_leaves_over_stands_in_the_bucket_fx(opened: Open) -> None:
    """Three lines of 1.000000001 at 1.5 round to even each; their sum at 1.5 is a nano-dollar more."""
    company = opened()
    company.file.put_rate(Rate("EUR", day_number("2026-09-01"), Decimal("1.5"), "ECB"))
    line = ("Tax", "2026-09-01", "2026-10-01", "1.000000003")
    company.import_files([invoice(line, line, line, currency="EUR", name="E-1")], pulled_at=PULLED)
    company.reconcile("2026-09")
    found = {row.bucket: row.billed_nano_usd for row in company.rows("2026-09")}
    assert found["fx"] not in (None, 0)
    assert sum(amount or 0 for amount in found.values()) == 4_500_000_014
    assert company.verify() == []


def key(day: int, days: int) -> CellKey:
    return CellKey("anthropic", "invoice", day, days, "", "", "", "", "", "", "", "seat")


@given(st.integers(-(10**12), 10**12), st.integers(1, 400), st.integers(0, 30))
def test_a_fee_over_its_days_is_exact_over_all_months(fee: int, days: int, start: int) -> None:
    first = day_number("2026-09-01") + start
    of = key(first, days)
    row = row_of(of, 1, Place("seat"), Amounts(fee))
    rows = list(spread(row, of, "2026-09"))
    for month in (f"{2026 + at // 12}-{at % 12 + 1:02d}" for at in range(9, 24)):
        rows += carried([(row, of)], month)
    assert sum(one.billed_nano_usd or 0 for one in rows) == fee
    assert sum(one.effective_nano_usd or 0 for one in rows) == fee


@pytest.mark.parametrize("word", ["Prepaid", "Commitment", "Purchase"])
def test_what_is_paid_for_longer_than_a_month_is_of_the_month_it_begins_in(opened: Open, word: str) -> None:
    company = opened()
    company.import_files([invoice((word, "2026-09-01", "2027-09-01", "1200"))], pulled_at=PULLED)
    assert company.reconcile("2026-09").as_json()["total"]["billed_nano_usd"] == 1200 * DOLLAR
