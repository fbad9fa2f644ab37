"""Roles: what each may ask for, whose calls and which names it sees, and that looks at people are written down."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.collector.auth.api_client import ApiClient
from tests.collector.auth.auth_bench import PEOPLE, STRANGER, Bench, bench, with_people
from tollbook_collector.auth.records import Event, Kind, Role, Standing

PATHS = {
    "ticket": "/api/v1/tickets/PAY-101",
    "spend": "/api/v1/spend",
    "calls": "/api/v1/calls",
    "status": "/api/v1/status",
    "audit": "/api/v1/audit",
    "project_keys": "/api/v1/project-keys",
}
ALLOWED = {
    Role.ENGINEER: {"ticket", "spend", "calls", "status", "project_keys"},
    Role.LEAD: {"ticket", "spend", "calls", "status", "project_keys"},
    Role.FINANCE: {"ticket", "spend", "status", "project_keys"},
    Role.ADMIN: {"ticket", "spend", "status", "audit", "project_keys"},
    Role.AUDITOR: {"audit", "status"},
}


class Org:
    """A company; the last one of team payments leads it."""

    def __init__(self, parts: Bench) -> None:
        self.parts = with_people(parts)
        self.lead = parts.asker(PEOPLE[-1], Role.LEAD, "payments")
        parts.clock.pass_seconds(6)
        self.client = ApiClient(parts.gate())

    def events(self, action: str) -> list[Any]:
        return [one.event for one in self.parts.access.entries(1) if one.event.action == action]

    def engineers(self, token: str) -> dict[str | None, int]:
        rows = self.client.get(PATHS["spend"], token, group_by="engineer").json["rows"]
        return {row["key"][0]: row["calls"] for row in rows}


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Org]:
    with bench(tmp_path) as parts:
        yield Org(parts)


@pytest.fixture
def open_org(tmp_path: Path) -> Iterator[Org]:
    with bench(tmp_path, lead_sees_members=True) as parts:
        yield Org(parts)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_asks_for_what_is_its_own(org: Org, role: Role) -> None:
    token = org.parts.asker(f"{role}@example.com", role, "payments")
    for operation, path in PATHS.items():
        expected = 200 if operation in ALLOWED[role] else 403
        assert org.client.get(path, token).status == expected, operation


def test_nobody_is_answered_without_a_credential_but_health_is(org: Org) -> None:
    for path in PATHS.values():
        answer = org.client.get(path)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert org.client.ask("GET", path, "Bearer x", "Bearer y").status == 401
    assert org.client.get("/livez").status == org.client.get("/readyz").status == 200


def test_gateways_and_enrolments_may_not_ask(org: Org) -> None:
    for token in (org.parts.token(Kind.GATEWAY, teams=frozenset({"payments"})), org.parts.token(Kind.ENROLMENT)):
        assert org.client.get(PATHS["spend"], token).status == 403


def test_an_engineer_sees_the_own_calls_and_is_told_so(org: Org) -> None:
    token = org.parts.asker(PEOPLE[0], Role.ENGINEER, "payments")
    calls = org.client.get(PATHS["calls"], token).json["calls"]
    assert [call["engineer"] for call in calls] == [PEOPLE[0]]
    assert org.engineers(token) == {PEOPLE[0]: 1}
    ticket = org.client.get(PATHS["ticket"], token).json
    assert (ticket["calls"], ticket["flags"]) == (1, [{"flag": "only_your_calls", "calls": 1}])
    assert org.client.get(PATHS["calls"], token, engineer=STRANGER).json["calls"] == []
    theirs = org.parts.guard.tenants.record(1).documents(limit=1)[0]
    assert org.client.get(f"/api/v1/calls/{theirs['call_id']}", token).status == 404
    assert org.events("person_lookup") == []


def test_a_lead_sees_sums_of_the_team_and_no_names(org: Org) -> None:
    assert org.engineers(org.lead) == {"withheld": len(PEOPLE)}
    by = org.client.get(PATHS["ticket"], org.lead).json["by"]["engineer"]
    assert [(row["key"], row["calls"]) for row in by] == [("withheld", len(PEOPLE))]
    calls = org.client.get(PATHS["calls"], org.lead).json["calls"]
    assert [call["engineer"] for call in calls] == [PEOPLE[-1]]
    assert org.events("person_lookup") == []


def test_a_lead_who_may_see_members_is_written_down(open_org: Org) -> None:
    assert open_org.engineers(open_org.lead) == dict.fromkeys(PEOPLE, 1)
    calls = open_org.client.get(PATHS["calls"], open_org.lead, engineer=PEOPLE[0]).json["calls"]
    assert [call["engineer"] for call in calls] == [PEOPLE[0]]
    assert open_org.client.get(PATHS["calls"], open_org.lead, engineer=STRANGER).json["calls"] == []
    noted = [(event.object, event.detail) for event in open_org.events("person_lookup")]
    assert noted == [("5 people", "spend"), (open_org.parts.directory.reference(1, PEOPLE[0]), "calls")]


def test_a_ranking_of_few_names_nobody(open_org: Org) -> None:
    for email in PEOPLE[:2]:
        open_org.parts.role(email, Role.ENGINEER, "platform")
    open_org.parts.clock.pass_seconds(6)
    assert open_org.engineers(open_org.lead) == {"withheld": len(PEOPLE) - 2}


def test_finance_sees_all_money_and_nobody(org: Org) -> None:
    token = org.parts.asker("money@example.com", Role.FINANCE)
    table = org.client.get(PATHS["spend"], token, group_by="engineer,ticket").json
    assert {row["key"][0] for row in table["rows"]} == {"withheld"}
    assert sum(row["list_nano_usd"] for row in table["rows"]) == table["total"]["list_nano_usd"] > 0
    assert table["total"]["calls"] == sum(row["calls"] for row in table["rows"]) == len(PEOPLE) + 2
    assert not any(email in org.client.get(PATHS["spend"], token).body.decode() for email in PEOPLE)


def test_pseudonyms_and_erasure_change_names_and_no_sum(open_org: Org) -> None:
    access = open_org.parts.access
    before = open_org.client.get(PATHS["spend"], open_org.lead, group_by="engineer").json["total"]
    for email, standing in zip(PEOPLE, (Standing.PSEUDONYMOUS, Standing.ERASED, Standing.ERASED), strict=False):
        person = access.person_of(1, email)
        assert person is not None
        event = Event(actor="operator", action="person", object=person.reference)
        access.change_person(person, event, open_org.parts.clock(), standing=standing)
    open_org.parts.clock.pass_seconds(6)
    admin = open_org.parts.token(Kind.DEVICE, email=PEOPLE[0])
    shown = {call["engineer"] for call in open_org.client.get(PATHS["calls"], admin).json["calls"]}
    reference = open_org.parts.directory.reference(1, PEOPLE[0])
    assert shown == {"engineer-" + reference.removeprefix("person-")[:8]}
    table = open_org.client.get(PATHS["spend"], open_org.parts.asker("f@example.com", Role.FINANCE)).json
    assert table["total"]["calls"] == len(PEOPLE) + 2
    assert before["calls"] == len(PEOPLE)
    raw = open_org.parts.access.people(1)
    assert sorted(one.email or "-" for one in raw).count("-") == 2


def test_enrolment_over_the_api_and_what_it_refuses(org: Org) -> None:
    token = f"Bearer {org.parts.token(Kind.ENROLMENT, email=PEOPLE[0])}"
    path, good = "/api/v1/enroll", b'{"device":"00112233445566ff"}'
    bad = (b"", b"[]", b"{", b'{"device":1}', b'{"device":"x"}', b'{"tenant":"2"}', b" " * 5_000, b'{"device":"0"}' * 9)
    assert [org.client.ask("POST", path, token, body=body).status for body in bad] == [400] * len(bad)
    assert org.client.ask("POST", path, token, body=good, content_type="text/plain").status == 400
    assert org.client.ask("POST", path, None, body=good).status == 401
    assert org.client.ask("GET", path, token).status == 405
    answer = org.client.ask("POST", path, token, body=good)
    assert (answer.status, answer.json["engineer"], answer.json["ports"]) == (200, PEOPLE[0], {"otlp_grpc": 1})
    assert org.client.ask("POST", path, token, body=good).status == 401
    renewed = org.client.ask("POST", "/api/v1/renew", f"Bearer {answer.json['token']}", body=b"{}")
    assert (renewed.status, renewed.json["device"]) == (200, "00112233445566ff")
