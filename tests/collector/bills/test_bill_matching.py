"""Which cell a call was billed in: workspaces by key, tiers, bands, coarser cells, bills without counts."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.bills import call, cost_report, recorded, usage_report
from tollbook.problem import Problem
from tollbook_collector.bills.read import BillFile
from tollbook_collector.bills.scopes import Scopes, read_scopes
from tollbook_collector.bills.texts import Unreadable
from tollbook_collector.finance import Finance

Open = Callable[..., Finance]
PULLED = "2026-10-20T00:00:00Z"
ONE, TWO = "wrkspc_01ACME", "wrkspc_02ACME"
SCOPES = b"""channel,hint,workspace,project,principal,owner,valid_from,valid_to
anthropic,sk-ant-...abcd,wrkspc_02ACME,,,team:bots,2026-09-01,2026-09-15
anthropic,sk-ant-...abcd,wrkspc_01ACME,,,team:bots,2026-09-15,
anthropic,user_01GRACE,,,,grace@acme.example,2026-01-01,
"""


def rows(company: Finance, **wanted: Any) -> list[dict[str, Any]]:
    found = company.reconcile("2026-09").as_json(explain=True)["rows"]
    return [row for row in found if all(row[name] == value for name, value in wanted.items())]


def reasons(company: Finance) -> set[str]:
    return {finding.reason for finding in company.reconcile("2026-09").reconciled.findings}


def two_workspaces(opened: Open, *calls: dict[str, Any]) -> Finance:
    company = opened(calls)
    files = [cost_report({ONE: "20", TWO: "10"}), usage_report({ONE: {"": 8_000}, TWO: {"": 4_000}})]
    assert company.import_files(files, pulled_at=PULLED).problems == ()
    return company


def test_a_key_hint_leads_to_the_workspace_of_its_day(opened: Open) -> None:
    company = two_workspaces(opened, call(1, output=3_000, scope={"api_key": "sk-ant-...abcd"}))
    company.file.put_scopes(read_scopes(SCOPES))
    assert [row["seen_tokens"] for row in rows(company, scope=TWO)] == [3_000]
    assert "scope_unresolved" not in reasons(company)


def test_a_call_without_scope_is_spread_and_said(opened: Open) -> None:
    company = two_workspaces(opened, call(1, output=3_000, scope={}))
    assert [row["seen_tokens"] for row in rows(company)] == [2_000, 1_000]
    assert "scope_unresolved" in reasons(company)


def test_an_account_on_the_bill_finds_its_workspace(opened: Open) -> None:
    company = opened([call(1, output=3_000, scope={"account": "user_9"})])
    files = [cost_report({ONE: "20", TWO: "10"}), usage_report({ONE: {"": 8_000}, TWO: {"user_9": 4_000}})]
    company.import_files(files, pulled_at=PULLED)
    assert [row["seen_tokens"] for row in rows(company, scope=TWO)] == [3_000]


def test_a_batch_call_is_not_in_the_standard_cell(opened: Open) -> None:
    company = two_workspaces(opened, call(1, output=3_000, service_tier="batch"))
    assert [row["seen_tokens"] for row in rows(company)] == [0, 0]
    assert "unbilled" in reasons(company)


def test_a_call_of_three_tickets_is_split_before_the_money_is(opened: Open) -> None:
    company = two_workspaces(opened, call(1, output=8_000, tickets=("PAY-1", "PAY-2", "PAY-3")))
    (row,) = rows(company, scope=ONE)
    assert [(one["ticket"], one["tokens"], one["nano_usd"]) for one in row["shares"]] == [
        ("PAY-1", 2_667, 66_675_000),
        ("PAY-2", 2_667, 66_675_000),
        ("PAY-3", 2_666, 66_650_000),
    ]


def test_consumption_units_are_split_by_list_value(opened: Open) -> None:
    seen = [
        call(1, output=40_000, channel="aws_marketplace", scope={}, engineer="ada@acme.example"),
        call(2, output=20_000, channel="aws_marketplace", scope={}, engineer="ben@acme.example"),
    ]
    company = opened(seen)
    company.import_files(recorded("aws_cur.csv"), pulled_at=PULLED)
    (row,) = rows(company, channel="aws_marketplace")
    shares = {one["engineer"] or one["account"]: one["nano_usd"] for one in row["shares"]}
    assert shares == {"ada@acme.example": 10**9, "ben@acme.example": 5 * 10**8, "untracked": 10**9}


def test_a_discount_and_its_usage_go_to_the_same_person(opened: Open) -> None:
    company = opened([call(1, output=2_000, channel="bedrock", model="claude-opus-4-8", scope={})])
    company.import_files(recorded("aws_cur.csv"), pulled_at=PULLED)
    found = {row["kind"]: row["tracked_nano_usd"] for row in rows(company, model="claude-opus-4-8")}
    assert found == {"usage": 55_000_000, "discount": -5_500_000}


def test_people_of_an_enterprise_are_owners_of_what_nobody_saw(opened: Open) -> None:
    company = opened()
    company.import_files(recorded("claude_enterprise.json", "claude_enterprise_users.json"), pulled_at=PULLED)
    (row,) = rows(company, channel="claude_enterprise", scope="claude_code")
    owners = {one["owner"]: one["nano_usd"] for one in row["shares"]}
    assert owners == {
        "grace@acme.example": 600_000_000,
        "account:user_01X": 200_000_000,
        "scope:claude_code": 100_000_000,
    }


def test_a_report_and_an_invoice_of_the_same_use_are_not_added(opened: Open) -> None:
    company = opened()
    files = [*recorded("cursor_events_1.json", "cursor_events_2.json", "cursor_usage.csv")]
    header = (
        "InvoiceId,InvoiceIssuerName,BillingPeriodStart,BillingPeriodEnd,"
        "ChargeCategory,InvoiceDetailDescription,BilledCost,BillingCurrency\n"
    )
    invoice = """C-9,Cursor,2026-09-10,2026-10-01,Usage,On-demand,0.11,USD
C-9,Cursor,2026-09-10,2026-10-01,Purchase,Seats,40.00,USD
"""
    company.import_files([*files, BillFile("invoice.csv", (header + invoice).encode())], pulled_at=PULLED)
    assert company.reconcile("2026-09").as_json()["total"]["billed_nano_usd"] == 105_000_000 + 40 * 10**9
    assert "billed_elsewhere" in reasons(company)
    assert company.verify() == []


def test_what_an_unknown_sku_charges_for_is_nobodys_call(opened: Open) -> None:
    company = opened([call(1, output=9, channel="bedrock", model="claude-haiku-4-5", scope={})])
    company.import_files(recorded("aws_cur.csv"), pulled_at=PULLED)
    (row,) = rows(company, channel="bedrock", model=None, kind="usage")
    assert (row["untracked_nano_usd"], row["seen_tokens"]) == (700_000_000, 0)
    assert {"sku_unmapped", "unbilled"} <= reasons(company)


def test_web_searches_are_billed_without_a_model(opened: Open) -> None:
    line = {"model": "claude-opus-5", "kind": "web_searches", "quantity": 2, "list_nano_usd": 20_000_000}
    company = opened([call(1, output=0, scope={}, lines=[line])])
    usage = recorded("anthropic_usage_1.json")[0]
    raw = usage.raw.replace(b'"web_search_requests": 0', b'"web_search_requests": 3', 1)
    raw = raw.replace(b'"workspace_id": "wrkspc_01ACME"', b'"workspace_id": null', 1)
    company.import_files([*recorded("anthropic_cost.json"), BillFile("usage.json", raw)], pulled_at=PULLED)
    (row,) = rows(company, token_class="web_searches")
    assert (row["billed_tokens"], row["seen_tokens"], row["tracked_nano_usd"]) == (3, 2, 20_000_000)


def test_hints_without_owner_are_listed(opened: Open) -> None:
    company = opened()
    company.import_files(recorded("anthropic_usage_1.json"), pulled_at=PULLED)
    assert [(row["hint"], row["tokens"]) for row in company.unowned()] == [
        ("user_01GRACE", 26_600),
        ("apikey_01BOT", 9_091),
    ]
    company.file.put_scopes(read_scopes(SCOPES))
    assert [row["hint"] for row in company.unowned()] == ["apikey_01BOT"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (SCOPES.replace(b"hint", b"key", 1), "column_missing"),
        (SCOPES.replace(b"2026-09-15,\n", b"2026-09-10,\n"), "scope_overlap"),
        (SCOPES.replace(b"2026-09-01,2026-09-15", b"2026-09-15,2026-09-01"), "scope_days"),
        (SCOPES.replace(b"anthropic,user_01GRACE", b"anthropic,"), "scope_incomplete"),
    ],
)
def test_a_scopes_table_that_contradicts_itself_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_scopes(raw)


def test_persons_of_owners() -> None:
    scopes = Scopes(read_scopes(SCOPES))
    role = "principal:arn:aws:sts::1:assumed-role/Dev/grace@acme.example"
    assert scopes.person("anthropic", "account:user_01GRACE", 20_700) == "grace@acme.example"
    assert scopes.person("bedrock", role, 20_700) == "grace@acme.example"
    assert scopes.person("bedrock", "principal:arn:aws:iam::1:user/batch", 20_700) is None


def test_a_problem_says_what_to_do(opened: Open) -> None:
    refused = opened().close("2026-09")
    assert isinstance(refused, Problem)
    assert "bills import" in refused.remedy
