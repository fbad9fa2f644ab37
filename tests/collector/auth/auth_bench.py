"""A record with credentials of two tenants, and the parts that judge who speaks."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.collector.claim_maker import FIRST, make_claim
from tollbook.claim import Claim
from tollbook.prices import default_book
from tollbook.problem import Problem
from tollbook.vocabulary import Source
from tollbook_collector.api.app import Gate
from tollbook_collector.ask import Answers
from tollbook_collector.auth import tokens
from tollbook_collector.auth.directory import Directory
from tollbook_collector.auth.guard import Guard
from tollbook_collector.auth.pepper import pepper_of
from tollbook_collector.auth.records import Credential, Event, Kind, Role, State
from tollbook_collector.auth.speaker import Speaker
from tollbook_collector.auth.tenants import Tenants
from tollbook_collector.config import Settings, load
from tollbook_collector.open_store import open_store
from tollbook_collector.store.finance.sqlite import FILE_NAME
from tollbook_collector.store.finance.tickets import PostedTickets
from tollbook_collector.store.record.access import Access
from tollbook_collector.store.record.sqlite import Record

SECOND_NS = 10**9
PEOPLE = tuple(f"p{number}@example.com" for number in range(6))
"""Of team payments in `with_people`."""
STRANGER = "s@example.com"
NOW = FIRST + 30 * 24 * 3600 * SECOND_NS


class Clock:
    """Stands until it is told otherwise."""

    def __init__(self) -> None:
        self.now_ns = NOW

    def __call__(self) -> int:
        return self.now_ns

    def pass_seconds(self, seconds: float) -> None:
        self.now_ns += int(seconds * SECOND_NS)


class Bench:
    """The parts over one file."""

    def __init__(self, settings: Settings, guard: Guard, clock: Clock) -> None:
        self.settings = settings
        self.guard = guard
        self.clock = clock
        self.directory = guard.directory
        self.access = guard.directory.access
        self._made = 0

    def token(self, kind: Kind, tenant: int = 1, email: str | None = None, **given: Any) -> str:
        """A new credential's token."""
        self._made += 1
        token = tokens.mint(kind, tenant, self._made.to_bytes(tokens.ID_BYTES + tokens.SECRET_BYTES, "little"))
        person = None if email is None else self.directory.reference(tenant, email)
        if kind is Kind.DEVICE:
            given.setdefault("device", f"{self._made:016x}")
        one = Credential(tenant=tenant, id=token.id, kind=kind, person=person, created_at=self.clock(), **given)
        event = Event(actor="operator", action="token_create", object=one.id, detail=kind)
        self.access.add(one, tokens.digest(self.guard.pepper, token.text), event)
        return token.text

    def asker(self, email: str, role: Role, team: str | None = None, tenant: int = 1) -> str:
        """A token of kind api for a person of a role."""
        token = self.token(Kind.API, tenant, email)
        self.role(email, role, team, tenant)
        return token

    def role(self, email: str, role: Role, team: str | None = None, tenant: int = 1) -> None:
        self.directory.reference(tenant, email)
        person = self.access.person_of(tenant, email)
        assert person is not None
        event = Event(actor="operator", action="person_set", object=person.reference)
        self.access.change_person(person, event, self.clock(), role=role, team=team)

    def revoke(self, token: str) -> None:
        parsed = tokens.parse(token)
        assert parsed is not None
        event = Event(actor="operator", action="token_revoke", object=parsed.id)
        assert self.access.set_state(parsed.tenant, parsed.id, State.REVOKED, event, self.clock())

    def send(self, token: str | None, *claims: Claim) -> Record:
        """Book claims as the sender of a token; returns the record of its tenant."""
        principal = self.directory.who(None if token is None else f"Bearer {token}")
        assert not isinstance(principal, Problem), principal
        spoken = Speaker(principal, self.directory).spoken(claims)
        assert spoken.problems == ()
        record = self.guard.tenants.record(principal.tenant)
        self.guard.tenants.writer(principal.tenant).submit(spoken.claims, ()).result(20)
        return record

    def gate(self) -> Gate:
        """Of an API over it."""
        gate = Gate()
        service = self.guard.service(price_book=default_book().version, receivers=dict, ports={"otlp_grpc": 1})
        gate.service = service
        gate.answers = Answers(self.guard.tenants.record(1), price_book=default_book().version)
        return gate


@contextmanager
def bench(home: Path, **settings: Any) -> Generator[Bench]:
    """The parts over a new record."""
    loaded = load(home, None, {}).settings
    assert loaded is not None
    loaded = replace(loaded, **settings)
    record = open_store(loaded)
    assert not isinstance(record, Problem)
    pepper, clock = pepper_of(home), Clock()

    def opening(tenant: int) -> Record:
        found = open_store(loaded, tenant)
        assert not isinstance(found, Problem)
        return found

    directory = Directory(Access(loaded.store, pepper), pepper, clock=clock)
    posted = PostedTickets(home / FILE_NAME)
    tenants = Tenants(record, opening)
    guard = Guard(settings=loaded, pepper=pepper, directory=directory, tenants=tenants, posted=posted)
    try:
        yield Bench(loaded, guard, clock)
    finally:
        guard.close()
        record.close()


def claim_by(number: int, email: str | None, source: Source = Source.PROXY, **fields: str) -> Claim:
    """A claim that says it is somebody's."""
    claim = make_claim(number, source)
    changed = dict(claim.fields)
    if email is None:
        del changed["engineer"]
    else:
        changed["engineer"] = changed["engineer"]._replace(value=email)
    for name, value in fields.items():
        changed[name] = changed["engineer" if email else "device"]._replace(value=value)
    return replace(claim, fields=changed)


def everything_of(answer: Mapping[str, Any]) -> str:
    """All texts of an answer."""
    return json.dumps(answer)


def with_people(parts: Bench) -> Bench:
    """A team of six with a call each, and somebody of another team with two."""
    for number, email in enumerate(PEOPLE):
        device = parts.token(Kind.DEVICE, email=email)
        parts.role(email, Role.ENGINEER, "payments")
        parts.send(device, claim_by(4 * number + 1, email))
    device = parts.token(Kind.DEVICE, email=STRANGER)
    parts.send(device, claim_by(41, STRANGER), claim_by(42, STRANGER))
    return parts
