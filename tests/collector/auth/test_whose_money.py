"""Whose rows of bills and allocation each role sees."""

import pytest

from tollbook.problem import Problem
from tollbook_collector.auth.principal import NOBODY, Principal
from tollbook_collector.auth.records import Kind, Person, Role
from tollbook_collector.auth.view import whose_money

ADA = Person(tenant=1, reference="person-a", email="ada@example.com", team="payments")
BEN = Person(tenant=1, reference="person-b", email="ben@example.com", team="payments")
EVA = Person(tenant=1, reference="person-e", email=None, team="search")
PEOPLE = (ADA, BEN, EVA)
SELF = {"person-a", "ada@example.com"}


def ask(role: Role | None, kind: Kind = Kind.API) -> frozenset[str] | Problem | None:
    who = Principal(
        tenant=1, kind=kind, person="person-a", email="ada@example.com", role=role, teams=frozenset({"payments"})
    )
    return whose_money(who, PEOPLE)


@pytest.mark.parametrize("role", [Role.FINANCE, Role.ADMIN])
def test_finance_and_administrators_see_everybody(role: Role) -> None:
    assert ask(role) is None


def test_a_lead_sees_its_own_teams() -> None:
    assert ask(Role.LEAD) == SELF | {"person-b", "ben@example.com"}


def test_an_engineer_and_a_laptop_see_themselves() -> None:
    assert ask(Role.ENGINEER) == SELF
    assert ask(Role.ADMIN, Kind.DEVICE) == SELF


@pytest.mark.parametrize(("role", "kind"), [(Role.AUDITOR, Kind.API), (None, Kind.API), (Role.ADMIN, Kind.GATEWAY)])
def test_others_see_no_money(role: Role | None, kind: Kind) -> None:
    found = ask(role, kind)
    assert isinstance(found, Problem)
    assert found.reason == "forbidden"


def test_without_credentials_all_is_open() -> None:
    assert whose_money(NOBODY, PEOPLE) is None
