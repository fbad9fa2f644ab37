"""The page of unassigned money, and what its forms do."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tollbook.problem import Problem
from tollbook_collector.ask import ticket_key
from tollbook_collector.auth.principal import Principal
from tollbook_collector.auth.service import Service
from tollbook_collector.auth.view import View
from tollbook_collector.web import words
from tollbook_collector.web.assign import Decided, Lot, assign, take_back
from tollbook_collector.web.days import days_of
from tollbook_collector.web.forms import check, fields_of
from tollbook_collector.web.page import Page
from tollbook_collector.web.pages.unassigned import bucket, shown_lots
from tollbook_collector.web.visit import Refused, Visit, wrong

if TYPE_CHECKING:
    from tollbook_collector.web.site import Site

MOST_DIGITS = 20
"""Of a number in an address."""
_DAYS = ("from", "to", "last")
_PLACE = ("session", "repo", "branch")


def show(visit: Visit) -> Page | Response:
    """The lots, with a form each where this visitor may say what they were for."""
    plain = visit.with_query({name: text for name, text in visit.query.items() if name in _DAYS})
    found = bucket(plain)  # whose links do not say again what was decided
    if "as" in visit.query or "table" in visit.query:
        return found.page
    shown = shown_lots(found.lots)
    return visit.site.html(
        "unassigned.html",
        plain,
        found.page,
        lots=shown,
        more=len(found.lots) - len(shown),
        may_assign=visit.site.gate.service is not None and visit.may("assign"),
        largest=max((lot.list_nano_usd for lot in shown), default=0),
        done=_done(visit),
        undo=_undo(visit),
    )


class Undo(NamedTuple):
    """What the form that takes the last decision back sends, beside the lot."""

    lot: Lot
    ticket: str
    at: int


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def _calls(calls: int, was: str, were: str) -> str:
    return f"1 call {was}" if calls == 1 else f"{words.shown_count(calls)} calls {were}"


def _done(visit: Visit) -> str:
    """What the last form did, as its answer's address says."""
    assigned, back = _count(visit.query.get("assigned", "")), _count(visit.query.get("back", ""))
    ticket = words.readable(visit.query.get("for", ""))
    if assigned == 0:
        return "Nothing was assigned: these calls have a ticket by now."
    if assigned is not None:
        return f"{_calls(assigned, 'was', 'were')} assigned to {ticket}."
    if back == 0:
        return f"Nothing was taken back from {ticket}: something else was decided since, or it was not your decision."
    return "" if back is None else f"{_calls(back, 'was', 'were')} taken back from {ticket}."


def _undo(visit: Visit) -> Undo | None:
    """What would take the decision back that this page says was made."""
    at = _count(visit.query.get("at", ""))
    if at is None or not _count(visit.query.get("assigned", "")):
        return None
    return Undo(_lot(visit, visit.query), visit.query.get("for", ""), at)


def _lot(visit: Visit, fields: Mapping[str, str]) -> Lot:
    asked, _ = days_of(visit.with_query({name: fields[name] for name in _DAYS if name in fields}))
    place = [fields.get(name) for name in _PLACE]
    return Lot(session=place[0], repo=place[1], branch=place[2], span=asked)


async def post(site: "Site", request: Request) -> Response:
    """A person says what a lot was for."""
    visit, fields = await _sent(site, request)
    ticket = fields.get("ticket", "").strip()
    if not ticket:
        raise wrong("ticket", "no ticket was named", "Name one: PAY-123.")
    done = await run_in_threadpool(_decide, visit, fields, partial(assign, ticket=ticket))
    kept = {name: fields[name] for name in (*_DAYS, *_PLACE) if name in fields}
    undo = {**kept, "at": str(done.at)} if done.calls else {name: kept[name] for name in _DAYS if name in kept}
    after = words.address("unassigned", **undo, assigned=str(done.calls), for_=ticket_key(ticket))
    return RedirectResponse(after, 303)


async def post_undo(site: "Site", request: Request) -> Response:
    """A person takes back what they said of a lot."""
    visit, fields = await _sent(site, request)
    ticket, at = ticket_key(fields.get("ticket", "")), _count(fields.get("at", ""))
    if not ticket or at is None:
        raise wrong("at", "it is not said which decision", "Send it from the page.")
    done = await run_in_threadpool(_decide, visit, fields, partial(take_back, ticket=ticket, at=at))
    days = {name: fields[name] for name in _DAYS if name in fields}
    return RedirectResponse(words.address("unassigned", **days, back=str(done.calls), for_=ticket), 303)


async def _sent(site: "Site", request: Request) -> tuple[Visit, dict[str, str]]:
    """Who sent which form, from a page of this session."""
    visit = site.visit(request)
    fields = await fields_of(request)
    check(request, site.sessions, visit.session, fields)
    return visit, fields


def _decide(
    visit: Visit, fields: Mapping[str, str], decide: Callable[[Service, Principal, View, Lot], Decided | Problem]
) -> Decided:
    seen, service = visit.seen("assign"), visit.site.gate.service
    if service is None:
        raise Refused(Problem(reason="not_ready", where="", detail="the collector is starting", permanent=False))
    found = decide(service, *seen, _lot(visit, fields))
    if isinstance(found, Problem):
        raise Refused(found)
    return found
