"""What a tool tells without an id: linked to the call it is of, and never a call of its own."""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tollbook.claim import Claim, claim_of
from tollbook.identity import Id
from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.usage import Usage
from tollbook.vocabulary import IdKind, Source, Tool
from tollbook_agent import telemetry
from tollbook_agent.capture.link import Counts, Loose
from tollbook_agent.capture.observation import Observation
from tollbook_agent.capture.otlp.read import Read

USAGE = Usage(input=700, cache_read=3_000, cache_write=300, output=90, reasoning=10)
SEEN = Counts(input=4_000, cached=3_000, cache_write=300, output=90, reasoning=10)


def logged(now: int) -> Claim:
    sighting = Sighting(
        source=Source.LOG,
        tool=Tool.CODEX,
        ids=(Id(IdKind.RESPONSE, "resp_1"),),
        started_at=now,
        ended_at=now,
        usage=USAGE,
        model="gpt-6.1-sol",
        session_id="thread-1",
    )
    made = claim_of(sighting, "device")
    assert made is not None
    return made


def report(now: int) -> Loose:
    sighting = Sighting(
        source=Source.OTEL, tool=Tool.CODEX, ids=(Id(IdKind.LINK, "report-1"),), started_at=now, ended_at=now
    )
    return Loose(sighting=sighting, conversation="thread-1", model="gpt-6.1-sol", counts=SEEN, at_ns=now)


@pytest.mark.parametrize("log_first", [True, False])
def test_a_report_joins_its_call_whichever_comes_first(tmp_path: Path, log_first: bool) -> None:
    now = time.time_ns()
    known: list[Claim] = [logged(now)] if log_first else []
    taken: list[Observation] = []

    def take(observations: Sequence[Observation], problems: Sequence[Problem]) -> None:
        assert not problems
        taken.extend(observations)

    part = telemetry.Telemetry(telemetry.make(tmp_path), take, lambda tool, since: known if tool == Tool.CODEX else [])
    try:
        part._sink(Read(loose=(report(now),)))
        if not log_first:
            assert taken == []
            known.append(logged(now))
            part.settle()
        assert [each.sighting.ids for each in taken] == [(Id(IdKind.RESPONSE, "resp_1"), Id(IdKind.LINK, "report-1"))]
        assert part.status()["waiting"] == 0
    finally:
        part.close()


def test_the_place_stays_the_same_and_is_for_this_user_only(tmp_path: Path) -> None:
    made = telemetry.make(tmp_path)
    assert telemetry.make(tmp_path) == made == telemetry.load(tmp_path)
    assert (tmp_path / telemetry.FILE).stat().st_mode & 0o777 == 0o600
    (tmp_path / telemetry.FILE).write_text("{")
    assert telemetry.load(tmp_path) is None
