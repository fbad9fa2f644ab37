"""What Cursor's own reports tell of, by part: on demand, included, not charged, and the token fee apart."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.support.bills import RECORDINGS, one_document
from tests.support.pulling import pull, source_of
from tests.support.recorded_provider import Provider
from tollbook.answer import day_number
from tollbook_collector.bills.effective import Stored, current
from tollbook_collector.bills.lines import BillDocument
from tollbook_collector.bills.read import BillFile
from tollbook_collector.bills.vendor_rows import PARTS, VendorRow, vendor_rows
from tollbook_collector.finance import Finance
from tollbook_collector.store.finance.tickets import PostedTickets

DAY = day_number("2026-09-14")
EVENTS = ("cursor_events_1.json", "cursor_events_2.json")


def rows(*documents: BillDocument) -> tuple[VendorRow, ...]:
    stored = [Stored(n, f"2026-09-{16 + n}T08:00:00Z", one) for n, one in enumerate(documents, start=1)]
    return vendor_rows(current(stored))


def parts(row: VendorRow) -> dict[str, tuple[int, ...]]:
    return {name: tuple(part) for name, part in zip(PARTS, row.parts, strict=True) if any(part)}


def test_each_part_of_the_events_stands_apart() -> None:
    first, second = rows(one_document(*EVENTS))
    assert first.key == ("cursor", "cursor_usage_events", 1, DAY, "grace@acme.example", "composer-2")
    assert parts(first) == {
        "on_demand": (1, 100, 100_000_000, 100_000_000),
        "included": (1, 100, 42_500_000, 0),
        "token_fee": (0, 0, 5_000_000, 5_000_000),
    }
    assert (second.key.day, parts(second)) == (DAY + 1, {"not_charged": (1, 100, 0, 0)})


def test_what_is_owed_is_the_document() -> None:
    document = one_document(*EVENTS)
    assert sum(part.owed_nano_usd for row in rows(document) for part in row.parts) == document.total_nano


def test_the_csv_speaks_where_no_events_do() -> None:
    (row,) = rows(one_document("cursor_usage.csv"))
    assert row.key.source == "cursor_csv"
    assert parts(row) == {"on_demand": (1, 100, 110_000_000, 110_000_000), "included": (1, 100, 0, 0)}


@pytest.mark.parametrize("order", [0, 1])
def test_the_csv_is_silent_on_days_that_events_cover(order: int) -> None:
    documents = [one_document(*EVENTS), one_document("cursor_usage.csv")]
    found = rows(*(documents[::-1] if order else documents))
    assert {row.key.source for row in found} == {"cursor_usage_events"}


def test_a_superseded_report_is_gone() -> None:
    document = one_document(*EVENTS)
    later = replace(document, lines=document.lines[:1])
    (row,) = rows(document, later)
    assert (row.key.document, sum(part.calls for part in row.parts)) == (2, 1)


def test_other_bills_are_no_usage_reports() -> None:
    assert rows(one_document("anthropic_cost.json")) == ()


def test_an_amount_in_another_currency_is_no_dollar() -> None:
    assert rows(replace(one_document("cursor_usage.csv"), currency="EUR")) == ()


@pytest.fixture
def company(opened: Callable[[], Finance]) -> Finance:
    return opened()


def test_reports_that_were_pulled_are_there_and_a_later_pull_is_seen(company: Finance) -> None:
    posted = PostedTickets(company.file.path)
    try:
        assert posted.vendor_rows(1) == ()
        with Provider.of("cursor") as provider:
            pull(company, source_of("cursor", provider))
            first = posted.vendor_rows(1)
            assert sum(part.owed_nano_usd for row in first for part in row.parts) == sum(
                row["total_nano_usd"] for row in company.documents()
            )
            assert posted.vendor_rows(1) is first
            assert posted.vendor_rows(2) == ()
        raw = json.loads((RECORDINGS / EVENTS[0]).read_text())
        raw["pagination"] = {}
        company.import_files([BillFile("x.json", json.dumps(raw).encode())], pulled_at="2026-10-20T08:00:00Z")
        assert len(posted.vendor_rows(1)) == len(first) + 1
    finally:
        posted.close()
