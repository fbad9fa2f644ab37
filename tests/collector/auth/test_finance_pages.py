"""The pages of finance: a month over the API, who may do what, and what is told of people."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.collector.auth.api_client import Answer, ApiClient
from tests.collector.auth.auth_bench import Bench, bench, claim_by
from tests.collector.schema_check import faults
from tests.support.bills import RECORDINGS, TOLD_CALL
from tollbook.claim import claim_of
from tollbook.sighting import Sighting
from tollbook_collector.api.finance_routes import FINANCE_POSTS, FINANCE_ROUTES
from tollbook_collector.api.openapi import document
from tollbook_collector.auth.records import Kind, Role
from tollbook_collector.calls_file import read_calls

DESCRIBED = document("0.1.0")
MONTH = "/api/v1/reconciliations/2026-09"
COST = (RECORDINGS / "anthropic_cost.json").read_bytes()
GRACE = "grace@acme.example"


class Company:
    """Two organisations; the first one has a month of calls."""

    def __init__(self, parts: Bench) -> None:
        self.parts = parts
        theirs = parts.access.make_tenant("other", parts.clock())
        assert theirs == 2
        self.tokens = {role: parts.asker(f"{role}@example.com", role) for role in Role}
        self.theirs = parts.asker("cfo@other.example", Role.FINANCE, None, theirs)
        parts.send(parts.token(Kind.DEVICE, email=GRACE), *(claim_by(number, GRACE) for number in range(6)))
        (seen,) = read_calls([json.dumps(TOLD_CALL).encode()], "calls")
        assert isinstance(seen, Sighting)
        claim = claim_of(seen, "laptop")
        assert claim is not None
        parts.send(parts.token(Kind.DEVICE, email=GRACE), claim)
        self.client = ApiClient(parts.gate())

    def post(self, path: str, role: Role | None = Role.FINANCE, raw: bytes = b"", **query: str) -> Answer:
        token = self.theirs if role is None else self.tokens[role]
        return self.client.ask("POST", path, f"Bearer {token}", query=query, body=raw, content_type=None)

    def get(self, path: str, role: Role = Role.FINANCE, **query: str) -> Answer:
        return self.client.get(path, self.tokens[role], **query)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with bench(tmp_path_factory.mktemp("books")) as parts:
        made = Company(parts)
        taken = made.post("/api/v1/bills", raw=COST, name="cost_report.json")
        assert taken.status == 200, taken.body
        yield made


def described(method: str, path: str, answer: Any) -> list[str]:
    """Where an answer is not as the description says."""
    shown = DESCRIBED["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
    return faults(shown, answer, DESCRIBED["components"]["schemas"])


def test_a_month_over_the_api(company: Company) -> None:
    listed = company.get("/api/v1/bills").json
    assert described("get", "/api/v1/bills", listed) == []
    assert [one["source"] for one in listed["documents"]] == ["anthropic_cost_report"]
    before = company.get(MONTH, explain="true").json
    assert described("get", "/api/v1/reconciliations/{period}", before) == []
    assert (before["posted"], before["entries_written"]) == (False, 0)
    assert before["total"]["billed_nano_usd"] == listed["documents"][0]["total_nano_usd"] > 0
    posted = company.post(MONTH).json
    assert described("post", "/api/v1/reconciliations/{period}", posted) == []
    assert posted["posted"]
    assert posted["entries_written"] > 0
    assert company.post(MONTH).json["entries_written"] == 0
    assert company.get("/api/v1/ledger").json == {"faults": []}
    closed = company.post("/api/v1/periods/2026-09/close").json
    assert described("post", "/api/v1/periods/{period}/close", closed) == []
    assert company.get(MONTH).json["state"] == "closed"
    again = company.post("/api/v1/periods/2026-09/close")
    assert (again.status, again.json["error"]["code"]) == (422, "period_not_closed")


def test_a_ticket_has_what_is_posted_to_it(company: Company) -> None:
    company.post(MONTH)
    shown = company.get(MONTH, explain="true").json
    shares = [share for row in shown["rows"] for share in row["shares"]]
    tickets = {share["ticket"] for share in shares if share["ticket"]}
    for ticket in tickets:
        answer = company.get(f"/api/v1/tickets/{ticket}").json
        assert described("get", "/api/v1/tickets/{key}", answer) == []
        billed = sum(share["nano_usd"] for share in shares if share["ticket"] == ticket)
        assert answer["billed_nano_usd"] == answer["effective_nano_usd"] == billed
        september = next(month for month in answer["months"] if month["month"] == "2026-09")
        assert september["status"] in ("final", "closed")
    assert tickets == {"PAY-7"}
    nothing = company.client.get("/api/v1/tickets/PAY-101", company.theirs).json
    assert nothing["billed_nano_usd"] is None


def test_allocation_explanation_units_and_focus_follow_the_description(company: Company) -> None:
    table = company.get("/api/v1/allocations/2026-09", by="ticket").json
    assert described("get", "/api/v1/allocations/{period}", table) == []
    billed = company.get(MONTH).json["total"]["billed_nano_usd"]
    assert table["total"]["billed_nano_usd"] == billed == sum(row["billed_nano_usd"] or 0 for row in table["rows"])
    why = company.get("/api/v1/allocations/2026-09/explanation", by="ticket").json
    assert described("get", "/api/v1/allocations/{period}/explanation", why) == []
    unplaced = next(row for row in table["rows"] if row["key"] == [None])
    assert sum(one["billed_nano_usd"] or 0 for one in why["reasons"]) == unplaced["billed_nano_usd"] > 0
    for per in ("pr", "ticket", "epic", "initiative"):
        unit = company.get("/api/v1/unit-costs/2026-09", per=per).json
        assert described("get", "/api/v1/unit-costs/{period}", unit) == []
    focus = company.get("/api/v1/exports/focus/2026-09", format="json")
    assert sum(int(row["BilledCost"].replace(".", "")) for row in focus.json) == billed
    assert focus.headers["content-disposition"] == 'attachment; filename="focus-2026-09.json"'
    assert company.get("/api/v1/exports/focus/2026-09").body.startswith(b"BillingAccountId,")


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("/api/v1/reconciliations/september", {}, "parameter_wrong"),
        ("/api/v1/allocations/2026-09", {"by": "teem"}, "parameter_wrong"),
        ("/api/v1/unit-costs/2026-09", {"per": "line"}, "parameter_wrong"),
        ("/api/v1/exports/focus/2026-09", {"format": "parquet"}, "parameter_wrong"),
        ("/api/v1/allocations/2026-09", {"by": "engineer"}, "forbidden"),
    ],
)
def test_what_is_wrong_is_said(company: Company, path: str, query: dict[str, str], code: str) -> None:
    answer = company.get(path, **query)
    assert answer.json["error"]["code"] == code
    assert answer.json["error"]["remedy"]


def test_a_foreign_file_is_refused_and_changes_nothing(company: Company) -> None:
    before = company.get("/api/v1/bills").body
    answer = company.post("/api/v1/bills", raw=b'{"hello": 1}', name="x.json")
    assert answer.status == 422
    assert company.get("/api/v1/bills").body == before


def test_each_role_does_what_it_may_and_no_more(company: Company) -> None:
    operations = [("GET", route.path, route.operation) for route in FINANCE_ROUTES]
    operations += [("POST", post.path, post.operation) for post in FINANCE_POSTS]
    allowed = {role: set[str]() for role in Role}
    for role in Role:
        for method, path, operation in operations:
            url = path.replace("{period}", "1999-01")
            answer = company.client.ask(method, url, f"Bearer {company.tokens[role]}", content_type=None)
            if answer.status != 403:
                allowed[role].add(operation)
    reads = {route.operation for route in FINANCE_ROUTES}
    assert allowed[Role.FINANCE] == reads | {post.operation for post in FINANCE_POSTS}
    assert allowed[Role.ADMIN] == reads
    assert allowed[Role.AUDITOR] == {"bills", "reconciliation", "ledger"}
    assert allowed[Role.LEAD] == allowed[Role.ENGINEER] == set()


def test_who_sees_no_people_is_told_of_none(company: Company) -> None:
    person = company.parts.access.people(1)[0].reference
    for path in (MONTH + "?explain=true", "/api/v1/exports/focus/2026-09", "/api/v1/allocations/2026-09?by=ticket"):
        path, _, query = path.partition("?")
        answer = company.client.ask(
            "GET", path, f"Bearer {company.tokens[Role.FINANCE]}", query=dict([query.split("=")]) if query else {}
        )
        assert answer.status == 200
        assert GRACE.encode() not in answer.body
        assert person.encode() not in answer.body


def test_an_organisation_sees_its_own_books_alone(company: Company) -> None:
    token = company.theirs
    assert company.client.get("/api/v1/bills", token).json == {"documents": []}
    assert company.client.get(MONTH, token).json["rows"] == []
    assert company.client.get("/api/v1/allocations/2026-09", token, by="ticket").json["rows"] == []


def test_strangers_change_nothing(company: Company) -> None:
    answer = company.client.ask("POST", MONTH, content_type=None)
    assert answer.status == 401
