"""Spoofing: whatever a sender says of itself, the call is the credential's, and says so where that differed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.collector.auth.auth_bench import NOW, Bench, bench, claim_by
from tests.collector.claim_maker import make_claim, request_of
from tollbook.booked import Booked
from tollbook.claim import Register
from tollbook.problem import Problem
from tollbook.vocabulary import Evidence, Source
from tollbook.work import EVIDENCE_RANK
from tollbook_collector.auth.principal import NOBODY, Principal
from tollbook_collector.auth.records import Event, Kind, Role, Standing
from tollbook_collector.auth.speaker import Speaker
from tollbook_collector.auth.spoken_shapes import SpokenShapes
from tollbook_collector.receivers.envelope import open_envelope
from tollbook_collector.receivers.spans import read_spans
from tollbook_collector.store.record.sqlite import Record

ADA, EVE, BOB = "ada@example.com", "eve@example.com", "bob@example.com"
LIES = [
    ADA, "ADA@example.com", "", " ", "nobody", "ada@example.com\n", "eve@example.com,ada@example.com",
    "person-0000000000000000", "' OR 1=1 --", "=HYPERLINK(1)", "a" * 4_000, "\u202eada@example.com",
]  # fmt: skip


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as made:
        yield made


def only(record: Record) -> Booked:
    (row,) = record.rows(None, None)
    return row


@pytest.mark.parametrize("lie", LIES)
def test_a_laptop_that_claims_to_be_somebody_else_is_itself_and_flagged(parts: Bench, lie: str) -> None:
    eve = parts.token(Kind.DEVICE, email=EVE)
    victim = parts.directory.reference(1, ADA)
    record = parts.send(eve, claim_by(1, lie))
    row = only(record)
    assert row.engineer == parts.directory.reference(1, EVE) != victim
    assert row.flags.split() == ["engineer_mismatch"]
    assert record.verify() == []


def test_who_says_the_truth_or_nothing_is_not_flagged(parts: Bench) -> None:
    eve = parts.token(Kind.DEVICE, email=EVE, device="5e5e5e5e5e5e5e5e")
    record = parts.send(eve, claim_by(1, EVE), claim_by(2, None), claim_by(3, "EVE@Example.com"))
    rows = list(record.rows(None, None))
    assert [(row.engineer, row.flags) for row in rows] == [(parts.directory.reference(1, EVE), "")] * 3
    (document, *_) = record.documents(limit=3)
    assert (document["device"], document["evidence"]["engineer"]) == ("5e5e5e5e5e5e5e5e", "credential")


def test_no_strength_of_evidence_beats_the_credential(parts: Bench) -> None:
    eve = parts.token(Kind.DEVICE, email=EVE)
    claim = claim_by(1, ADA)
    for number, (evidence, rank) in enumerate(EVIDENCE_RANK["engineer"].items()):
        shouted = dict(claim.fields) | {
            "engineer": Register(rank, 2**62, ADA),
            "device": Register(EVIDENCE_RANK["device"][evidence], 2**62, "device-of-ada"),
        }
        lie = make_claim(number)
        record = parts.send(eve, replace(lie, fields=shouted))
    assert {row.engineer for row in record.rows(None, None)} == {parts.directory.reference(1, EVE)}
    assert {one["device"] for one in record.documents(limit=99)} != {"device-of-ada"}


def test_flags_and_observers_cannot_be_sent(parts: Bench) -> None:
    eve = parts.token(Kind.DEVICE, email=EVE, device="5e5e5e5e5e5e5e5e")
    principal = parts.directory.who(f"Bearer {eve}")
    assert not isinstance(principal, Problem)
    claim = claim_by(1, EVE)
    lie = replace(claim, fields={**claim.fields, "flag.paid": Register(3, 0, "x")})
    (kept,) = Speaker(principal, parts.directory).spoken([lie]).claims
    assert kept.key.observer == "5e5e5e5e5e5e5e5e" != lie.key.observer
    assert not [name for name in kept.fields if name.startswith("flag.")]


def test_two_laptops_that_tell_of_one_call_are_both_heard_and_flagged(parts: Bench) -> None:
    ada, eve = (parts.token(Kind.DEVICE, email=email) for email in (ADA, EVE))
    parts.send(ada, claim_by(1, ADA))
    earlier = claim_by(1, EVE)
    record = parts.send(eve, replace(earlier, started_at=earlier.started_at - 10**9))
    assert only(record).flags.split() == ["engineer_conflict"]
    assert record.verify() == []
    # two observers of one person are no conflict
    record = parts.send(ada, claim_by(2, ADA), claim_by(2, ADA, Source.LOG))
    assert [row.flags for row in record.rows(None, None)] == ["engineer_conflict", ""]


def test_a_claim_of_the_future_is_refused_and_its_neighbours_are_taken(parts: Bench) -> None:
    principal = parts.directory.who(f"Bearer {parts.token(Kind.DEVICE, email=EVE)}")
    assert not isinstance(principal, Problem)
    ahead = NOW + 3 * 24 * 3600 * 10**9
    lie = replace(make_claim(1), started_at=ahead, ended_at=ahead + 1)
    spoken = Speaker(principal, parts.directory).spoken([lie, make_claim(2)])
    assert [one.reason for one in spoken.problems] == ["time_in_future"]
    assert len(spoken.claims) == 1


def test_a_gateway_names_people_of_its_teams_and_nobody_else(parts: Bench) -> None:
    parts.role(ADA, Role.ENGINEER, "payments")
    parts.role(EVE, Role.ENGINEER, "platform")
    gateway = parts.token(Kind.GATEWAY, teams=frozenset({"payments"}))
    record = parts.send(
        gateway,
        claim_by(1, ADA, team="payments"),
        claim_by(2, EVE, team="payments"),
        claim_by(3, "new@example.com", team="payments"),
        claim_by(4, ADA, team="platform"),
        claim_by(5, None),
    )
    rows = list(record.rows(None, None))
    ada = parts.directory.reference(1, ADA)
    assert [row.engineer for row in rows] == [ada, None, None, ada, None]
    refused = "engineer_not_delegated"
    assert [row.flags for row in rows] == ["", refused, refused, "team_not_delegated", ""]
    assert parts.access.person_of(1, "new@example.com") is None
    assert {one["device"] for one in record.documents(limit=9)} == {None}
    assert record.verify() == []


def test_the_laptop_is_believed_before_the_gateway(parts: Bench) -> None:
    parts.role(ADA, Role.ENGINEER, "payments")
    parts.role(BOB, Role.ENGINEER, "payments")
    gateway = parts.token(Kind.GATEWAY, teams=frozenset({"payments"}))
    parts.send(gateway, claim_by(1, BOB))
    record = parts.send(parts.token(Kind.DEVICE, email=ADA), claim_by(1, ADA, Source.LOG))
    assert only(record).engineer == parts.directory.reference(1, ADA)


def test_without_credentials_everybody_is_believed_and_still_a_reference(parts: Bench) -> None:
    record = parts.send(None, claim_by(1, ADA), claim_by(2, None))
    rows = list(record.rows(None, None))
    assert [row.engineer for row in rows] == [parts.directory.reference(1, ADA), None]


def test_what_is_sent_again_after_an_erasure_lands_on_the_erased_row(parts: Bench) -> None:
    ada = parts.token(Kind.DEVICE, email=ADA)
    record = parts.send(ada, claim_by(1, ADA))
    person = parts.access.person_of(1, ADA)
    assert person is not None
    event = Event(actor="operator", action="person_erase", object=person.reference)
    parts.access.change_person(person, event, parts.clock(), standing=Standing.ERASED)
    parts.clock.pass_seconds(6)
    before = only(record)
    parts.send(ada, claim_by(1, ADA))
    assert only(record) == before
    assert parts.directory.shown(1, person.reference) == "erased"
    assert [one.email for one in parts.access.people(1)] == [None]


def test_what_is_kept_of_a_lie_holds_no_address(parts: Bench) -> None:
    eve = parts.token(Kind.DEVICE, email=EVE)
    parts.send(eve, claim_by(1, ADA), claim_by(2, "stranger@example.com"))
    with closing(sqlite3.connect(parts.settings.store)) as connection:
        bodies = b"".join(bytes(body) for (body,) in connection.execute("SELECT body FROM claim"))
    assert b"flag.engineer_mismatch" in bodies
    assert b"@example.com" not in bodies
    assert Evidence.CREDENTIAL.encode() in bodies


def test_what_is_remembered_of_a_sender_changes_nothing_that_is_believed(parts: Bench) -> None:
    opened = open_envelope(request_of([make_claim(number) for number in range(12)] * 2))
    assert isinstance(opened, tuple)
    read = read_spans(opened)
    shapes = SpokenShapes()
    laptops = [parts.directory.who(f"Bearer {parts.token(Kind.DEVICE, email=email)}") for email in (ADA, EVE)]
    for principal in (NOBODY, *laptops):
        assert isinstance(principal, Principal)
        alone = [Speaker(principal, parts.directory).spoken([claim]) for claim in read.claims]
        for _ in range(2):
            again = Speaker(principal, parts.directory, shapes).spoken(read.claims)
            assert again.claims == tuple([claim for one in alone for claim in one.claims])
            assert sum(again.doubts.values()) == sum([sum(one.doubts.values()) for one in alone])
    assert len(shapes) > 0, "nothing was remembered, so nothing was tested"
