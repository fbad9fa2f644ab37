"""Answers of a service whose days are sealed into files: the same for everybody as those from the record alone."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.collector.auth.auth_bench import Bench, bench, claim_by
from tollbook.problem import Problem
from tollbook_collector.ask import ALWAYS, SpendQuestion
from tollbook_collector.auth.guard import Guard
from tollbook_collector.auth.records import Kind, Role
from tollbook_collector.auth.tenants import Tenants
from tollbook_collector.open_store import open_store
from tollbook_collector.store.record.sqlite import Record

pytest.importorskip("duckdb")
from tollbook_collector.store.reader.background import SealedDays
from tollbook_collector.store.reader.duck_reader import DuckReader

DAY = 24 * 60
"""Calls of `make_claim` are a minute apart."""
PEOPLE = ("ada@example.com", "bob@example.com", "cy@example.com")
BY = (("engineer",), ("month", "engineer"), ("ticket", "model"), ("day", "month", "repo"), ("source", "channel"))
WAIT_SECONDS = 30.0


def filled(parts: Bench) -> dict[str, str]:
    """Two tenants with calls on three days; a token for each sort of asker."""
    theirs = parts.access.make_tenant("other", parts.clock())
    assert theirs == 2
    for tenant, first in ((1, 0), (theirs, 500)):
        for number, email in enumerate(PEOPLE):
            device = parts.token(Kind.DEVICE, tenant, email)
            calls = (first + day * DAY + 7 * number + call for day in range(3) for call in range(3))
            parts.send(device, *(claim_by(call, email) for call in calls))
    tokens = {role.value: parts.asker(f"{role}@example.com", role, "payments") for role in Role}
    parts.role(PEOPLE[0], Role.ENGINEER, "payments")
    return tokens | {"theirs": parts.asker("root@other.example.com", Role.ADMIN, None, theirs)}


def answers_of(guard: Guard, tokens: dict[str, str]) -> dict[tuple[str, tuple[str, ...]], Any]:
    """What each asker is told of each question; who may not ask has no entry."""
    service = guard.service(price_book="book", receivers=dict, ports={})
    found: dict[tuple[str, tuple[str, ...]], Any] = {}
    for name, token in tokens.items():
        answers = service.answers(f"Bearer {token}", "spend")
        if not isinstance(answers, Problem):
            found |= {(name, by): answers.spend(SpendQuestion(by=by)) for by in BY}
    return found


def test_sealed_days_change_no_answer_of_anybody(tmp_path: Path) -> None:
    with bench(tmp_path, smallest_group=1, lead_sees_members=True) as parts:
        tokens = filled(parts)
        expected = answers_of(parts.guard, tokens)
        days = SealedDays.beside(parts.settings.store, quiet_seconds=0.0, turn_seconds=0.02)
        assert days is not None

        def opening(tenant: int) -> Record:
            found = open_store(parts.settings, tenant)
            assert not isinstance(found, Problem)
            return found

        tenants = Tenants(parts.guard.tenants.record(1), opening, reading=days.reader)
        try:
            assert [sealed(tenants, tenant) for tenant in (1, 2)] == [(3, 0), (3, 0)]
            assert answers_of(replace(parts.guard, tenants=tenants), tokens) == expected
        finally:
            tenants.close()
            days.close()
        assert expected["admin", ("ticket", "model")]["total"]["calls"] == 27
        assert expected["lead", ("ticket", "model")]["total"]["calls"] == 9
        assert expected["theirs", ("engineer",)]["total"]["calls"] == 27


def sealed(tenants: Tenants, tenant: int) -> tuple[int, int]:
    """Days read from files and from the record, once none is left to the record."""
    reader = tenants.reader(tenant)
    assert isinstance(reader, DuckReader)
    end = time.monotonic() + WAIT_SECONDS
    while reader.days(ALWAYS)[1] and time.monotonic() < end:
        time.sleep(0.02)
    return reader.days(ALWAYS)


def test_a_folder_that_cannot_be_used_leaves_the_record(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with bench(tmp_path) as parts:
        store = parts.settings.store
        store.with_name(f"{store.name}-days").write_text("in the way")
        assert SealedDays.beside(store) is None
        assert "the record answers alone" in caplog.text
