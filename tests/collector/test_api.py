"""The API over a real record: answers, filters, pages, errors, and who may ask."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode

import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.collector_bench import CALLS, filled_record
from tests.collector.schema_check import faults
from tollbook.identity import call_id
from tollbook_collector.api.app import Gate, build
from tollbook_collector.api.openapi import document
from tollbook_collector.ask import Answers

DESCRIBED = document("0.1.0")


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, str]:
        """The error, after a look at its shape."""
        schemas = DESCRIBED["components"]["schemas"]
        assert faults(schemas["Error"], self.json, schemas) == []
        return self.json["error"]


class BrokenRecordError(Exception):
    """A fault of our own program."""


class Client:
    """Asks an ASGI application directly."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self._app = build(gate)

    def get(self, path: str, host: str | None = "127.0.0.1:4319", method: str = "GET", **query: str) -> Answer:
        return asyncio.run(self._ask(path, host, method, urlencode(query).encode()))

    async def _ask(self, path: str, host: str | None, method: str, query: bytes) -> Answer:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope: dict[str, Any] = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query,
            "headers": [] if host is None else [(b"host", host.encode())],
            "scheme": "http",
            "server": ("127.0.0.1", 4319),
            "client": ("127.0.0.1", 50_000),
            "http_version": "1.1",
        }
        with contextlib.suppress(BrokenRecordError):  # a server logs it; the answer is sent by then
            await self._app(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], headers, b"".join(each.get("body", b"") for each in sent[1:]))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    gate = Gate()
    path: Path = tmp_path_factory.mktemp("api") / "record.sqlite"
    with filled_record(path) as record:
        counts: dict[str, Any] = {"requests": 1, "spans": CALLS, "discarded": {}, "refused": {}, "ignored": {}}
        gate.answers = Answers(record, price_book="book", receivers=lambda: {"otlp_grpc": counts})
        yield Client(gate)


@pytest.mark.parametrize("path", ["/api/v1/spend", "/api/v1/calls", "/api/v1/status", "/livez", "/readyz"])
def test_answers_follow_the_description(client: Client, path: str) -> None:
    answer = client.get(path)
    schemas = DESCRIBED["components"]["schemas"]
    described = DESCRIBED["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer.status == 200
    assert faults(described, answer.json, schemas) == []


def test_a_ticket_has_its_calls_once_each(client: Client) -> None:
    answer = client.get("/api/v1/tickets/pay-101").json
    schemas = DESCRIBED["components"]["schemas"]
    assert faults(schemas["Ticket"], answer, schemas) == []
    assert (answer["ticket"], answer["source"], answer["calls"]) == ("PAY-101", "collector", CALLS // 4)
    assert answer["evidence"] == {"branch": CALLS // 4}
    assert answer["usage"]["output"] == sum(33 + number for number in range(1, CALLS, 4))


def test_a_ticket_nobody_worked_on_is_an_answer(client: Client) -> None:
    answer = client.get("/api/v1/tickets/PAY-999")
    assert (answer.status, answer.json["calls"]) == (200, 0)


def test_spend_crossfoots_over_dimensions_and_days(client: Client) -> None:
    for by in ("ticket", "engineer,model", "day", "repo,branch,session,source"):
        table = client.get("/api/v1/spend", group_by=by).json
        assert sum(row["list_nano_usd"] for row in table["rows"]) == table["total"]["list_nano_usd"] > 0
        assert sum(row["calls"] for row in table["rows"]) == table["total"]["calls"] == CALLS
    span = {"from": "2026-10-01", "to": "2026-10-02"}
    assert client.get("/api/v1/spend", **span).json["total"]["calls"] == CALLS
    assert client.get("/api/v1/spend", **{"from": "2026-10-02"}).json["total"]["calls"] == 0


def test_pages_hold_every_call_once_newest_first(client: Client) -> None:
    seen: list[dict[str, Any]] = []
    query = {"limit": "7"}
    while True:
        page = client.get("/api/v1/calls", **query).json
        seen += page["calls"]
        if page["next"] is None:
            break
        assert len(page["calls"]) == 7
        query["cursor"] = page["next"]
    assert len({call["call_id"] for call in seen}) == len(seen) == CALLS
    assert [call["started_at"] for call in seen] == sorted((call["started_at"] for call in seen), reverse=True)


def test_filters_narrow(client: Client) -> None:
    def count(**query: str) -> int:
        return len(client.get("/api/v1/calls", **query).json["calls"])

    assert count(ticket="pay-102") == CALLS // 4
    assert count(engineer="ada@example.com") == CALLS // 2
    assert count(engineer="ada@example.com", ticket="PAY-101") == 0
    assert count(session="session-3", repo="acme/payments", tool="claude-code") == 10
    assert count(model="claude-haiku-4-5-20251001") == CALLS // 3
    assert count(to="2026-10-01") == 0


def test_a_call_is_found_by_any_id_it_ever_had(client: Client) -> None:
    response, request = (call_id(one) for one in make_claim(4).ids)
    answer = client.get(f"/api/v1/calls/{request}")
    assert answer.json["call_id"] == response
    assert answer.json == client.get(f"/api/v1/calls/{response}").json
    assert answer.json["sources"] == ["proxy", "log"]


@pytest.mark.parametrize(
    ("path", "query", "code", "status", "hint"),
    [
        ("/api/v1/calls/00000000000000000000000000000000", {}, "call_unknown", 404, "32 hexadecimal"),
        ("/api/v1/calls/zz", {}, "call_unknown", 404, "32 hexadecimal"),
        ("/api/v1/spend", {"group_by": "tickets"}, "parameter_wrong", 400, "Did you mean ticket?"),
        ("/api/v1/spend", {"group_by": "day,day"}, "parameter_wrong", 400, "once"),
        ("/api/v1/spend", {"from": "yesterday"}, "parameter_wrong", 400, "2026-10-01"),
        ("/api/v1/spend", {"from": "2026-10-02", "to": "2026-10-01"}, "parameter_wrong", 400, "exclusive"),
        ("/api/v1/spend", {"groupby": "day"}, "parameter_unknown", 400, "Did you mean group_by?"),
        ("/api/v1/status", {"a": "b"}, "parameter_unknown", 400, "no parameters"),
        ("/api/v1/calls", {"limit": "0"}, "parameter_wrong", 400, "limit=100"),
        ("/api/v1/calls", {"limit": "9" * 30}, "parameter_wrong", 400, "limit=100"),
        ("/api/v1/calls", {"cursor": "; DROP TABLE call"}, "parameter_wrong", 400, "next"),
        ("/api/v1/calls", {"engineer": "x" * 2_000}, "parameter_wrong", 400, "once"),
        ("/api/v2/anything", {}, "page_unknown", 404, "/openapi.json"),
    ],
)
def test_errors_say_what_to_do(
    client: Client, path: str, query: dict[str, str], code: str, status: int, hint: str
) -> None:
    answer = client.get(path, **query)
    assert (answer.status, answer.error["code"]) == (status, code)
    assert hint in answer.error["remedy"]


def test_only_reading_is_answered(client: Client) -> None:
    answer = client.get("/api/v1/spend", method="POST")
    assert (answer.status, answer.error["code"]) == (405, "method_not_allowed")


def test_values_are_never_read_as_sql(client: Client) -> None:
    for text in ("' OR 1=1 --", 'x" OR "1"="1', "%", "_", "\x00", "é" * 50):
        for name in ("ticket", "engineer", "repo", "session", "model", "tool"):
            assert client.get("/api/v1/calls", **{name: text}).json["calls"] == []
        assert client.get(f"/api/v1/tickets/{text}").json["calls"] == 0


@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.evil.example.com", "", None, "10.0.0.1:4319"])
def test_another_host_is_refused(client: Client, host: str | None) -> None:
    answer = client.get("/api/v1/spend", host=host)
    assert (answer.status, answer.error["code"]) == (403, "host_not_allowed")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:4319", "[::1]"])
def test_this_host_is_answered(client: Client, host: str) -> None:
    assert client.get("/livez", host=host).status == 200


def test_browsers_are_told_to_keep_answers_to_themselves(client: Client) -> None:
    for path in ("/", "/api/v1/spend", "/nowhere"):
        headers = client.get(path).headers
        assert "access-control-allow-origin" not in headers
        assert "set-cookie" not in headers
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")


def test_the_page_links_only_to_what_is_served(client: Client) -> None:
    page = client.get("/").body.decode()
    assert "http" not in page.replace("html", "").replace("http-equiv", "")
    links = [unescape(part.split('"')[0]) for part in page.split('href="')[1:]]
    assert "/openapi.json" in links
    for link in links:
        path, _, query = link.partition("?")
        if link == "#main":
            continue
        answer = client.get(unquote(path), **dict(parse_qsl(query)))
        assert answer.status == 200, link
    assert client.get("/openapi.json").json["paths"].keys() == DESCRIBED["paths"].keys()


def test_until_the_store_is_open_only_livez_answers() -> None:
    closed = Client(Gate())
    assert closed.get("/livez").status == 200
    for path in ("/readyz", "/api/v1/spend", "/api/v1/calls/x"):
        answer = closed.get(path)
        assert (answer.status, answer.error["code"]) == (503, "not_ready")
        assert answer.headers["retry-after"] == "1"


def test_a_fault_of_ours_is_an_error_without_details() -> None:
    class Broken:
        def counts(self) -> dict[str, Any]:
            raise BrokenRecordError("secret")

    gate = Gate()
    gate.answers = Answers(Broken(), price_book="book")  # type: ignore[arg-type]
    answer = Client(gate).get("/api/v1/status")
    assert (answer.status, answer.error["code"]) == (500, "fault")
    assert b"secret" not in answer.body
