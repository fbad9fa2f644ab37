"""Signing in with a token, and out again."""

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tollbook.problem import Problem
from tollbook_collector.auth.records import Event
from tollbook_collector.web.forms import check, fields_of
from tollbook_collector.web.origin import within
from tollbook_collector.web.page import Page
from tollbook_collector.web.render import render
from tollbook_collector.web.sessions import LONGEST_NS
from tollbook_collector.web.visit import Visit

if TYPE_CHECKING:
    from tollbook_collector.web.site import Site

PAGE = Page(title="Sign in")


async def show(site: "Site", request: Request) -> Response:
    """The form; who needs no credential goes on at once."""
    visit = site.visit(request)
    after = within(visit.query.get("next", "/"))
    if await run_in_threadpool(visit.may, "status"):
        return RedirectResponse(after, 303)
    return HTMLResponse(render(site.templates, "sign_in.html", visit, PAGE, after=after, problem=""))


async def enter(site: "Site", request: Request) -> Response:
    """A token becomes a session."""
    fields = await fields_of(request)
    check(request, site.sessions, "", fields)
    after, token = within(fields.get("next", "/")), fields.get("token", "").strip()
    problem = await run_in_threadpool(_judge, site, token)
    if problem is not None:
        visit = Visit(site=site, path="/sign-in", query={})
        text = render(site.templates, "sign_in.html", visit, PAGE, after=after, problem=_said(problem))
        return HTMLResponse(text, 403 if problem.reason == "forbidden" else 401)
    answer = RedirectResponse(after, 303)
    answer.set_cookie(
        site.cookie(request),
        site.sessions.begin(token),
        max_age=LONGEST_NS // 10**9,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


def _said(problem: Problem) -> str:
    return f"{problem.detail[0].upper()}{problem.detail[1:]}."


def _judge(site: "Site", token: str) -> Problem | None:
    """Why a token opens nothing; `None` where it does, which is written down."""
    service = site.gate.service
    if service is None:
        return Problem(reason="not_ready", where="", detail="the collector is starting", permanent=False)
    found = service.seen(f"Bearer {token}", "status")
    if isinstance(found, Problem):
        return found
    principal, _ = found
    event = Event(actor=principal.credential, action="sign_in", object=principal.credential)
    service.directory.access.note(principal.tenant, event, service.directory.now_ns)
    return None


async def leave(site: "Site", request: Request) -> Response:
    """Sign out: the session ends here, whatever the browser keeps."""
    fields = await fields_of(request)
    name = request.cookies.get(site.cookie(request), "")
    check(request, site.sessions, name, fields)
    site.sessions.end(name)
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(site.cookie(request), httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return answer
