"""Assign: a person says which ticket some calls were for. That is a claim like any other, of the strongest kind.

The calls are those of one session, in one place, that have no ticket and that the person may see. A later decision
wins over an earlier one. Taking a decision back is a decision too, for no ticket: about the calls of that one decision
of the same person, where no later one has been made.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from tollbook.claim import Claim, claim_of
from tollbook.identity import Id, call_id
from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.ticket import candidates
from tollbook.vocabulary import Evidence, IdKind, Source, Tool
from tollbook.work import Known, Work
from tollbook_collector.ask import Span, ticket_key
from tollbook_collector.auth.principal import Principal
from tollbook_collector.auth.records import Event
from tollbook_collector.auth.service import Service
from tollbook_collector.auth.view import View
from tollbook_collector.store.record.sqlite import Record

MOST_CALLS = 20_000
"""Calls of one decision; who has more says it in several."""
_PAGE = 1_000
_SECONDS = 30.0
"""For the record to have it."""
OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Which calls: of one session, in one place. `None` stands for what is not known of them."""

    session: str | None
    repo: str | None
    branch: str | None
    span: Span


class Decided(NamedTuple):
    """What became of it."""

    calls: int
    at: int
    """The moment of the decision (UTC nanoseconds): with who made it, its name."""


def assign(service: Service, principal: Principal, view: View, lot: Lot, ticket: str) -> Decided | Problem:
    """Book that the calls of a lot that have no ticket were for one.

    Raises:
        Retryable: it was not booked; the same may be asked again.
    """
    ticket = ticket_key(ticket)
    if candidates(ticket) != (ticket,):
        remedy = "A key is a project, a dash and a number: PAY-123."
        return Problem(reason="parameter_wrong", where="ticket", detail="it is no ticket's key", remedy=remedy)
    calls = (call for call in _calls(service.tenants.record(principal.tenant), view, lot) if not call["tickets"])
    return _decide(service, principal, calls, ticket, service.directory.now_ns)


def take_back(service: Service, principal: Principal, view: View, lot: Lot, ticket: str, at: int) -> Decided | Problem:
    """Book that the calls that this person assigned to a ticket at a moment have none again; of whatever was decided
    later, nothing.

    Raises:
        Retryable: it was not booked; the same may be asked again.
    """
    record, ticket = service.tenants.record(principal.tenant), ticket_key(ticket)
    observer = _observer(principal)
    calls = (
        call
        for call in _calls(record, view, lot)
        if call["tickets"] == [ticket] and _last_word(record.claims_behind(call["call_id"])) == (observer, at)
    )
    now = max(service.directory.now_ns, at + 1)  # a later decision, whatever the clock says
    return _decide(service, principal, calls, "", now, f" back from {ticket}")


def _observer(principal: Principal) -> str:
    return principal.credential or OPERATOR


def _last_word(claims: Iterable[Claim]) -> tuple[str, int] | None:
    """Who decided last on the tickets of a call, and when."""
    said = [
        (claim.fields["tickets"].order, claim.key.observer)
        for claim in claims
        if claim.key.source is Source.PERSON and "tickets" in claim.fields
    ]
    if not said:
        return None
    order, observer = max(said)
    return observer, order


def _decide(
    service: Service, principal: Principal, calls: Iterator[dict[str, Any]], ticket: str, now: int, what: str = ""
) -> Decided | Problem:
    observer = _observer(principal)
    claims: list[Claim] = []
    for call in calls:
        claims.append(_claim(call, ticket, observer, now))
        if len(claims) > MOST_CALLS:
            detail = f"they are more than {MOST_CALLS}"
            return Problem(reason="parameter_wrong", where="calls", detail=detail, remedy="Choose fewer days.")
    writer = service.tenants.writer(principal.tenant)
    for place in range(0, len(claims), _PAGE):
        writer.submit(claims[place : place + _PAGE]).result(_SECONDS)
    if claims:
        event = Event(actor=observer, action="assign", object=ticket or "none", detail=f"{len(claims)} calls{what}")
        service.directory.access.note(principal.tenant, event, now)
    service.memory.forget()
    return Decided(len(claims), now)


def _calls(record: Record, view: View, lot: Lot) -> Iterator[dict[str, Any]]:
    """The calls of a lot that are seen."""
    filters: dict[str, str] = {}
    if lot.session is not None:
        filters["session"] = lot.session
    if lot.repo is not None:
        filters["repo"] = lot.repo
    if view.sums is not None:
        filters["engineers"] = json.dumps(sorted(view.sums))
    before: str | None = None
    while True:
        page = record.documents(limit=_PAGE, before=before, start=lot.span.start, end=lot.span.end, **filters)
        for call in page:
            if (call["session_id"], call["repo"], call["branch"]) == (lot.session, lot.repo, lot.branch):
                yield call
        if len(page) < _PAGE:
            return
        before = page[-1]["call_id"]


def _claim(call: dict[str, Any], ticket: str, observer: str, now_ns: int) -> Claim:
    """The decision about one call, joined to it by the id that names it."""
    own = next(
        one
        for kind, values in call["ids"].items()
        for value in ([values] if isinstance(values, str) else values)
        if call_id(one := Id(IdKind(kind), value)) == call["call_id"]
    )
    made = claim_of(
        Sighting(
            source=Source.PERSON,
            tool=Tool(call["tool"]),
            ids=(own,),
            started_at=now_ns,
            ended_at=now_ns,
            order=now_ns,
            work=Work(tickets=Known(ticket, Evidence.PERSON)),
        ),
        observer,
    )
    assert made is not None
    return made
