"""The ASGI application: routes, checks, errors. Who asks shows a credential; no cookies, no CORS."""

import logging
import threading
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as StarletteRoute

from tollbook.problem import Problem
from tollbook_collector.api.errors import FAULT, NOT_READY, error_response
from tollbook_collector.api.finance_routes import FINANCE_POSTS, FINANCE_ROUTES, MAX_UPLOAD, FinancePost
from tollbook_collector.api.hosts import HostCheck
from tollbook_collector.api.openapi import document
from tollbook_collector.api.posts import POSTS, authorization, endpoint
from tollbook_collector.api.routes import ROUTES, Route
from tollbook_collector.ask import MAX_TEXT, Answers
from tollbook_collector.auth.service import Service
from tollbook_collector.finance_desk import Download
from tollbook_collector.nearest import suggestion
from tollbook_collector.store.record.errors import Retryable
from tollbook_collector.web.site import routes as web_routes

Asked = Route | FinancePost
Endpoint = Callable[[Request], Awaitable[Response]]
_LOG = logging.getLogger(__name__)


class Gate:
    """Where the API finds the store: empty until it is open and again when the server stops."""

    def __init__(self, *, any_host: bool = False) -> None:
        self.answers: Answers | None = None
        self.service: Service | None = None
        """Judges who asks; without one everybody gets `answers`."""
        self.on_open: Callable[[], None] = lambda: None
        """To be called once there are answers."""
        self.page_unknown: Callable[[Request], Response] | None = None
        """What a browser is told of a page that is not there."""
        self.closed = threading.Event()
        """Set when the server stops: what goes on behind the answers ends."""
        self.any_host = any_host
        """Whether the API may be asked by any name: where nobody is let in without a credential."""

    def admit(self, request: Request, route: Asked) -> Answers | Problem | None:
        """The answers for whoever asks. Blocks.

        Raises:
            Retryable, sqlite3.Error: it cannot be judged now.
        """
        if self.service is None or (isinstance(route, Route) and not route.personal):
            return self.answers
        return self.service.answers(authorization(request), route.operation)


def build(gate: Gate) -> Starlette:
    """The application. It answers from the moment it is built; pages that need the store say 503 until it is open."""
    described: list[dict[str, Any]] = []

    async def openapi(request: Request) -> Response:
        if not described:
            described.append(await run_in_threadpool(document, version("tollbook-collector")))
        return JSONResponse(described[0])

    every = (*ROUTES, *FINANCE_ROUTES)
    routes = [StarletteRoute(route.path, _endpoint(route, gate), methods=["GET"]) for route in every]
    routes += [StarletteRoute(post.path, _posted(post, gate), methods=["POST"]) for post in FINANCE_POSTS]
    routes += [StarletteRoute("/openapi.json", openapi), *web_routes(gate)]
    routes += [StarletteRoute(post.path, endpoint(post, lambda: gate.service), methods=["POST"]) for post in POSTS]

    async def page_unknown(request: Request, fault: Exception) -> Response:
        for_browser = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")
        if gate.page_unknown is not None and for_browser:
            return await run_in_threadpool(gate.page_unknown, request)
        return await _page_unknown(request, fault)

    handlers: Any = {404: page_unknown, 405: _method_not_allowed, Exception: _fault}
    check = Middleware(HostCheck, any_host=lambda: gate.any_host)
    return Starlette(routes=routes, middleware=[check], exception_handlers=handlers)


def _endpoint(route: Route, gate: Gate) -> Endpoint:
    """The handler of a route: check the parameters, then answer in a thread, since the store blocks."""

    async def endpoint(request: Request) -> Response:
        if route.needs_store and gate.answers is None:
            return error_response(NOT_READY)
        texts = _texts(route, request)
        if isinstance(texts, Problem):
            return error_response(texts)

        def answer() -> Mapping[str, Any] | Problem:
            answers = gate.admit(request, route)
            return answers if isinstance(answers, Problem) else route.answer(answers, texts)  # type: ignore[arg-type]

        try:
            found = await run_in_threadpool(answer)
        except Retryable:
            return error_response(NOT_READY)
        return _response(found)

    return endpoint


def _response(found: Any) -> Response:
    if isinstance(found, Problem):
        return error_response(found)
    if isinstance(found, Download):
        headers = {"content-disposition": f'attachment; filename="{found.name}"'}
        return Response(found.text, media_type=found.media_type, headers=headers)
    return JSONResponse(found)


def _posted(post: FinancePost, gate: Gate) -> Endpoint:
    """The handler of a page that changes the books. Who asks is judged before the body is read."""

    async def endpoint(request: Request) -> Response:
        if gate.answers is None:
            return error_response(NOT_READY)
        texts = _texts(post, request)
        if "origin" in request.headers:
            texts = _problem("forbidden", "origin", "web pages of others may not change the books", "Use the command.")
        if isinstance(texts, Problem):
            return error_response(texts)
        try:
            answers = await run_in_threadpool(gate.admit, request, post)
            desk = answers if isinstance(answers, Problem) else NOT_READY if answers is None else answers.finance()
            if isinstance(desk, Problem):
                return error_response(desk)
            raw = await _body(request)
            if isinstance(raw, Problem):
                return error_response(raw)
            return _response(await run_in_threadpool(post.answer, desk, texts, raw))
        except Retryable:
            return error_response(NOT_READY)

    return endpoint


async def _body(request: Request) -> bytes | Problem:
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > MAX_UPLOAD:
            what = f"it is longer than {MAX_UPLOAD} bytes"
            return _problem("body_too_large", "body", what, "Import the file with `bills import` on its machine.")
    return bytes(raw)


def _texts(route: Asked, request: Request) -> dict[str, str] | Problem:
    """The parameters of a request, each known, given once and not too long."""
    known = [parameter.name for parameter in route.parameters if parameter.place == "query"]
    texts: dict[str, str] = dict(request.path_params)
    for name, text in request.query_params.multi_items():
        if name not in known:
            remedy = suggestion(name, known) if known else "This page takes no parameters."
            return _problem("parameter_unknown", name[:40], "there is no such parameter", remedy)
        if name in texts or len(text) > MAX_TEXT:
            what = f"it is given twice, or longer than {MAX_TEXT} characters"
            return _problem("parameter_wrong", name, what, "Give it once.")
        texts[name] = text
    return texts


def _problem(reason: str, where: str, detail: str, remedy: str) -> Problem:
    return Problem(reason=reason, where=where, detail=detail, remedy=remedy)


async def _page_unknown(request: Request, fault: Exception) -> Response:
    return error_response(_problem("page_unknown", "", "there is no such page", "/openapi.json describes all of them."))


async def _method_not_allowed(request: Request, fault: Exception) -> Response:
    what = f"{request.method} is not answered here"
    return error_response(_problem("method_not_allowed", "", what, "Everything but enrolment is read by GET."))


async def _fault(request: Request, fault: Exception) -> Response:
    _LOG.error("a fault while answering %s: %s", request.url.path, type(fault).__name__)
    return error_response(FAULT)
