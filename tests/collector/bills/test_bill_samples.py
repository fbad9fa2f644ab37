"""The published samples: every file total, every reconciled cell and every untracked amount, to the nano-dollar."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.bills import NOON_NS, RATES
from tests.support.samples import needs_samples, samples_dir
from tests.support.telemetry_calls import documents
from tollbook.prices import default_book
from tollbook.ticket import TicketRule
from tollbook_collector.bills.lines import BillDocument, Kind
from tollbook_collector.bills.read import BillFile, read_files
from tollbook_collector.bills.readers.anthropic_tokens import TOKEN_CLASSES
from tollbook_collector.finance import Finance
from tollbook_collector.store.finance.sqlite import FinanceFile

KEYS = TicketRule(project_keys=frozenset({"PAY", "SRCH", "CORE"}))
LATER = "2026-10-12T02:00:00Z"
FIRST = (
    "anthropic/cost_report_p1.json",
    "anthropic/usage_report_messages_p1.json",
    "anthropic/usage_report_messages_p2.json",
    "openai/costs.json",
    "openai/usage_completions.json",
    "aws/cur2_delivery1.csv",
    "gcp/gcp_billing_export_resource_v1.jsonl",
    "cursor/filtered_usage_events_p1.json",
    "cursor/filtered_usage_events_p2.json",
    "github_copilot/ai_usage_report.csv",
    "anthropic_enterprise/cost_report.json",
)
CELL = ("channel", "day", "scope", "model", "service_tier", "token_class")


def folder() -> Path:
    found = samples_dir()
    assert found is not None
    return found / "bills"


def files(*names: str) -> list[BillFile]:
    return [BillFile(Path(name).name, (folder() / name).read_bytes()) for name in names]


def document(*names: str) -> BillDocument:
    found, problems = read_files(files(*names), RATES)
    assert problems == []
    (one,) = found
    return one


def expected() -> dict[str, Any]:
    return json.loads((folder() / "expected.json").read_text())


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Finance]:
    """Three days of calls, and the first pull of every bill."""
    calls = documents((folder() / "common" / "telemetry_calls.jsonl").read_bytes(), KEYS)
    file = FinanceFile(tmp_path / "finance.sqlite")
    made = Finance(file, calls=lambda start, end: calls, book=default_book(), clock=lambda: NOON_NS)
    assert made.import_files(files(*FIRST), pulled_at="2026-10-08T02:00:00Z").problems == ()
    yield made
    file.close()


@needs_samples
def test_file_totals() -> None:
    said = expected()["files"]
    for name in FIRST[0], "anthropic/cost_report_repull_later.json", "openai/costs.json", "aws/cur2_delivery1.csv":
        assert document(name).total_nano == said[name]["total_nano"], name
    assert [document(name).records for name in FIRST[:1] + FIRST[5:6]] == [83, 361]
    for name in ("anthropic_enterprise/cost_report.json", "anthropic_enterprise/user_cost_report.json"):
        assert document(name).total_nano == said[name]["total_nano"]
    assert document("anthropic_enterprise/cost_report.json").list_nano == 102_241_920_000
    assert document("anthropic_enterprise/spend_report_2026-10-01_2026-10-07.csv").total_nano == 89_500_000_000
    events = document("cursor/filtered_usage_events_p1.json", "cursor/filtered_usage_events_p2.json")
    assert events.total_nano == said["cursor/filtered_usage_events"]["on_demand_nano"]
    assert events.list_nano == said["cursor/filtered_usage_events"]["overall_nano"]
    copilot = document("github_copilot/ai_usage_report.csv")
    assert (copilot.list_nano, copilot.total_nano) == (230_080_000_000, 228_565_000_000)


@needs_samples
def test_kinds_of_the_clouds() -> None:
    said = expected()["files"]
    for name in ("aws/cur2_delivery1.csv", "aws/cur2_delivery2.csv"):
        sums = kinds(document(name))
        assert sums[Kind.CREDIT] == said[name]["credit_nano"]
        assert sums[Kind.TAX] == said[name]["tax_nano"]
        assert abs(sums[Kind.DISCOUNT] - said[name]["edp_nano"]) <= abs(sums.get(Kind.ROUNDING, 0)) + 50
    gcp, name = document("gcp/gcp_billing_export_resource_v1.jsonl"), "gcp/gcp_billing_export_resource_v1.jsonl"
    sums = kinds(gcp)
    assert sums == {
        Kind.USAGE: said[name]["regular_nano"],
        Kind.DISCOUNT: said[name]["credits_nano"],
        Kind.TAX: said[name]["tax_nano"],
        Kind.ROUNDING: said[name]["rounding_nano"],
        Kind.ADJUSTMENT: said[name]["prior_month_adjustment_nano"],
    }
    assert (gcp.total_nano, gcp.records) == (said[name]["net_nano"], said[name]["rows"])


def kinds(one: BillDocument) -> dict[Kind, int]:
    sums: dict[Kind, int] = {}
    for line in one.lines:
        sums[line.kind] = sums.get(line.kind, 0) + line.amount_nano
    return sums


@needs_samples
def test_every_cell_and_its_untracked_part(company: Finance) -> None:
    rows = company.reconcile("2026-10").as_json()["rows"]
    found = {tuple(row[name] for name in CELL): row for row in rows if row["kind"] == "usage" and row["billed_tokens"]}
    totals = {"billed_nano": 0, "seen_nano": 0, "untracked_nano": 0}
    for cell in expected()["reconcile"]:
        scope, token_class = cell["workspace_id"], TOKEN_CLASSES[cell["token_type"]]
        row = found[cell["channel"], cell["day"], scope, cell["model"], cell["service_tier"], token_class]
        assert (row["billed_tokens"], row["seen_tokens"]) == (cell["billed_tokens"], cell["seen_tokens"])
        assert row["billed_nano_usd"] == cell["billed_nano"]
        assert (row["tracked_nano_usd"], row["untracked_nano_usd"]) == (cell["seen_nano"], cell["untracked_nano"])
        for name in totals:
            totals[name] += cell[name]
    assert totals == expected()["reconcile_totals"]


@needs_samples
def test_a_second_run_writes_nothing_and_the_books_add_up(company: Finance) -> None:
    assert company.reconcile("2026-10").written > 0
    assert company.reconcile("2026-10").written == 0
    assert company.verify() == []


@needs_samples
def test_a_restated_pull_moves_exactly_its_difference(company: Finance) -> None:
    before = total(company, "anthropic")
    company.import_files(files("anthropic/cost_report_repull_later.json"), pulled_at=LATER)
    delta = expected()["files"]["anthropic/cost_report_repull_later.json"]["delta_vs_p1_nano"]
    assert total(company, "anthropic") == before + delta
    assert company.verify() == []


@needs_samples
def test_a_second_delivery_supersedes_the_first(company: Finance) -> None:
    total(company, "bedrock")
    company.import_files(files("aws/cur2_delivery2.csv"), pulled_at=LATER)
    said = expected()["files"]["aws/cur2_delivery2.csv"]["total_nano"]
    assert total(company, "bedrock") + total(company, "aws_marketplace") == said
    rows = [row for row in company.documents() if row["source"] == "aws_cur"]
    assert [(row["state"], row["supersedes"]) for row in rows] == [
        ("superseded", None),
        ("provisional", rows[0]["number"]),
    ]
    assert company.verify() == []


@needs_samples
def test_each_ticket_key_is_one_of_the_company(company: Finance) -> None:
    tickets = {row.ticket for row in company.rows("2026-10") if row.ticket}
    assert tickets == {"PAY-101", "PAY-117", "PAY-120", "PAY-121", "SRCH-40", "CORE-9"}


def total(company: Finance, channel: str) -> int:
    sums = {row["channel"]: row["billed_nano_usd"] for row in company.reconcile("2026-10").as_json()["totals"]}
    return sums[channel]
