"""What a ticket or a branch cost over the API: the same sums, nobody's name, and bills only for who sees everybody."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.collector.auth.api_client import Answer, ApiClient
from tests.collector.auth.auth_bench import Bench, bench, claim_by
from tests.collector.schema_check import faults
from tests.support.commenting import CALL, OTHER, lay_out_work
from tollbook_collector.api.openapi import document
from tollbook_collector.auth.records import Kind, Role
from tollbook_collector.ledger.periods import State
from tollbook_collector.work_cost import MOST_MONTHS, OLDER, MonthBill, WorkQuestion, of_ticket, with_bills

SCHEMAS = document("0.1.0")["components"]["schemas"]
ADA, GRACE = "ada@example.com", "grace@example.com"
BRANCH = {"repo": "Acme/Payments", "branch": "feature/PAY-101-x"}


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    home = tmp_path_factory.mktemp("work")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOLLBOOK_COLLECTOR_HOME", str(home))
        lay_out_work(home, CALL, OTHER)
    with bench(home) as made:
        for email in (ADA, GRACE):
            device = made.token(Kind.DEVICE, email=email)
            made.send(device, *(claim_by(number, email) for number in range(12) if number % 2 == (email == GRACE)))
        yield made


def ask(parts: Bench, role: Role, **query: str) -> Answer:
    token = parts.asker(GRACE if role is Role.ENGINEER else f"{role}@example.com", role, "payments")
    return ApiClient(parts.gate()).get("/api/v1/work-cost", token, **query)


@pytest.mark.parametrize("role", [Role.FINANCE, Role.ADMIN])
def test_a_ticket_with_its_bill(parts: Bench, role: Role) -> None:
    answer = ask(parts, role, ticket="pay-7").json
    assert faults(SCHEMAS["WorkCost"], answer, SCHEMAS) == []
    assert (answer["ticket"], answer["calls"], answer["status"]) == ("PAY-7", 2, "provisional")
    assert answer["list_nano_usd"] == answer["billed_nano_usd"] == answer["reconciled_list_nano_usd"] == 187_500_000
    assert answer["coverage"] == "0.6253"
    assert "@" not in json.dumps(answer)


def test_a_branch_crossfoots_over_models_and_months(parts: Bench) -> None:
    answer = ask(parts, Role.FINANCE, **BRANCH).json
    assert faults(SCHEMAS["WorkCost"], answer, SCHEMAS) == []
    assert answer["calls"] == 3
    for rows in (answer["models"], answer["months"]):
        assert sum(row["calls"] for row in rows) == answer["calls"]
        assert sum(row["list_nano_usd"] for row in rows) == answer["list_nano_usd"] > 0
    assert (answer["billed_nano_usd"], answer["coverage"], answer["status"]) == (None, None, "estimated")


def test_a_branch_and_its_only_ticket_cost_the_same(parts: Bench) -> None:
    branch, ticket = ask(parts, Role.FINANCE, **BRANCH).json, ask(parts, Role.FINANCE, ticket="PAY-101").json
    assert [branch[name] for name in ("calls", "usage", "list_nano_usd", "models")] == [
        ticket[name] for name in ("calls", "usage", "list_nano_usd", "models")
    ]


def test_days_before_the_first_one_are_left_out(parts: Bench) -> None:
    assert ask(parts, Role.FINANCE, **BRANCH, **{"from": "2026-10-02"}).json["calls"] == 0


def test_an_engineer_sees_the_own_part_and_no_bill(parts: Bench) -> None:
    answer = ask(parts, Role.ENGINEER, ticket="PAY-101").json
    assert (answer["calls"], answer["flags"]) == (3, [{"flag": "only_your_calls", "calls": 3}])
    token = parts.asker("grace@acme.example", Role.ENGINEER)
    own = ApiClient(parts.gate()).get("/api/v1/work-cost", token, ticket="PAY-7").json
    assert (own["calls"], own["billed_nano_usd"], own["coverage"]) == (2, None, None)


def test_the_bill_of_a_branch_is_found_whatever_case_its_repository_is_written_in(parts: Bench) -> None:
    answer = ask(parts, Role.FINANCE, repo="ACME/Shop", branch="feature/PAY-7-x").json
    assert (answer["billed_nano_usd"], answer["reconciled_list_nano_usd"]) == (150_000_000, 150_000_000)


def test_an_auditor_may_not_ask(parts: Bench) -> None:
    assert ask(parts, Role.AUDITOR, ticket="PAY-7").status == 403


def test_sums_without_names_are_no_look_at_people(parts: Bench) -> None:
    before = len(parts.access.entries(1, 0, 10_000))
    token = parts.asker("lead@example.com", Role.LEAD, "payments")
    made = len(parts.access.entries(1, 0, 10_000))
    ApiClient(parts.gate()).get("/api/v1/work-cost", token, ticket="PAY-101")
    assert len(parts.access.entries(1, 0, 10_000)) == made > before


@pytest.mark.parametrize(
    "query",
    [{}, {"repo": "a/b"}, {"branch": "b"}, {"ticket": "PAY-1", "repo": "a/b", "branch": "b"},
     {"ticket": "PAY-1", "from": "2026-10-01"}, {**BRANCH, "from": "soon"}],
)  # fmt: skip
def test_what_is_asked_wrongly_is_said(parts: Bench, query: dict[str, str]) -> None:
    answer = ask(parts, Role.FINANCE, **query)
    assert (answer.status, answer.json["error"]["code"]) == (400, "parameter_wrong")


def ticket_over(months: int) -> dict[str, Any]:
    figures = {"calls": 2, "usage": {"output": 1}, "list_nano_usd": 10}
    days = [{"key": f"20{26 + n // 12}-{n % 12 + 1:02}-03", **figures} for n in range(months)]
    return {
        "by": {"day": days, "model": []}, "calls": 2 * months, "usage": {"output": months},
        "list_nano_usd": 10 * months, "price_book": "b", "flags": [], "unpriced_calls": 0,
    }  # fmt: skip


def test_months_before_the_last_twelve_are_not_reconciled_and_that_is_said() -> None:
    asked: list[str] = []

    def bills(months: Any) -> list[MonthBill]:
        asked.extend(months)
        return [MonthBill(month, State.FINAL, 8, 10, 3, 1) for month in months]

    answer = with_bills(of_ticket(ticket_over(MOST_MONTHS + 2), WorkQuestion(ticket="PAY-1")), bills)
    assert (len(asked), min(asked)) == (MOST_MONTHS, "2026-03")
    assert (answer["billed_nano_usd"], answer["coverage"]) == (8 * MOST_MONTHS, "0.7500")
    assert answer["flags"] == [{"flag": OLDER, "calls": 4}]
    assert answer["status"] == "estimated"


def test_the_least_advanced_month_gives_the_status() -> None:
    def bills(months: Any) -> list[MonthBill]:
        states = [State.CLOSED, State.PROVISIONAL, State.FINAL]
        return [MonthBill(month, state, 8, 10, 1, 0) for month, state in zip(months, states, strict=True)]

    answer = with_bills(of_ticket(ticket_over(3), WorkQuestion(ticket="PAY-1")), bills)
    assert answer["status"] == "provisional"
    assert [one["status"] for one in answer["months"]] == ["closed", "provisional", "final"]
