"""Assign: a person says which ticket some calls were for. That is a claim like any other, of the strongest kind.

The calls are those of one session, in one place, that have no ticket and that the person may see; a later decision
wins over an earlier one, and a decision for no ticket takes an earlier one back.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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
class Asked:
    """Which calls, and what they were for. `None` stands for what is not known of them."""

    session: str | None
    repo: str | None
    branch: str | None
    ticket: str
    """Empty: for none."""
    span: Span
    was: str = ""
    """The ticket they have now; empty for none."""


def assign(service: Service, principal: Principal, view: View, asked: Asked) -> int | Problem:
    """Book the decision; how many calls it is about.

    Raises:
        Retryable: it was not booked; the same may be asked again.
    """
    ticket = ticket_key(asked.ticket)
    if ticket and candidates(ticket) != (ticket,):
        remedy = "A key is a project, a dash and a number: PAY-123."
        return Problem(reason="parameter_wrong", where="ticket", detail="it is no ticket's key", remedy=remedy)
    record, now = service.tenants.record(principal.tenant), service.directory.now_ns
    observer = principal.credential or OPERATOR
    claims = [_claim(call, ticket, observer, now) for call in _calls(record, view, asked)]
    if len(claims) > MOST_CALLS:
        remedy = "Choose fewer days."
        return Problem(
            reason="parameter_wrong", where="calls", detail=f"they are more than {MOST_CALLS}", remedy=remedy
        )
    writer = service.tenants.writer(principal.tenant)
    for place in range(0, len(claims), _PAGE):
        writer.submit(claims[place : place + _PAGE]).result(_SECONDS)
    if claims:
        event = Event(actor=observer, action="assign", object=ticket or "none", detail=f"{len(claims)} calls")
        service.directory.access.note(principal.tenant, event, now)
    service.memory.forget()
    return len(claims)


def _calls(record: Record, view: View, asked: Asked) -> Iterator[dict[str, Any]]:
    """The calls that are meant, one more than there may be at most."""
    filters: dict[str, str] = {}
    if asked.session is not None:
        filters["session"] = asked.session
    if asked.repo is not None:
        filters["repo"] = asked.repo
    if view.sums is not None:
        filters["engineers"] = json.dumps(sorted(view.sums))
    before: str | None = None
    found = 0
    was = [asked.was] if asked.was else []
    while found <= MOST_CALLS:
        page = record.documents(limit=_PAGE, before=before, start=asked.span.start, end=asked.span.end, **filters)
        for call in page:
            place = call["session_id"], call["repo"], call["branch"]
            if call["tickets"] == was and place == (asked.session, asked.repo, asked.branch):
                found += 1
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
