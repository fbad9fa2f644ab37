"""Calls whose branch, ticket, tags and names are attacks: booked, found and exported as the texts they are."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.collector.auth.api_client import ApiClient
from tests.collector.auth.auth_bench import Bench, bench
from tests.collector.auth.test_hostile_texts import SQL
from tests.collector.claim_maker import make_claim
from tests.support.formulas import FORMULAS
from tollbook.claim import Claim
from tollbook_collector.auth.records import Kind, Role

TEXTS = [
    text.replace("\x00", "\ufffd")
    for text in (*SQL[::7], *FORMULAS, "<img src=x onerror=alert(1)>", "a\r\nSet-Cookie: x=1")
]
FIELDS = ("branch", "repo", "session_id", "model", "tag.team-color")
PACKAGES = [Path(__file__).parents[3] / part for part in ("core", "agent", "collector")]


def hostile(number: int, text: str) -> Claim:
    """A call with one text in every place that a sender may fill."""
    claim = make_claim(number)
    fields = {
        name: register._replace(value=text) if name in FIELDS else register for name, register in claim.fields.items()
    }
    return replace(claim, fields=fields)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("hostile-calls"), smallest_group=1, lead_sees_members=True) as made:
        token = made.token(Kind.DEVICE, email="ada@example.com")
        made.send(token, *(hostile(number, text) for number, text in enumerate(TEXTS)))
        made.role("ada@example.com", Role.ENGINEER, "payments")
        yield made


@pytest.fixture(scope="module")
def asker(parts: Bench) -> str:
    return parts.asker("lead@example.com", Role.LEAD, "payments")


def test_every_text_is_booked_as_it_is_and_the_record_stays_whole(parts: Bench) -> None:
    record = parts.guard.tenants.record(1)
    found = record.documents(limit=1_000)
    assert sorted(call["branch"] for call in found) == sorted(TEXTS)
    assert record.verify() == []


@pytest.mark.parametrize(("name", "field"), [("repo", "repo"), ("session", "session_id"), ("model", "model")])
def test_a_hostile_text_finds_the_calls_that_have_it_and_no_other(
    parts: Bench, asker: str, name: str, field: str
) -> None:
    client = ApiClient(parts.gate())
    for text in TEXTS:
        answer = client.get("/api/v1/calls", asker, **{name: text})
        assert answer.status == 200
        assert [call[field] for call in answer.json["calls"]] == [text]


def test_a_hostile_ticket_is_no_ticket(parts: Bench, asker: str) -> None:
    client = ApiClient(parts.gate())
    for text in TEXTS:
        answer = client.get(f"/api/v1/tickets/{quote(text, safe='')}", asker)
        assert answer.status in (200, 400, 404)
        assert answer.status != 200 or answer.json["calls"] == 0


def test_no_text_becomes_a_header(parts: Bench, asker: str) -> None:
    client = ApiClient(parts.gate())
    for text in TEXTS:
        answer = client.get("/api/v1/calls", asker, repo=text)
        assert not any("\r" in value or "\n" in value for pair in answer.headers.items() for value in pair)
        assert "set-cookie" not in answer.headers


def test_csv_is_written_in_one_place_only() -> None:
    """Every export of CSV goes by `csv_safe`, which is tested with formulas: nothing else writes CSV."""
    writers: list[str] = []
    for package in PACKAGES:
        for path in package.rglob("*.py"):
            names = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
            if names & {"writer", "DictWriter"} and "import csv" in path.read_text():
                writers.append(path.name)
    assert writers == ["csv_safe.py"]
