"""The Host check: a web page that had its own name resolve to 127.0.0.1 must not read the API through the browser.

What is served, and everything else is answered 403 before anything of it is looked at:

- one Host header, of `localhost` or of a loopback address, with any port or none;
- one Host header of whatever name, where an `authorization` header is shown: it is judged next, and a wrong one is
  answered 401 even where nobody needs one, so that a page has nothing to gain by sending any;
- one Host header of whatever name, where the address is no loopback: nobody is let in there without a credential.
"""

import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from tollbook.problem import Problem
from tollbook_collector.api.errors import error_response

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
    if name == b"localhost":
        return True
    bracketed = name.startswith(b"[") and name.endswith(b"]")
    try:
        address = ipaddress.ip_address((name[1:-1] if bracketed else name).decode("ascii"))
    except ValueError:
        return False
    return address.is_loopback and bracketed == (address.version == 6)


def served(hosts: Sequence[bytes], *, shows_credential: bool, any_host: bool) -> bool:
    """Whether a request with these Host headers is let in; see above."""
    return len(hosts) == 1 and (any_host or shows_credential or loopback_name(hosts[0]))


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
        allowed = served(hosts, shows_credential=shown, any_host=self._any_host())
        app = self._app if allowed else error_response(_REFUSED)
        await app(scope, receive, guarded)
