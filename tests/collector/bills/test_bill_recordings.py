"""Every reader against a recording of its own: totals to the nano-unit, cells, owners, and what is not known."""

import json
from typing import Any

import pytest

from tests.support.bills import RATES, RECORDINGS, one_document, recorded
from tollbook.answer import day_text
from tollbook_collector.bills.lines import BillLine, Kind, Role
from tollbook_collector.bills.read import read_files

EXPECTED: dict[str, dict[str, Any]] = json.loads((RECORDINGS / "expected.json").read_text())


def of_kind(name: str, kind: Kind) -> list[BillLine]:
    return [line for line in one_document(name).lines if line.kind is kind]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_document_is_its_file_to_the_nano_unit(name: str) -> None:
    document = one_document(name)
    found = {
        "source": document.source,
        "total_nano": document.total_nano,
        "list_nano": document.list_nano,
        "records": document.records,
        "ignored": document.ignored,
        "unmapped": len(document.unmapped),
    }
    assert found == EXPECTED[name]
    assert sum(line.amount_nano for line in document.lines) == document.total_nano


def test_cents_are_cents_and_unknown_classes_are_kept() -> None:
    lines = one_document("anthropic_cost.json").lines
    assert [line.amount_nano for line in lines] == [250_000_000, 5_000_000, 12_345_679, 30_000_000, 2_500_000]
    assert [line.token_class for line in lines] == ["output", "input", "cache_read", "web_searches", "thinking_tokens"]
    assert [line.mapped for line in lines] == [True, True, True, True, False]


def test_a_usage_report_says_whose_tokens_are() -> None:
    document = one_document("anthropic_usage_1.json")
    assert document.role is Role.USAGE
    outputs = {line.owner: line.quantity for line in document.lines if line.token_class == "output"}
    assert outputs == {"account:user_01GRACE": 6000, "key:apikey_01BOT": 4000}


def test_two_dialects_of_bedrock_and_their_units() -> None:
    usage = of_kind("aws_cur.csv", Kind.USAGE)
    cells = [(line.model, line.token_class, line.service_tier, line.geo, line.quantity) for line in usage]
    assert cells == [
        ("anthropic.claude-opus-4-8", "output", "standard", "regional", 2_000),
        ("claude-sonnet-4-6", "cache_write_1h", "standard", "regional", 1_500),
        ("Claude Sonnet 4.6", "input", "batch", "global", 500_000),
        (None, None, None, None, None),
        (None, None, None, None, None),
    ]
    assert usage[3].channel == "aws_marketplace"
    assert usage[3].unit == "CCU"


def test_a_cur_rounds_each_line_and_says_what_that_left() -> None:
    assert [line.amount_nano for line in of_kind("aws_cur.csv", Kind.ROUNDING)] == [1]
    kinds = [line.kind for line in one_document("aws_cur.csv").lines]
    assert {Kind.DISCOUNT, Kind.CREDIT, Kind.TAX} < set(kinds)


def test_a_cloud_export_splits_credits_from_discounts_and_keeps_last_months_adjustment() -> None:
    document = one_document("gcp_export.jsonl")
    assert [line.amount_nano for line in of_kind("gcp_export.jsonl", Kind.DISCOUNT)] == [-1_000_000]
    assert [line.amount_nano for line in of_kind("gcp_export.jsonl", Kind.CREDIT)] == [-2_000_000]
    (adjustment,) = of_kind("gcp_export.jsonl", Kind.ADJUSTMENT)
    assert (day_text(adjustment.day), adjustment.period) == ("2026-08-30", "2026-09")
    assert [line.quantity for line in document.lines[:1]] == [1_000]
    assert document.watermark == "2026-10-04 01:00:00 UTC"


def test_openai_counts_are_disjoint_and_units_are_tokens() -> None:
    costs = one_document("openai_costs.json").lines
    assert [line.quantity for line in costs] == [8_000, 1_000_000, None]
    usage = {line.token_class: line.quantity for line in one_document("openai_usage.json").lines}
    assert usage == {"input": 500, "cache_read": 1_000_000, "cache_write": 200, "output": 8_000}


def test_cursor_owes_only_what_is_chargeable_and_shows_the_fee_apart() -> None:
    document = one_document("cursor_events_1.json", "cursor_events_2.json")
    assert (document.total_nano, document.list_nano, document.records) == (105_000_000, 147_500_000, 3)
    assert [(line.sku, line.amount_nano) for line in document.lines] == [
        ("Usage-based", 100_000_000),
        ("cursor token fee", 5_000_000),
        ("Included in Business", 0),
        ("Errored, Not Charged", 0),
    ]
    assert (day_text(document.first_day), day_text(document.end_day)) == ("2026-09-14", "2026-09-16")


def test_copilot_pays_by_pool_and_seats_stand_apart() -> None:
    amounts = [(line.kind, line.amount_nano) for line in one_document("copilot.csv").lines]
    usage, discount, seat = (Kind.USAGE, 10**9), (Kind.DISCOUNT, -750_000_000), (Kind.SEAT, 57 * 10**9)
    assert amounts == [usage, discount, seat]


def test_each_invoice_is_a_document_in_its_currency() -> None:
    documents, problems = read_files(recorded("invoices.csv"), RATES)
    assert problems == []
    assert [(one.scope, one.channel, one.currency, one.total_nano) for one in documents] == [
        ("A-9", "anthropic", "USD", 120 * 10**9),
        ("N-9", "anthropic", "USD", -5 * 10**9),
        ("E-9", "other", "EUR", 33_330_000_000),
    ]
    assert [line.kind for one in documents for line in one.lines] == [Kind.SEAT, Kind.TAX, Kind.CREDIT, Kind.USAGE]


def test_deleted_people_keep_an_id() -> None:
    owners = [line.owner for line in one_document("claude_enterprise_users.json").lines]
    assert owners == ["user:grace@acme.example", "account:user_01X"]
