"""Verifying: each kind of damage is found and named."""

from pathlib import Path

import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.store.record_state import NOW, change, opened
from tests.support.domain import claim, response
from tollbook.canonical import write
from tollbook.vocabulary import Source
from tollbook_collector.store.record import verify

DAMAGE = {
    "DELETE FROM claim WHERE rowid = 3": "not what its claims conclude|without claims",
    "DELETE FROM call WHERE rowid = 3": "not what its claims conclude",
    "INSERT INTO call SELECT tenant, bucket, row, 9, call_id, started_at, day, tool, channel, model, engineer, repo,"
    " branch, tickets, ticket_evidence, session_id, sources, input, cache_read, cache_write_5m, cache_write_30m,"
    " cache_write_1h, cache_write_12h, cache_write, output, reasoning, web_searches, list_nano_usd, unpriced, flags,"
    " parts FROM call WHERE rowid = 3": "calls stand",
    "UPDATE call SET list_nano_usd = list_nano_usd + 1 WHERE rowid = 3": "not what its claims conclude",
    "UPDATE call SET input = input + 1 WHERE rowid = 3": "not what its claims conclude",
    "DELETE FROM alias WHERE row = 3": "does not lead to it",
    "UPDATE alias SET row = 77 WHERE row = 3": "without claims",
    "INSERT INTO alias VALUES (1, 1, 1, 1)": "without claims",
    "DELETE FROM call_ticket WHERE row = 3": "lacks PAY-",
    "INSERT INTO call_ticket VALUES (1, 1, 'PAY-1', 1, 1)": "ticket index",
    "UPDATE tally SET value = value + 1 WHERE name = 'calls'": "running total of calls",
    "UPDATE tally SET value = value + 1 WHERE name = 'claims'": "running total of claims",
    "UPDATE claim SET key = x'0000000000000000' WHERE rowid = 3": "canonical",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "record.sqlite"
    with opened(path) as record:
        record.book([make_claim(number) for number in range(8)], now_ns=NOW)
        assert record.verify() == []
    return path


@pytest.mark.parametrize(("sql", "finding"), DAMAGE.items())
def test_damage_is_found(path: Path, sql: str, finding: str) -> None:
    change(path, sql)
    with opened(path) as record:
        found = record.verify()
    assert any(word in one for one in found for word in finding.split("|")), found


def test_a_claim_that_was_altered_is_found(path: Path) -> None:
    change(path, "UPDATE claim SET body = ? WHERE rowid = 3", write(claim(Source.LOG, response("msg_other"))))
    with opened(path) as record:
        assert any("canonical" in one for one in record.verify())


def test_a_claim_that_is_none_is_found(path: Path) -> None:
    change(path, "UPDATE claim SET body = ? WHERE rowid = 3", b"\xff{}")
    with opened(path) as record:
        assert any("cannot be read" in one for one in record.verify())


def test_findings_are_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "MAX_FINDINGS", 3)
    change(path, "DELETE FROM alias")
    with opened(path) as record:
        assert len(record.verify()) == 4
