"""The page of unassigned money, and what its forms do."""

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tollbook.problem import Problem
from tollbook_collector.ask import ticket_key
from tollbook_collector.web import words
from tollbook_collector.web.assign import Asked, assign
from tollbook_collector.web.days import days_of
from tollbook_collector.web.forms import check, fields_of
from tollbook_collector.web.page import Page
from tollbook_collector.web.pages.unassigned import bucket, shown_lots
from tollbook_collector.web.visit import Refused, Visit, wrong

if TYPE_CHECKING:
    from tollbook_collector.web.site import Site

_DAYS = ("from", "to", "last")


def show(visit: Visit) -> Page | Response:
    """The lots, with a form each where this visitor may say what they were for."""
    found = bucket(visit)
    if "as" in visit.query or "table" in visit.query:
        return found.page
    shown = shown_lots(found.lots)
    return visit.site.html(
        "unassigned.html",
        visit,
        found.page,
        lots=shown,
        more=len(found.lots) - len(shown),
        may_assign=visit.site.gate.service is not None and visit.may("assign"),
        largest=max((lot.list_nano_usd for lot in shown), default=0),
        done=_done(visit),
    )


def _done(visit: Visit) -> str:
    """What the last form did, as its answer's address says."""
    calls, ticket = visit.query.get("assigned", ""), visit.query.get("for", "")
    if not (calls.isascii() and calls.isdigit()):
        return ""
    if int(calls) == 0:
        return "Nothing was assigned: these calls have a ticket by now."
    return f"{words.shown_count(int(calls))} calls were assigned to {words.readable(ticket)}."


async def post(site: "Site", request: Request) -> Response:
    """A person says what a lot was for."""
    visit = site.visit(request)
    fields = await fields_of(request)
    check(request, site.sessions, visit.session, fields)
    ticket = fields.get("ticket", "").strip()
    if not ticket:
        raise wrong("ticket", "no ticket was named", "Name one: PAY-123.")
    calls = await run_in_threadpool(_assign, visit, fields, ticket)
    days = {name: fields[name] for name in _DAYS if name in fields}
    after = words.address("unassigned", **{**days, "assigned": str(calls), "for": ticket_key(ticket)})
    return RedirectResponse(after, 303)


def _assign(visit: Visit, fields: dict[str, str], ticket: str) -> int:
    seen, service = visit.seen("assign"), visit.site.gate.service
    if service is None:
        raise Refused(Problem(reason="not_ready", where="", detail="the collector is starting", permanent=False))
    asked, _ = days_of(visit.with_query({name: fields[name] for name in _DAYS if name in fields}))
    found = assign(
        service,
        *seen,
        Asked(
            session=fields.get("session"),
            repo=fields.get("repo"),
            branch=fields.get("branch"),
            ticket=ticket,
            span=asked,
        ),
    )
    if isinstance(found, Problem):
        raise Refused(found)
    return found
