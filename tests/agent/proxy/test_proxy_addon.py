"""The tee gives back the bytes it got, whatever the tap does, and hands on nothing that is secret."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy import http
from mitmproxy.test import tflow
from mitmproxy.websocket import WebSocketMessage
from wsproto.frame_protocol import Opcode

from tollbook_agent.capture.proxy.addon import CONNECTION, GENERATION, TOKEN, Tee
from tollbook_agent.capture.proxy.tap import Tap
from tollbook_agent.capture.wire.exchange import HEADERS_READ, KEY_CLASS, Opened, Request, Response

CANARY = "canary-4a1f"
SECRETS = {
    "authorization": f"Bearer sk-ant-oat01-{CANARY}",
    "x-api-key": CANARY,
    "cookie": f"session={CANARY}",
    "proxy-authorization": CANARY,
    "x-goog-api-key": CANARY,
    "x-amz-security-token": CANARY,
    "set-cookie": CANARY,
    "x-something-new": CANARY,
}
HEALTH = "health.tollbook.invalid"


class FakeTap(Tap):
    """Notes what it gets; raises where it is told to."""

    def __init__(self, raises: frozenset[str] = frozenset(), reads: bool = True) -> None:
        self.told: list[tuple[Any, ...]] = []
        self._raises, self._reads = raises, reads
        super().__init__(_nobody, list[Any]().extend)
        self.close(10.0)

    def _note(self, *what: Any) -> None:
        self.told.append(what)
        if what[0] in self._raises:
            raise ZeroDivisionError(what[0])

    def open(self, name: str, request: Request, connection: str | None) -> bool:
        self._note("open", request, connection)
        return self._reads

    def request_data(self, name: str, data: bytes) -> None:
        self._note("request", data)

    def response(self, name: str, head: Response) -> None:
        self._note("head", head)

    def response_data(self, name: str, data: bytes) -> None:
        self._note("response", data)

    def message(self, name: str, data: bytes, *, from_client: bool) -> None:
        self._note("message", data, from_client)

    def end(self, name: str, *, complete: bool) -> None:
        self._note("end", complete)


def _nobody(_request: Request) -> Opened | None:
    return None


def tee(
    tap: Tap, notes: list[dict[str, Any]] | None = None, choose: Callable[[str, str, str], bool] | None = None
) -> Tee:
    def none(_client: str, _generation: str, _host: str) -> bool:
        return False

    said = [] if notes is None else notes
    return Tee(tap, token="secret", choose=choose or none, health=HEALTH, note=said.append)


def flow(headers: dict[str, str] | None = None, *, answer: dict[str, str] | None = None, status: int = 200) -> Any:
    made = tflow.tflow(resp=True)
    made.request.headers = http.Headers([(name.encode(), value.encode()) for name, value in (headers or {}).items()])
    made.request.host, made.request.port, made.request.path = "api.anthropic.com", 443, "/v1/messages"
    fields = [(name.encode(), value.encode()) for name, value in (answer or {}).items()]
    made.response = http.Response.make(status)
    made.response.headers = http.Headers(fields)
    return made


@given(
    st.lists(st.binary(max_size=50)),
    st.lists(st.binary(max_size=50)),
    st.frozensets(st.sampled_from(("open", "request", "head", "response", "end"))),
    st.booleans(),
)
def test_every_byte_comes_back(asked: list[bytes], answered: list[bytes], raises: frozenset[str], reads: bool) -> None:
    tap = FakeTap(raises, reads)
    one, made = tee(tap), flow()
    one.requestheaders(made)
    up = made.request.stream
    assert up is True or [up(each) for each in asked] == asked
    one.responseheaders(made)
    down = made.response.stream
    assert down is True or [down(each) for each in answered] == answered
    one.response(made)
    one.error(made)
    if not raises and reads:
        assert [each[1] for each in tap.told if each[0] == "request"] == asked
        assert [each[1] for each in tap.told if each[0] == "response"] == answered
    assert (tap.problems["tee_fault"] > 0) == bool(raises & {each[0] for each in tap.told})


def test_every_body_is_streamed_even_where_nobody_reads() -> None:
    one, made = tee(FakeTap(reads=False)), flow()
    one.requestheaders(made)
    one.responseheaders(made)
    assert made.request.stream is True
    assert made.response.stream


def test_a_reader_gets_the_named_headers_and_no_credential() -> None:
    tap = FakeTap()
    asked = {**SECRETS, "Content-Type": "application/json", "X-Claude-Code-Session-Id": "session-1"}
    one, made = tee(tap), flow(asked, answer={**SECRETS, "Request-Id": "req_1"})
    one.requestheaders(made)
    one.responseheaders(made)
    (_, request, _), (_, head) = tap.told
    assert dict(request.headers) == {
        "content-type": "application/json",
        "x-claude-code-session-id": "session-1",
        KEY_CLASS: "api_key",
    }
    assert dict(head.headers) == {"request-id": "req_1"}
    assert CANARY not in repr(tap.told)
    assert dict(made.request.headers) == asked  # and the provider gets all of them
    assert not HEADERS_READ & set(SECRETS)


@pytest.mark.parametrize(
    ("headers", "key_class"),
    [
        ({}, None),
        ({"x-api-key": "sk-ant-api03-x"}, "api_key"),
        ({"api-key": "x"}, "api_key"),
        ({"x-goog-api-key": "x"}, "api_key"),
        ({"authorization": "Bearer sk-proj-x"}, "api_key"),
        ({"authorization": "Bearer sk-ant-oat01-x"}, "oauth"),
        ({"authorization": "bearer eyJhbGciOi"}, "oauth"),
        ({"authorization": "Bearer ya29.x"}, "bearer"),
        ({"authorization": "AWS4-HMAC-SHA256 Credential=x"}, "sigv4"),
        ({"authorization": "Basic eDp5"}, None),
        ({KEY_CLASS: "oauth"}, None),
        ({KEY_CLASS: "oauth", "x-api-key": "x"}, "api_key"),
    ],
)
def test_the_class_of_the_credential(headers: dict[str, str], key_class: str | None) -> None:
    tap = FakeTap()
    tee(tap).requestheaders(flow(headers))
    assert tap.told[0][1].headers.get(KEY_CLASS) == key_class


def test_the_head_of_a_request() -> None:
    tap, made = FakeTap(), flow({"Upgrade": "WebSocket"})
    made.request.host = "API.Anthropic.com"
    made.request.timestamp_start = 2.5
    tee(tap).requestheaders(made)
    request = tap.told[0][1]
    assert request[:4] == ("POST" if made.request.method == "POST" else "GET", "api.anthropic.com", 443, "/v1/messages")
    assert (request.at_ns, request.headers["upgrade"]) == (2_500_000_000, "websocket")


def connect(
    token: str = "secret", host: str = "api.anthropic.com", port: int = 443, generation: str = "0" * 16
) -> http.HTTPFlow:
    made = flow({TOKEN: token, CONNECTION: "c-1", GENERATION: generation})
    made.request.method, made.request.host, made.request.port = "CONNECT", host, port
    made.response = None
    return made


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (connect(), None),
        (connect(host=HEALTH), None),
        (connect(token="wrong"), 403),
        (connect(token=""), 403),
        (connect(token="wrong", host=HEALTH), 403),
        (connect(host="github.com"), 403),
        (connect(port=8443), 403),
        (connect(generation="1" * 16), 403),
    ],
)
def test_who_may_connect_and_where_to(made: http.HTTPFlow, status: int | None) -> None:
    def choose(_client: str, generation: str, host: str) -> bool:
        return generation == "0" * 16 and host == "api.anthropic.com"

    tee(FakeTap(), choose=choose).http_connect(made)
    assert (None if made.response is None else made.response.status_code) == status


def test_an_exchange_has_the_relays_name_of_its_connection_until_that_ends() -> None:
    def choose(_client: str, _generation: str, _host: str) -> bool:
        return True

    tap, made = FakeTap(), connect()
    one = tee(tap, choose=choose)
    one.http_connect(made)
    asked = flow()
    asked.client_conn = made.client_conn
    one.requestheaders(asked)
    one.client_disconnected(made.client_conn)
    one.requestheaders(asked)
    assert [each[2] for each in tap.told] == ["c-1", None]


def test_a_socket_is_handed_on_by_message_and_does_not_grow() -> None:
    tap = FakeTap()
    made = socket_flow()
    one = tee(tap)
    made.websocket.messages.clear()
    for number in range(3):
        made.websocket.messages.append(http_message(b"%d" % number, from_client=number % 2 == 0))
        one.websocket_message(made)
        assert [each.content for each in made.websocket.messages] == [b"%d" % number]
    one.response(made)
    one.websocket_end(made)
    assert tap.told == [("message", b"0", True), ("message", b"1", False), ("message", b"2", True), ("end", True)]


def socket_flow() -> Any:
    return tflow.twebsocketflow()  # pyright: ignore[reportUnknownMemberType]


def http_message(data: bytes, *, from_client: bool) -> Any:
    return WebSocketMessage(Opcode.BINARY, from_client, data)


def test_a_socket_whose_tap_fails_is_trimmed_all_the_same() -> None:
    tap = FakeTap(frozenset({"message", "end"}))
    made = socket_flow()
    contents = [each.content for each in made.websocket.messages]
    assert len(contents) > 1
    one = tee(tap)
    one.websocket_message(made)
    one.websocket_end(made)
    assert [each.content for each in made.websocket.messages] == contents[-1:]
    assert tap.problems["tee_fault"] == 2


def test_an_upgrade_is_no_response() -> None:
    tap, made = FakeTap(), flow(status=101)
    tee(tap).responseheaders(made)
    assert tap.told == []


def test_an_upstream_that_is_not_trusted_is_left_alone() -> None:
    notes: list[dict[str, Any]] = []
    one = tee(FakeTap(), notes)

    class Server:
        address = ("api.anthropic.com", 443)
        sni = None

    class Context:
        server = Server

    class Data:
        context = Context
        server = Server

    one.tls_failed_server(Data)  # pyright: ignore[reportArgumentType]
    one.server_connect_error(Data)  # pyright: ignore[reportArgumentType]
    assert notes[0]["quarantine"] == "api.anthropic.com"
    assert notes[1] == {"unreachable": "api.anthropic.com"}
