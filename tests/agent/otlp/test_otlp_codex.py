"""Codex's events: reports without an id, that open no call until they are linked with one."""

from collections import Counter

from tests.agent.otlp.messages import as_protobuf, recorded
from tollbook.claim import claim_of
from tollbook.group import group
from tollbook.identity import Id
from tollbook.sighting import Sighting
from tollbook.usage import Usage
from tollbook.vocabulary import Billing, IdKind, Source, Tool
from tollbook_agent.capture.link import Candidate, Counts, Waiting
from tollbook_agent.capture.otlp.read import Encoding, Read, read_logs

CONVERSATION = "01a30000-1111-7222-8333-000000000001"
AT = 1_795_197_602_500_000_000


def read() -> Read:
    raw = recorded("codex")
    found = read_logs(raw, Encoding.JSON)
    assert read_logs(as_protobuf(raw), Encoding.PROTOBUF) == found
    return found


def test_only_completed_responses_with_counts_are_reports() -> None:
    found = read()
    assert found.observations == ()
    assert [each.counts for each in found.loose] == [
        Counts(5000, 4096, 512, 300, 120),
        Counts(5400, 5120, 0, 80, 0),
    ]
    assert found.loose[0].sighting.usage == Usage(
        input=392, cache_read=4096, cache_write=512, output=300, reasoning=120
    )
    assert found.loose[0].at_ns == AT
    assert found.loose[0].sighting.billing is Billing.METERED
    assert Counter(problem.reason for problem in found.problems) == {
        "prewarm": 1,
        "counts_contradict": 1,
        "event_without_time": 1,
    }


def test_a_linked_report_is_one_call_with_what_the_log_said() -> None:
    report = read().loose[0]
    logged = Sighting(
        source=Source.LOG,
        tool=Tool.CODEX,
        ids=(Id(IdKind.RESPONSE, "resp_rec1"),),
        started_at=AT,
        ended_at=AT + 40_000_000,
        usage=report.sighting.usage,
        session_id=CONVERSATION,
        model="gpt-6.1-sol",
    )
    waiting = Waiting()
    waiting.add([report])
    call = Candidate(
        id=logged.ids[0],
        conversations=frozenset({CONVERSATION}),
        models=frozenset({"gpt-6.1-sol"}),
        counts=report.counts,
        ended_at=logged.ended_at,
    )
    facts, problems = waiting.settle([call], AT)
    assert problems == []
    claims = [claim for each in (logged, *facts) if (claim := claim_of(each, "device")) is not None]
    groups = group(claims).groups
    assert len(groups) == 1
    assert groups[0].void == frozenset()
    assert {claim.key.source for claim in groups[0].claims} == {Source.LOG, Source.OTEL}


def test_a_report_without_a_call_is_counted_and_dropped() -> None:
    waiting = Waiting()
    waiting.add(read().loose)
    assert waiting.settle([], AT + 10_000_000_000) == ([], [])
    assert len(waiting) == 2
    facts, problems = waiting.settle([], AT + 600_000_000_000)
    assert facts == []
    assert [problem.reason for problem in problems] == ["report_without_call"] * 2
    assert len(waiting) == 0
