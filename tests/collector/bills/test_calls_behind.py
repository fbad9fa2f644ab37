"""Calls behind billed money: as many as were seen, each once for each of its tickets, before and after closing."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.bills import call, cost_report, finance, usage_report
from tests.support.months import month
from tollbook_collector.bills.reconcile import reconcile
from tollbook_collector.bills.rows import effective_rows, unbilled_rows
from tollbook_collector.finance import Finance

SEPTEMBER = "2026-09"
WORKSPACE = "wrkspc_01ACME"
GRACE, ADA = "grace@acme.example", "ada@acme.example"
CALLS = [
    call(1, output=1_000),
    call(2, output=2_000, tickets=("PAY-1", "PAY-2")),
    call(3, output=3_000, engineer=ADA),
    call(4, output=500, engineer=ADA, day="2026-09-20"),
]
"""The last is on no bill."""


@given(st.integers(0, 2**64))
@settings(max_examples=20, deadline=None)
def test_no_call_is_lost_and_none_counted_twice(number: int) -> None:
    inputs = month(number)
    found = reconcile(inputs)
    rows = [*effective_rows(found), *unbilled_rows(found.unbilled)]
    assert sum(row.calls for row in rows) == sum(item.calls for item in inputs.items)


def counted(company: Finance) -> dict[tuple[str | None, str | None, bool], int]:
    """Calls by engineer, ticket, and whether a bill has come."""
    sums: dict[tuple[str | None, str | None, bool], int] = {}
    for row in company.rows(SEPTEMBER):
        key = row.engineer, row.ticket, row.billed_nano_usd is not None
        sums[key] = sums.get(key, 0) + row.calls
    return {key: calls for key, calls in sums.items() if calls}


EXPECTED = {
    (GRACE, None, True): 1,
    (GRACE, "PAY-1", True): 1,
    (GRACE, "PAY-2", True): 1,
    (ADA, None, True): 1,
    (ADA, None, False): 1,
}


def test_a_closed_month_has_the_calls_it_was_closed_with(tmp_path: Path) -> None:
    with finance(tmp_path, CALLS) as company:
        bills = [cost_report({WORKSPACE: "15.75"}), usage_report({WORKSPACE: {"": 6_500}})]
        assert company.import_files(bills, pulled_at="2026-12-01T00:00:00Z").problems == ()
        assert counted(company) == EXPECTED
        company.reconcile(SEPTEMBER)
        assert isinstance(company.close(SEPTEMBER), str)
        assert counted(company) == EXPECTED


def test_what_is_posted_in_two_steps_has_its_calls_once(tmp_path: Path) -> None:
    with finance(tmp_path, CALLS) as company:
        for cents, pulled in (("15.75", "2026-12-01"), ("16.00", "2026-12-02")):
            bills = [cost_report({WORKSPACE: cents}), usage_report({WORKSPACE: {"": 6_500}})]
            assert company.import_files(bills, pulled_at=f"{pulled}T00:00:00Z").problems == ()
            company.reconcile(SEPTEMBER)
        assert isinstance(company.close(SEPTEMBER), str)
        assert counted(company) == EXPECTED
