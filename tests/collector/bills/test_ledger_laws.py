"""The invariants of the ledger under random calls, bills, restatements, repeats and orders."""

import tempfile
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.bills import call, cost_report, finance, usage_report
from tollbook.prices import default_book
from tollbook_collector.finance import Finance

WORKSPACES = ("wrkspc_01ACME", "wrkspc_02ACME")
PEOPLE = ("grace@acme.example", "alan@acme.example")
DAYS = ("2026-09-14", "2026-09-15")
NEXT = {"2026-09-14": "2026-09-15", "2026-09-15": "2026-09-16"}

calls = st.lists(
    st.builds(
        lambda number, output, who, day, workspace, tickets: call(
            number,
            output=output,
            engineer=who,
            day=day,
            tickets=tickets,
            scope={"workspace": workspace} if workspace else {},
        ),
        st.integers(0, 10**9),
        st.integers(1, 9_999),
        st.sampled_from(PEOPLE),
        st.sampled_from(DAYS),
        st.sampled_from((*WORKSPACES, None)),
        st.sampled_from(((), ("PAY-1",), ("PAY-1", "PAY-2", "PAY-3"))),
    ),
    max_size=8,
)
cents = st.integers(1, 4_000_000).map(lambda amount: f"{amount / 10_000:.4f}")
bill = st.tuples(
    st.sampled_from(DAYS),
    st.dictionaries(st.sampled_from(WORKSPACES), cents, min_size=1),
    st.dictionaries(
        st.sampled_from(WORKSPACES), st.dictionaries(st.sampled_from(("", "user_1")), st.integers(1, 50_000))
    ),
)
bills = st.lists(bill, min_size=1, max_size=4)


def pull(company: Finance, number: int, one: Any) -> None:
    """One pull of a day's cost and usage: those at an absurd scale are refused, which is no fault here."""
    day, amounts, tokens = one
    span = (day, NEXT[day])
    files = [cost_report(amounts, span), usage_report(tokens, span)] if tokens else [cost_report(amounts, span)]
    company.import_files(files, pulled_at=f"2026-10-{number + 1:02d}T00:00:00Z")


def billed(company: Finance) -> int:
    """What the documents that hold bill."""
    states = ("provisional", "final", "closed")
    return sum(row["total_nano_usd"] for row in company.documents() if row["role"] == "bill" and row["state"] in states)


def standing(company: Finance) -> dict[str, Any]:
    return company.file.standing("2026-09")


@settings(max_examples=12)
@given(calls, bills)
def test_books_add_up_after_every_pull_and_a_second_run_writes_nothing(seen: list[Any], pulls: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder, finance(Path(folder), seen) as company:
        before = 0
        for number, one in enumerate(pulls):
            pull(company, number, one)
            now = billed(company)
            done = company.reconcile("2026-09")
            total = done.as_json()["total"]
            assert done.blocked or total["billed_nano_usd"] == now
            parts = ("tracked_nano_usd", "untracked_nano_usd", "bucket_nano_usd")
            assert sum(total[name] for name in parts) == total["billed_nano_usd"]
            assert company.reconcile("2026-09").written == 0
            assert company.verify() == []
            before = now
        rows = company.rows("2026-09")
        assert sum(row.billed_nano_usd or 0 for row in rows) == before


@settings(max_examples=6)
@given(calls, bills, st.randoms(use_true_random=False))
def test_order_and_repeats_of_calls_do_not_count(seen: list[Any], pulls: list[Any], chance: Random) -> None:
    turned = list(seen)
    chance.shuffle(turned)
    found: list[dict[str, Any]] = []
    for each in (seen, turned):
        with tempfile.TemporaryDirectory() as folder, finance(Path(folder), each) as company:
            for number, one in enumerate(pulls):
                pull(company, number, one)
                pull(company, number, one)
            company.reconcile("2026-09")
            found.append(standing(company))
    assert found[0] == found[1]


@settings(max_examples=6)
@given(calls, bills)
def test_every_pull_at_once_or_one_by_one_stands_the_same(seen: list[Any], pulls: list[Any]) -> None:
    found: list[dict[str, Any]] = []
    for between in (True, False):
        with tempfile.TemporaryDirectory() as folder, finance(Path(folder), seen) as company:
            for number, one in enumerate(pulls):
                pull(company, number, one)
                if between:
                    company.reconcile("2026-09")
            blocked = company.reconcile("2026-09").blocked
            if not blocked:
                found.append(standing(company))
    assert all(one == found[0] for one in found)


@settings(max_examples=6)
@given(calls, calls, bills)
def test_a_closed_month_never_changes_and_later_calls_move_no_total(
    seen: list[Any], late: list[Any], pulls: list[Any]
) -> None:
    """Late calls move money from `untracked` to their people, in the next month; the bill stays."""
    kept = list(seen)
    with tempfile.TemporaryDirectory() as folder, finance(Path(folder)) as company:
        again = Finance(company.file, calls=lambda start, end: kept, book=default_book(), clock=lambda: 1)
        for number, one in enumerate(pulls):
            pull(again, number, one)
        if not isinstance(again.close("2026-09"), str):
            return
        hash_, before = again.file.closed(), again.reconcile("2026-09").as_json()["total"]["billed_nano_usd"]
        kept += late
        done = again.reconcile("2026-09")
        assert done.booked_in == "2026-10"
        assert again.file.closed() == hash_
        assert again.verify() == []
        assert done.as_json()["total"]["billed_nano_usd"] == before
