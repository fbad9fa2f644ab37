"""Three invariants by themselves: calls delivered twice, a later document's difference, and filters."""

import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.collector.store.record_state import NOW, opened
from tests.support.allocation import rows, rule_sets
from tests.support.bills import call, cost_report, finance, usage_report
from tests.support.claims import claims_of, seen
from tests.support.months import PERIOD, month
from tollbook.answer import day_number, day_text
from tollbook.claim import Claim
from tollbook.prices import default_book
from tollbook_collector.allocate.python_engine import allocate
from tollbook_collector.allocate.report import tabulate
from tollbook_collector.allocate.rows import AllocationRow
from tollbook_collector.allocate.rules import RuleSet
from tollbook_collector.bills.reconcile import reconcile
from tollbook_collector.bills.report import report, totals
from tollbook_collector.finance import Finance, calls_of
from tollbook_collector.ledger.entries import PAYABLE

law = settings(max_examples=10, deadline=None)
shuffles = st.randoms(use_true_random=False)
DAY = "2026-09-14"
cents = st.integers(1, 4_000_000).map(lambda amount: f"{amount / 10_000:.4f}")


def books(folder: Path, batches: list[list[Claim]], day: str) -> dict[str, Any]:
    """What stands after a month of delivered claims and a bill of one day."""
    span = (day, day_text(day_number(day) + 1))
    with opened(folder / "record.sqlite") as record, finance(folder) as company:
        for batch in batches:
            record.book(batch, now_ns=NOW)
        company = Finance(company.file, calls=calls_of(record), book=default_book(), clock=lambda: NOW)
        files = [cost_report({"w": "25"}, span), usage_report({"w": {"": 10_000}}, span)]
        company.import_files(files, pulled_at="2026-11-20T00:00:00Z")
        company.reconcile(day[:7])
        assert company.verify() == []
        return company.file.standing(day[:7]) | {"hash": company.file.last_hash(day[:7])}


@law
@given(st.lists(seen(), min_size=1, max_size=6).map(claims_of).filter(bool), shuffles)
def test_a_call_that_is_delivered_twice_changes_nothing(claims: list[Claim], chance: Random) -> None:
    again = [*claims, *chance.sample(claims, chance.randint(1, len(claims)))]
    chance.shuffle(again)
    day = day_text(claims[0].ended_at // (86_400 * 10**9))
    with tempfile.TemporaryDirectory() as once, tempfile.TemporaryDirectory() as twice:
        assert books(Path(once), [claims], day) == books(Path(twice), [again, claims], day)


@law
@given(cents, cents, st.integers(0, 9_999), st.booleans())
def test_a_document_that_replaces_another_moves_its_difference_and_nothing_else(
    before: str, after: str, output: int, closed: bool
) -> None:
    """In the month itself while it is open, in the next one after it was closed."""
    with tempfile.TemporaryDirectory() as folder, finance(Path(folder), [call(1, output=output)]) as company:

        def spent(amount: str, at: str) -> int | None:
            """Nano-dollars that stand about the month after a pull; `None` where a finding kept it unposted."""
            company.import_files([cost_report({"wrkspc_01ACME": amount, "wrkspc_02ACME": "7"})], pulled_at=at)
            if company.reconcile("2026-09").blocked:
                return None
            sums: Counter[bool] = Counter()
            for places in company.file.standing("2026-09").values():
                for place, amounts in places.items():
                    sums[place.account.startswith(PAYABLE)] += amounts.nano_usd
            assert sums[True] == -sums[False]
            return sums[False]

        first = spent(before, "2026-10-20T00:00:00Z")
        is_closed = closed and isinstance(company.close("2026-09"), str)
        as_closed = sum(row.billed_nano_usd or 0 for row in company.rows("2026-09"))
        second = spent(after, "2026-10-25T00:00:00Z")
        assume(first is not None and second is not None)
        imported = [one["total_nano"] for one in company.documents()]
        difference = imported[-1] - imported[0]
        assert (second or 0) - (first or 0) == difference
        if is_closed:
            assert sum(row.billed_nano_usd or 0 for row in company.rows("2026-09")) == as_closed
            assert sum(row.billed_nano_usd or 0 for row in company.rows("2026-10")) == difference
        assert company.verify() == []


@law
@given(st.integers(0, 2**64))
def test_a_filter_of_cells_takes_rows_out_and_changes_none(number: int) -> None:
    whole = report(reconcile(month(number)), "final")
    assert whole["period"] == PERIOD
    places = {(row["channel"], row["day"]) for row in whole["rows"]}
    parts = [[row for row in whole["rows"] if (row["channel"], row["day"]) == place] for place in places]
    billed = [sum(one["billed_nano_usd"] for one in totals(part)) for part in parts]
    assert sum(billed) == whole["total"]["billed_nano_usd"]
    assert sum(len(part) for part in parts) == len(whole["rows"])


@law
@given(st.lists(rows(), max_size=8), rule_sets())
def test_a_filter_of_values_never_redistributes(some: list[AllocationRow], rules: RuleSet) -> None:
    """What a value has of another dimension's value is a part of it, and all such parts are the whole."""
    allocation = allocate(some, rules)
    pairs = tabulate(allocation, ["d_one", "d_two"]).rows
    for (value,), each in tabulate(allocation, ["d_one"]).rows:
        filtered = [part.amounts for key, part in pairs if key[0] == value]
        for at, amount in enumerate(each.amounts):
            assert sum(amounts[at] or 0 for amounts in filtered) == (amount or 0)
