"""A home answers the same to the byte, and books the same, whichever engine works on it."""

import json
import tempfile
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.support.bills import call, cost_report, finance, usage_report
from tollbook_collector.allocate.set_based.connect import MISSING, available
from tollbook_collector.bills import engine as chosen
from tollbook_collector.bills.reconcile import Inputs
from tollbook_collector.cli.main import main
from tollbook_collector.engines import Engine, in_sets, missing
from tollbook_collector.finance import Finance
from tollbook_collector.ledger.entries import Entry
from tollbook_collector.ledger.post import ledger_hash

needs_extra = pytest.mark.skipif(not available(), reason="the extra tollbook-collector[duckdb] is not installed")
MONTH = "2026-09"
CALLS = [
    call(1, output=8_000, tickets=("PAY-1", "PAY-2", "PAY-3")),
    call(2, output=333, engineer="alan@acme.example", branch="b"),
    call(3, output=41, scope={}, service_tier=None),
    call(4, output=9, model="claude-sonnet-5"),
]
WORKSPACES = ("wrkspc_01ACME", "wrkspc_02ACME")


def told(company: Finance) -> str:
    """Everything a company says of its month, as bytes of JSON."""
    answers: list[Any] = [company.reconcile(MONTH).as_json(explain=True), company.verify(), company.documents()]
    answers.append([repr(row) for row in company.rows(MONTH)])
    whole = [one for _, one in company.file.entries() if isinstance(one, Entry)]
    return json.dumps([*answers, company.file.last_hash(MONTH), ledger_hash(whole)], sort_keys=True)


def story(engine: Engine) -> list[str]:
    """What is said after each step: a bill, the same again, a restatement, the month closed, a later call and bill."""
    said: list[str] = []
    with tempfile.TemporaryDirectory() as folder, finance(Path(folder), CALLS) as company:
        company.engine = engine
        first = [
            cost_report({WORKSPACES[0]: "25.00007", WORKSPACES[1]: "3.1"}),
            usage_report({WORKSPACES[0]: {"": 9_001}}),
        ]
        restated = [cost_report({WORKSPACES[0]: "26.1", WORKSPACES[1]: "3.1"})]
        for day, files in ((18, first), (19, first), (20, restated)):
            company.import_files(files, pulled_at=f"2026-10-{day}T00:00:00Z")
            said.append(told(company))
        said.append(str(company.close(MONTH)))
        company.import_files(
            [cost_report({WORKSPACES[0]: "25.9", WORKSPACES[1]: "3.1"})], pulled_at="2026-10-25T00:00:00Z"
        )
        said += [told(company), told(company)]
    return said


@needs_extra
def test_both_engines_say_and_book_the_same_to_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = story(Engine.PYTHON)

    def refused(inputs: Inputs) -> NoReturn:
        pytest.fail("the reference was asked")

    monkeypatch.setattr(chosen, "reconcile_in_python", refused)
    assert story(Engine.DUCKDB) == expected
    assert len(set(expected)) >= 4


@needs_extra
def test_a_month_too_small_for_a_database_goes_to_the_reference() -> None:
    assert not in_sets(Engine.AUTO, 10)
    assert in_sets(Engine.AUTO, 10**6)
    assert in_sets(Engine.DUCKDB, 0)
    assert not in_sets(Engine.PYTHON, 10**9)


def test_an_engine_that_is_not_installed_is_named_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tollbook_collector.engines.available", lambda: False)
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(tmp_path))
    assert missing(Engine.DUCKDB) is MISSING
    assert missing(Engine.AUTO) is None
    assert main(["reconcile", "--period", MONTH, "--engine", "duckdb"]) == 2
    assert "pip install 'tollbook-collector[duckdb]'" in capsys.readouterr().err
