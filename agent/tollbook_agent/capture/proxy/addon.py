"""The tee: an addon of mitmproxy that hands copies to the tap and changes nothing.

Every body is streamed. The callables that mitmproxy calls with each chunk give the same bytes back, always: an
exception inside of them would silently shorten the tool's response.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import logging
from collections.abc import Callable
from typing import Any

from mitmproxy import http, tls
from mitmproxy.proxy import server_hooks

from tollbook_agent.capture.proxy.hosts import PORT
from tollbook_agent.capture.proxy.tap import Tap, never_raises, read_headers
from tollbook_agent.capture.wire.exchange import HEADERS_READ, KEY_CLASS, MAX_HEADER, Request, Response

log = logging.getLogger(__name__)

TOKEN = "x-tollbook-token"
CONNECTION = "x-tollbook-connection"
_DISTRUST = "The client does not trust"
"""In mitmproxy's words for an alert about our certificate; a client that only hangs up is told otherwise."""
GENERATION = "x-tollbook-generation"

type Note = Callable[[dict[str, Any]], None]
type Choose = Callable[[str, str, str], bool]
"""Client connection, generation, host: show it those leaves; whether there is one."""


class Tee:
    """See above. `choose`: takes the leaves for a connection; `health`: the name that the relay asks for."""

    def __init__(self, tap: Tap, *, token: str, choose: Choose, health: str, note: Note) -> None:
        self._tap, self._token, self._choose, self._health, self._note = tap, token, choose, health, note
        self._connections: dict[str, str] = {}
        """mitmproxy's name of a client connection -> the relay's."""

    def http_connect(self, flow: http.HTTPFlow) -> None:
        """Only the relay may connect, and only to hosts of the list."""
        headers, client, host = flow.request.headers, flow.client_conn.id, flow.request.host
        known = headers.get(TOKEN, "") == self._token
        if known and host == self._health:
            return
        if not known or flow.request.port != PORT or not self._choose(client, headers.get(GENERATION, ""), host):
            flow.response = http.Response.make(403)
            return
        self._connections[client] = headers.get(CONNECTION, "")

    def client_disconnected(self, client: Any) -> None:
        """Forget its connection."""
        self._connections.pop(client.id, None)

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """A request begins: the head tells whether anybody reads it."""
        flow.request.stream = True
        with never_raises(self._tap.problems):
            request = _request(flow)
            if self._tap.open(flow.id, request, self._connections.get(flow.client_conn.id)):
                flow.request.stream = self._copy(flow.id, self._tap.request_data)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """A response begins."""
        assert flow.response is not None
        if flow.response.status_code == 101:
            return
        flow.response.stream = True
        with never_raises(self._tap.problems):
            head = flow.response
            headers = read_headers(list(head.headers.items(multi=True)), HEADERS_READ, MAX_HEADER)
            started = int((head.timestamp_start or 0.0) * 1e9)
            self._tap.response(flow.id, Response(head.status_code, headers, started))
            flow.response.stream = self._copy(flow.id, self._tap.response_data)

    def response(self, flow: http.HTTPFlow) -> None:
        """The response ended as its protocol says."""
        if flow.websocket is None:
            with never_raises(self._tap.problems):
                self._tap.end(flow.id, complete=True)

    def error(self, flow: http.HTTPFlow) -> None:
        """It did not."""
        with never_raises(self._tap.problems):
            self._tap.end(flow.id, complete=False)

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        """One message; only the newest is kept by mitmproxy."""
        with never_raises(self._tap.problems):
            assert flow.websocket is not None
            newest = flow.websocket.messages[-1]
            del flow.websocket.messages[:-1]
            self._tap.message(flow.id, newest.content, from_client=newest.from_client)

    def websocket_end(self, flow: http.HTTPFlow) -> None:
        """The socket is closed."""
        with never_raises(self._tap.problems):
            self._tap.end(flow.id, complete=True)

    def tls_failed_server(self, data: tls.TlsData) -> None:
        """The provider's certificate is not one that this engine trusts; the tool may well trust it."""
        address = data.context.server.address
        if address is not None:
            self._note({"quarantine": address[0], "reason": "the engine does not trust the certificate of this host"})

    def tls_failed_client(self, data: tls.TlsData) -> None:
        """The tool does not trust the anchor after all: its next connection is tunnelled."""
        connection = self._connections.get(data.context.client.id)
        if connection and _DISTRUST in (data.conn.error or ""):
            self._note({"untrusting": connection})

    def server_connect_error(self, data: server_hooks.ServerConnectionHookData) -> None:
        """The provider cannot be reached from here: the tool may have another way."""
        address = data.server.sni or (data.server.address or ("",))[0]
        self._note({"unreachable": address})

    def _copy(self, name: str, put: Callable[[str, bytes], None]) -> Callable[[bytes], bytes]:
        problems = self._tap.problems

        def copy(data: bytes) -> bytes:
            with never_raises(problems):
                put(name, data)
            return data

        return copy


def _request(flow: http.HTTPFlow) -> Request:
    head = flow.request
    pairs = list(head.headers.items(multi=True))
    headers = dict(read_headers(pairs, HEADERS_READ, MAX_HEADER))
    headers.pop(KEY_CLASS, None)
    key_class = _key_class(head.headers)
    if key_class is not None:
        headers[KEY_CLASS] = key_class
    if head.headers.get("upgrade", "").lower() == "websocket":
        headers["upgrade"] = "websocket"
    started = int(head.timestamp_start * 1e9)
    return Request(head.method, head.host.lower(), head.port, head.path, headers, started)


def _key_class(headers: http.Headers) -> str | None:
    """The class of the credential, told by the form it has; the credential is looked at and left here."""
    given = headers.get("authorization", "")
    if given.startswith("AWS4-HMAC-SHA256"):
        return "sigv4"
    if "x-api-key" in headers or "api-key" in headers or "x-goog-api-key" in headers:
        return "api_key"
    if given.lower().startswith("bearer "):
        token = given[len("bearer ") :]
        if token.startswith(("sk-ant-oat", "eyJ")):
            return "oauth"
        return "api_key" if token.startswith("sk-") else "bearer"
    return None
