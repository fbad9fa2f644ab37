"""The Host check: a web page that had its own name resolve to 127.0.0.1 must not read the API through the browser.

Where a credential is shown, or the address is no loopback and so asks for one, a page has nothing to gain by that.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tollbook.problem import Problem
from tollbook_collector.api.errors import error_response

ALLOWED: frozenset[bytes] = frozenset({b"localhost", b"127.0.0.1", b"[::1]"})

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_REFUSED = Problem(
    reason="host_not_allowed",
    where="",
    detail="the Host header names another machine",
    remedy="Ask by http://127.0.0.1 or http://localhost with this port.",
)
_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        b"form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"referrer-policy", b"no-referrer"),
)


def loopback_name(header: bytes) -> bool:
    """Whether a Host header names this machine; any port will do."""
    name, colon, port = header.lower().rpartition(b":")
    if not colon or not port.isdigit():
        name = header.lower()
    return name in ALLOWED


class HostCheck:
    """ASGI middleware: refuses every other Host, and tells browsers to keep answers to themselves."""

    def __init__(self, app: App, any_host: Callable[[], bool] = lambda: False) -> None:
        self._app = app
        self._any_host = any_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                named = {name for name, _ in own}  # a style sheet may be kept by a browser: it says so itself
                message["headers"] = [*own, *(header for header in _HEADERS if header[0] not in named)]
            await send(message)

        hosts = [value for name, value in scope["headers"] if name == b"host"]
        shown = any(name == b"authorization" for name, _ in scope["headers"])
        allowed = len(hosts) == 1 and (loopback_name(hosts[0]) or shown or self._any_host())
        app = self._app if allowed else error_response(_REFUSED)
        await app(scope, receive, guarded)
