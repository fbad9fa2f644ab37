"""The operator's commands see every organisation, one at a time, by its name."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.collector.auth.auth_bench import bench, claim_by
from tests.collector.claim_maker import make_claim
from tollbook_collector import exit_codes
from tollbook_collector.auth.records import Kind
from tollbook_collector.cli.main import main

Capture = pytest.CaptureFixture[str]
MINE, THEIRS = 3, 5
"""Calls of the default organisation and of the other."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("two")
    with bench(folder) as parts:
        assert parts.access.make_tenant("acme", parts.clock()) == 2
        parts.send(parts.token(Kind.DEVICE, email="ada@example.com"), *map(make_claim, range(MINE)))
        other = parts.token(Kind.DEVICE, 2, "bob@acme.example.com")
        parts.send(other, *(claim_by(number, None) for number in range(100, 100 + THEIRS)))
        yield folder


@pytest.fixture(autouse=True)
def environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(home))


def shown(capsys: Capture, *arguments: str) -> Any:
    assert main(arguments) == exit_codes.OK
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(("tenant", "calls"), [([], MINE), (["--tenant", "acme"], THEIRS)])
def test_each_command_answers_of_the_organisation_that_is_named(tenant: list[str], calls: int, capsys: Capture) -> None:
    assert shown(capsys, "spend", "--by", "engineer", "--json", *tenant)["total"]["calls"] == calls
    assert shown(capsys, "status", "--json", *tenant)["record"]["calls"] == calls
    tickets = [shown(capsys, "ticket", f"PAY-10{number}", "--json", *tenant)["calls"] for number in range(4)]
    assert sum(tickets) == calls
    assert shown(capsys, "verify", "--json", *tenant) == {"faults": []}
    assert main(["calls", "--limit", "0", "--json", *tenant]) == exit_codes.OK
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == calls
    wanted = {"bob@acme.example.com"} if tenant else {"ada@example.com"}
    assert {line["engineer"] for line in lines} == wanted


def test_who_looked_at_people_is_in_their_organisations_log(capsys: Capture) -> None:
    before = len(shown(capsys, "audit", "--json")["entries"])
    shown(capsys, "spend", "--by", "engineer", "--json", "--tenant", "acme")
    log = shown(capsys, "audit", "--json", "--tenant", "acme")["entries"]
    assert (log[-1]["actor"], log[-1]["detail"]) == ("operator", "spend")
    assert len(shown(capsys, "audit", "--json")["entries"]) == before


@pytest.mark.parametrize(
    "command",
    ["spend", "ticket PAY-101", "calls", "status", "verify", "devices", "calls import", "people list"],
)
def test_an_unknown_organisation_is_refused_with_those_there_are(command: str, capsys: Capture) -> None:
    assert main([*command.split(), "--tenant", "acmee"]) == exit_codes.USAGE
    said = capsys.readouterr()
    assert said.out == ""
    assert "there is no tenant 'acmee'" in said.err
    assert "acme, default" in said.err


def test_calls_are_imported_into_the_organisation_that_is_named(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "calls.jsonl"
    assert main(["calls", "export", str(file)]) == exit_codes.OK
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    file.write_text(
        "".join(json.dumps(line | {"ids": {"response": f"msg_new_{n}"}}) + "\n" for n, line in enumerate(lines))
    )
    with bench(tmp_path / "fresh") as parts:
        parts.access.make_tenant("acme", parts.clock())
    environment = pytest.MonkeyPatch()
    environment.setenv("TOLLBOOK_COLLECTOR_HOME", str(tmp_path / "fresh"))
    try:
        assert main(["calls", "--tenant", "acme", "import", str(file)]) == exit_codes.OK
        assert f"{len(lines)} calls are new" in capsys.readouterr().out
        assert shown(capsys, "status", "--json")["record"]["calls"] == 0
        assert shown(capsys, "status", "--json", "--tenant", "acme")["record"]["calls"] == len(lines)
    finally:
        environment.undo()
