"""What is posted to the API: enrolment and renewal of devices. Everything else is read."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tollbook.problem import Problem
from tollbook_collector.api.errors import NOT_READY, error_response
from tollbook_collector.auth.service import Service
from tollbook_collector.store.record.errors import Retryable

MAX_BODY = 4 * 1024


class Post(NamedTuple):
    """One page that is posted to. `answer` gets the `authorization` header and the JSON object that was sent."""

    path: str
    operation: str
    summary: str
    body: tuple[str, ...]
    """Names in the object that is sent."""
    answer: Callable[[Service, str | None, dict[str, Any]], dict[str, Any] | Problem]


POSTS: tuple[Post, ...] = (
    Post(
        "/api/v1/enroll",
        "enroll",
        "A one-off token becomes the credential of a device",
        ("device", "engineer", "label"),
        Service.enrol,
    ),
    Post("/api/v1/renew", "renew", "The next credential of a device; the present one ends in a day", (), Service.renew),
)


def endpoint(post: Post, service: Callable[[], Service | None]) -> Callable[[Request], Awaitable[Response]]:
    """The handler of a page."""

    async def answer(request: Request) -> Response:
        running = service()
        if running is None:
            return error_response(NOT_READY)
        asked = await _object(request, post.body)
        if isinstance(asked, Problem):
            return error_response(asked)
        try:
            found = await run_in_threadpool(post.answer, running, authorization(request), asked)
        except Retryable:
            return error_response(NOT_READY)
        return error_response(found) if isinstance(found, Problem) else JSONResponse(found)

    return answer


def authorization(request: Request) -> str | None:
    """The header; of several all together, which then is no credential."""
    found = request.headers.getlist("authorization")
    return ", ".join(found) if found else None


async def _object(request: Request, names: tuple[str, ...]) -> dict[str, Any] | Problem:
    """The JSON object of a request's body, of known names with texts."""
    if "origin" in request.headers:
        return _wrong("web pages may not enrol", "Use `tollbook enroll`.")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return _wrong("the body is not declared as JSON", "Send content-type: application/json.")
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > MAX_BODY:
            return _wrong(f"it is longer than {MAX_BODY} bytes", "Send less.")
    try:
        found: Any = json.loads(bytes(raw) or b"{}")
    except (ValueError, RecursionError):
        return _wrong("the body is not JSON", "Send a JSON object.")
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        return _wrong("the body is not an object of texts", "Send a JSON object of texts.")
    unknown = [name for name in found if name not in names]  # pyright: ignore[reportUnknownVariableType]
    if unknown:
        return _wrong("it names what is not known here", f"Known: {', '.join(names) or 'nothing'}.")
    return found  # pyright: ignore[reportUnknownVariableType]


def _wrong(detail: str, remedy: str) -> Problem:
    return Problem(reason="parameter_wrong", where="body", detail=detail, remedy=remedy)
