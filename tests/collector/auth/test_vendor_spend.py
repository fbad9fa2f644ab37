"""Vendors' rows in a spend answer: beside the table and in no sum of it, with people named as elsewhere."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.collector.auth.api_client import ApiClient
from tests.collector.auth.auth_bench import Bench, bench, claim_by
from tests.collector.schema_check import faults
from tests.support.bills import RECORDINGS
from tollbook.claim import Claim, claim_of
from tollbook.identity import Id
from tollbook.sighting import Sighting
from tollbook.usage import Usage
from tollbook.vocabulary import Channel, Evidence, IdKind, Provider, Source, Tool
from tollbook.work import Known, Work
from tollbook_collector import exit_codes
from tollbook_collector.api.openapi import document
from tollbook_collector.auth.records import Kind, Role
from tollbook_collector.cli.main import main

SCHEMAS = document("0.1.0")["components"]["schemas"]
GRACE, ALAN = "grace@acme.example", "alan@acme.example"
FIELDS = ("calls", "tokens", "list_nano_usd", "owed_nano_usd")


def report() -> bytes:
    """The recorded events on one page, one of them of somebody else."""
    first, second = (json.loads((RECORDINGS / f"cursor_events_{n}.json").read_text()) for n in (1, 2))
    events = first["usageEvents"] + second["usageEvents"]
    events[1]["userEmail"] = ALAN
    return json.dumps(first | {"usageEvents": events, "pagination": {}}).encode()


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    home = tmp_path_factory.mktemp("vendor")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOLLBOOK_COLLECTOR_HOME", str(home))
        (home / "events.json").write_bytes(report())
        assert main(["bills", "import", "--pulled-at", "2026-09-20T08:00:00Z", str(home / "events.json")]) == 0
    with bench(home) as made:
        assert made.access.make_tenant("other", made.clock()) == 2
        device = made.token(Kind.DEVICE, email=GRACE)
        made.send(device, *(claim_by(number, GRACE) for number in range(4)))
        yield made


def spend(parts: Bench, role: Role, tenant: int = 1, email: str | None = None, **query: str) -> Any:
    token = parts.asker(email or f"{role}@{tenant}.example", role, "payments", tenant)
    answer = ApiClient(parts.gate()).get("/api/v1/spend", token, **query)
    assert answer.status == 200, answer.body
    assert faults(SCHEMAS["Spend"], answer.json, SCHEMAS) == []
    return answer.json


def test_the_rows_stand_beside_the_table_and_in_no_sum_of_it(parts: Bench) -> None:
    answer = spend(parts, Role.FINANCE)
    (row,) = answer["vendor"]
    assert (row["channel"], row["period"], row["model"], row["documents"]) == ("cursor", "2026-09", "composer-2", [1])
    assert [row[name] for name in FIELDS] == [3, 300, 147_500_000, 105_000_000]
    assert {name: part["list_nano_usd"] for name, part in row["parts"].items()} == {
        "on_demand": 100_000_000,
        "included": 42_500_000,
        "not_charged": 0,
        "token_fee": 5_000_000,
    }
    assert answer["total"]["calls"] == sum(one["calls"] for one in answer["rows"]) == 4


def test_rows_are_of_days_where_days_are_asked_for(parts: Bench) -> None:
    rows = spend(parts, Role.FINANCE, group_by="day")["vendor"]
    assert [(row["period"], row["calls"]) for row in rows] == [("2026-09-14", 2), ("2026-09-15", 1)]


def test_only_the_days_that_are_asked_for(parts: Bench) -> None:
    one = spend(parts, Role.FINANCE, **{"from": "2026-09-15", "to": "2026-09-16"})["vendor"]
    assert [row["calls"] for row in one] == [1]
    assert spend(parts, Role.FINANCE, **{"from": "2026-10-01"})["vendor"] == []


@pytest.mark.parametrize("role", [Role.FINANCE, Role.ADMIN])
def test_who_sees_no_people_is_told_of_none(parts: Bench, role: Role) -> None:
    rows = spend(parts, role, group_by="engineer")["vendor"]
    assert [(row["engineer"], row["calls"]) for row in rows] == [("withheld", 3)]
    assert "acme.example" not in json.dumps(rows)


def test_an_engineer_sees_the_own_rows(parts: Bench) -> None:
    rows = spend(parts, Role.ENGINEER, email=GRACE, group_by="engineer")["vendor"]
    assert [(row["engineer"], row["calls"]) for row in rows] == [(GRACE, 2)]
    assert spend(parts, Role.ENGINEER, email="new@acme.example")["vendor"] == []


def test_a_lead_sees_the_teams_rows_without_names(parts: Bench) -> None:
    rows = spend(parts, Role.LEAD, group_by="engineer")["vendor"]
    assert [(row["engineer"], row["calls"]) for row in rows] == [("withheld", 2)]


def test_another_organisation_sees_nothing_of_it(parts: Bench) -> None:
    assert spend(parts, Role.FINANCE, tenant=2)["vendor"] == []


def of_cursor(number: int, tokens: int) -> Claim:
    """A call of Cursor at the moment of the reported one, as the proxy saw it."""
    sighting = Sighting(
        source=Source.PROXY,
        tool=Tool.CURSOR,
        ids=(Id(IdKind.RESPONSE, f"cursor-{number}"),),
        started_at=1_789_344_000_006_000_000,
        ended_at=1_789_344_001_006_000_000,
        usage=Usage(output=tokens),
        channel=Channel.CURSOR,
        provider=Provider.CURSOR,
        model="composer-2",
        work=Work(engineer=Known(ALAN, Evidence.EXPLICIT), device=Known("laptop-1", Evidence.EXPLICIT)),
    )
    claim = claim_of(sighting, "laptop-1")
    assert claim is not None
    return claim


def test_a_row_whose_calls_were_seen_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(tmp_path))
    (tmp_path / "events.json").write_bytes(report())
    assert main(["bills", "import", "--pulled-at", "2026-09-20T08:00:00Z", str(tmp_path / "events.json")]) == 0
    with bench(tmp_path) as parts:
        device = parts.token(Kind.DEVICE, email=ALAN)
        parts.send(device, of_cursor(50, 60))
        (row,) = spend(parts, Role.FINANCE)["vendor"]
        assert (row["calls"], row["tokens"], row["seen_tokens"]) == (3, 300, 60)
        parts.send(device, of_cursor(51, 40))
        (row,) = spend(parts, Role.FINANCE)["vendor"]
        assert (row["calls"], row["tokens"], row["seen_tokens"]) == (2, 200, 0)


def test_the_command_prints_them_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(tmp_path))
    (tmp_path / "events.json").write_bytes(report())
    assert main(["bills", "import", "--pulled-at", "2026-09-20T08:00:00Z", str(tmp_path / "events.json")]) == 0
    with bench(tmp_path):
        capsys.readouterr()
        assert main(["spend", "--by", "engineer"]) == exit_codes.OK
    lines = capsys.readouterr().out.splitlines()
    assert "not in the total above" in " ".join(lines)
    total = next(line for line in lines if line.startswith("total"))
    assert total.endswith("$0.0000")
    (grace,) = [line.split() for line in lines if line.startswith("cursor") and "grace" in line]
    assert grace[-6:] == ["2", "200", "0", "$0.1000", "$0.0000", "$0.0050"]


def test_a_file_of_bills_that_cannot_be_read_takes_no_call_from_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(tmp_path))
    with bench(tmp_path) as parts:
        parts.send(parts.token(Kind.DEVICE, email=GRACE), claim_by(1, GRACE))
        (tmp_path / "finance.sqlite").write_bytes(b"something else entirely, and long enough to be no empty file" * 20)
        answer = spend(parts, Role.FINANCE)
        assert (answer["total"]["calls"], answer["vendor"]) == (1, [])
        assert {"flag": "vendor_rows_unavailable", "calls": 0} in answer["flags"]
        capsys.readouterr()
        assert main(["spend", "--json"]) == exit_codes.OK
    printed = capsys.readouterr()
    assert json.loads(printed.out)["total"]["calls"] == 1
    assert "finance.sqlite" in printed.err
