"""Site: the routes of the web pages, and what they share."""

import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tollbook.problem import Problem
from tollbook_collector.api.errors import NOT_READY, STATUS
from tollbook_collector.api.posts import authorization
from tollbook_collector.ask import MAX_TEXT, ticket_key
from tollbook_collector.store.record.errors import Retryable
from tollbook_collector.web import assigning, sign_in, warm, words
from tollbook_collector.web.months import Months
from tollbook_collector.web.page import Page
from tollbook_collector.web.pages import engineer, flow, live, overview, reconciliation, repo, rules, team, ticket
from tollbook_collector.web.render import environment, render
from tollbook_collector.web.sessions import Sessions
from tollbook_collector.web.static_files import StaticFiles
from tollbook_collector.web.table import Table, as_csv, as_json
from tollbook_collector.web.visit import Refused, Visit, wrong

if TYPE_CHECKING:
    from tollbook_collector.api.app import Gate

COOKIE = "tollbook_session"
_SECURE_COOKIE = "__Host-tollbook_session"

Endpoint = Callable[[Request], Awaitable[Response]]
Handle = Callable[["Site", Request], Awaitable[Response]]
Show = Callable[..., Page | Response]
"""(visit, the parts of its path) -> what is to be seen."""


class Site:
    """What all pages share. For any thread."""

    def __init__(self, gate: "Gate") -> None:
        self.gate = gate
        self.files = StaticFiles()
        self.sessions = Sessions()
        self.streams = live.Streams()
        self.templates = environment(self.files)
        self.months = Months(lambda: gate.service)

    def visit(self, request: Request) -> Visit:
        """Who asks for what.

        Raises:
            Refused: a parameter is given twice or too long.
        """
        texts: dict[str, str] = {}
        for name, text in request.query_params.multi_items():
            if name in texts or len(text) > MAX_TEXT or len(texts) > MAX_TEXT:
                raise wrong(name[:40], f"it is given twice, or longer than {MAX_TEXT} characters", "Give it once.")
            texts[name] = text
        header = authorization(request)
        name = request.cookies.get(self.cookie(request), "")
        token = self.sessions.token(name) if name and header is None else None
        if token is not None:
            header = f"Bearer {token}"
        session = name if token is not None else ""
        return Visit(site=self, path=request.url.path, query=texts, session=session, header=header)

    def cookie(self, request: Request) -> str:
        """The cookie's name: under TLS one that no other host, and no plain connection, can set."""
        return _SECURE_COOKIE if request.url.scheme == "https" else COOKIE

    def endpoint(self, show: Show) -> Endpoint:
        """The handler of a page; it blocks, so in a thread."""

        async def answer(request: Request) -> Response:
            return await run_in_threadpool(self.answer, request, show)

        return answer

    def answer(self, request: Request, show: Show) -> Response:
        """Show a page, or why not."""
        try:
            visit = self.visit(request)
            try:
                found = show(visit, **request.path_params)
                return self._respond(visit, found) if isinstance(found, Page) else found
            except Retryable:
                raise Refused(NOT_READY) from None
        except Refused as refused:
            return self.refuse(request, refused.problem)

    def form(self, handle: Handle) -> Endpoint:
        """The handler of what reads or writes a session, or a form."""

        async def answer(request: Request) -> Response:
            try:
                return await handle(self, request)
            except Refused as refused:
                return self.refuse(request, refused.problem)
            except Retryable:
                return self.refuse(request, NOT_READY)

        return answer

    def html(self, template: str, visit: Visit, page: Page, **more: Any) -> Response:
        """A page by a template."""
        return HTMLResponse(render(self.templates, template, visit, page, **more))

    def _respond(self, visit: Visit, page: Page) -> Response:
        """A page as HTML, or one of its tables as CSV or JSON."""
        name, form = visit.query.get("table"), visit.query.get("as")
        if name is None and form is None:
            return self.html("page.html", visit, page)
        table = next((each for each in page.every_table() if each.name == name), None)
        if table is None and page.reload_seconds:
            raise Refused(_WORKED_OUT)
        if table is None:
            known = ", ".join(each.name for each in page.every_table())
            raise wrong("table", "there is no such table on this page", f"It has: {known}.")
        return _download(table, page, form or "json", visit.as_of)

    def refuse(self, request: Request, problem: Problem) -> Response:
        """Say why a page is not shown, or ask who it is."""
        if problem.reason == "unauthenticated" and request.method in ("GET", "HEAD"):
            if request.headers.get("sec-fetch-site") == "cross-site":
                return HTMLResponse(self.templates.get_template("again.html").render())
            after = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(words.address("sign-in", next=after if after != "/" else None), 303)
        page = Page(title=_TITLES.get(problem.reason, "This cannot be shown"))
        visit = Visit(site=self, path=request.url.path, query={})
        with contextlib.suppress(Refused):
            visit = self.visit(request)
        text = render(self.templates, "refused.html", visit, page, problem=problem)
        headers = {"retry-after": "1"} if problem.reason == "not_ready" else None
        return HTMLResponse(text, STATUS.get(problem.reason, 400), headers)


_UNKNOWN = Problem(
    reason="page_unknown", where="", detail="there is no such page", remedy="The overview leads to all that there are."
)
_WORKED_OUT = Problem(
    reason="not_ready", where="", detail="it is being worked out", permanent=False, remedy="Ask again in a few seconds."
)
_TITLES = {
    "page_unknown": "There is nothing here",
    "forbidden": "This is not yours to see",
    "not_ready": "In a moment",
    "parameter_wrong": "That was not understood",
}


def _download(table: Table, page: Page, form: str, as_of: str) -> Response:
    """A table for other programs."""
    if form == "json":
        span = None if page.span is None else {"from": page.span.first, "to": page.span.end}
        return JSONResponse({"page": page.title, "span": span, "as_of": as_of or None, **as_json(table)})
    if form == "csv":
        named = f'attachment; filename="tollbook-{table.name}.csv"'
        return Response(as_csv(table), media_type="text/csv", headers={"content-disposition": named})
    raise wrong("as", f"{form[:40]!r} is no form of a table", "csv or json.")


def routes(gate: "Gate") -> list[Route]:
    """All pages."""
    site = Site(gate)
    gate.on_open = lambda: warm.start(site)
    gate.page_unknown = lambda request: site.refuse(request, _UNKNOWN)
    shown: tuple[tuple[str, Show], ...] = (
        ("/", overview.show),
        ("/flow", flow.show),
        ("/unassigned", assigning.show),
        ("/reconciliation", reconciliation.show),
        ("/rules", rules.show),
        ("/live", _live),
        ("/find", _find),
        ("/tickets/{key:path}", ticket.show),
        ("/engineers/{name:path}", engineer.show),
        ("/repos/{name:path}", repo.show),
        ("/teams/{name:path}", team.show),
    )

    async def events(request: Request) -> Response:
        return await live.stream(site, request)

    return [
        Route("/static/{tag}/{name:path}", site.files.answer),
        *(Route(path, site.endpoint(show), methods=["GET"]) for path, show in shown),
        Route("/live/events", events, methods=["GET"]),
        Route("/unassigned", site.form(assigning.post), methods=["POST"]),
        Route("/unassigned/undo", site.form(assigning.post_undo), methods=["POST"]),
        Route("/sign-in", site.form(sign_in.show), methods=["GET"]),
        Route("/sign-in", site.form(sign_in.enter), methods=["POST"]),
        Route("/sign-out", site.form(sign_in.leave), methods=["POST"]),
    ]


def _live(visit: Visit) -> Page | Response:
    page = live.show(visit)
    return page if "as" in visit.query else visit.site.html("live.html", visit, page)


def _find(visit: Visit) -> Response:
    """The page of a ticket that somebody typed."""
    key = ticket_key(visit.query.get("ticket", ""))
    return RedirectResponse(words.address("tickets", key) if key else "/", 303)
