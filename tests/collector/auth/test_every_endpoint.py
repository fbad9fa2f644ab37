"""Every endpoint that the application has, asked with A's credentials over a store with A and B: no byte of B.

The endpoints come from the application itself. One that is added without a case here fails the first test.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from starlette.routing import Mount, Route

from tests.collector.auth.auth_bench import bench
from tests.collector.auth.lies import HEADERS
from tests.collector.auth.two_tenants import SECRET, TwoTenants
from tollbook_collector.auth.records import Kind, Role


class Endpoint(NamedTuple):
    method: str
    path: str


class Case(NamedTuple):
    """What to ask of an endpoint: values for its parameters, A's own first, then B's."""

    values: dict[str, tuple[str, ...]]
    body: tuple[str, ...] = ()
    """Names in the JSON object that is posted."""


_DAYS = {"from": ("2026-10-01",), "to": ("2027-01-01",)}
_FILTERS = {
    "ticket": ("PAY-101", f"{SECRET}-PAY-101", "ZEBRA-1"),
    "engineer": ("ada@example.com", f"{SECRET}0@{SECRET}.example.com"),
    "repo": ("acme/payments", f"{SECRET}/repo-acme/payments"),
    "session": ("session-0", f"{SECRET}/session_id-session-0"),
    "model": ("claude-opus-4-5-20251101", f"{SECRET}/model-claude-opus-4-5-20251101"),
    "tool": ("claude-code", "%"),
}
_MONTHS = ("2026-09", "2026-10")
_BY = ("team", "ticket", "engineer", SECRET)
CASES: dict[Endpoint, Case] = {
    Endpoint("GET", "/api/v1/tickets/{key}"): Case({"key": ("PAY-101", "ZEBRA-PAY-101", "PAY-10")}),
    Endpoint("GET", "/api/v1/spend"): Case(
        {"group_by": ("engineer,repo,branch", "ticket,model,session", "day,tool,source,channel"), **_DAYS}
    ),
    Endpoint("GET", "/api/v1/work-cost"): Case(
        {"ticket": ("PAY-101", f"{SECRET}-PAY-101"), "repo": _FILTERS["repo"], "branch": (f"{SECRET}-PAY-101",)}
    ),
    Endpoint("GET", "/api/v1/calls"): Case({"limit": ("1000",), "cursor": ("{mine}", "{theirs}"), **_FILTERS, **_DAYS}),
    Endpoint("GET", "/api/v1/calls/{call_id}"): Case({"call_id": ("{mine}", "{theirs}")}),
    Endpoint("GET", "/api/v1/status"): Case({}),
    Endpoint("GET", "/api/v1/devices"): Case({}),
    Endpoint("GET", "/api/v1/audit"): Case({"after": ("0",)}),
    Endpoint("GET", "/api/v1/project-keys"): Case({}),
    Endpoint("GET", "/api/v1/bills"): Case({}),
    Endpoint("GET", "/api/v1/ledger"): Case({}),
    Endpoint("GET", "/api/v1/reconciliations/{period}"): Case({"period": _MONTHS, "explain": ("true",)}),
    Endpoint("GET", "/api/v1/allocations/{period}"): Case({"period": _MONTHS, "by": _BY}),
    Endpoint("GET", "/api/v1/allocations/{period}/explanation"): Case(
        {"period": _MONTHS, "by": _BY, "value": ("payments", SECRET)}
    ),
    Endpoint("GET", "/api/v1/unit-costs/{period}"): Case(
        {"period": _MONTHS, "per": ("pr", "ticket", "epic", "initiative"), "team": ("payments", SECRET)}
    ),
    Endpoint("GET", "/api/v1/exports/focus/{period}"): Case({"period": _MONTHS, "format": ("csv", "json")}),
    Endpoint("POST", "/api/v1/bills"): Case({"name": (SECRET,), "scope": (SECRET,)}, ("bill",)),
    Endpoint("POST", "/api/v1/reconciliations/{period}"): Case({"period": _MONTHS}),
    Endpoint("POST", "/api/v1/periods/{period}/close"): Case({"period": _MONTHS}),
    Endpoint("GET", "/livez"): Case({}),
    Endpoint("GET", "/readyz"): Case({}),
    Endpoint("GET", "/openapi.json"): Case({}),
    Endpoint("GET", "/"): Case({}),
    **{
        Endpoint("GET", path): Case({"table": tables, "as": ("json", "csv"), **_DAYS})
        for path, tables in {
            "/flow": ("flow",),
            "/unassigned": ("unassigned",),
            "/live": ("calls",),
            "/reconciliation": ("cells",),
            "/rules": ("values",),
        }.items()
    },
    Endpoint("GET", "/tickets/{key:path}"): Case({"key": ("PAY-101", "ZEBRA-PAY-101")}),
    Endpoint("GET", "/engineers/{name:path}"): Case({"name": ("ada@example.com", f"{SECRET}0@{SECRET}.example.com")}),
    Endpoint("GET", "/repos/{name:path}"): Case({"name": ("acme/payments",)}),
    Endpoint("GET", "/teams/{name:path}"): Case({"name": ("payments", "no team", SECRET)}),
    Endpoint("GET", "/find"): Case({"ticket": ("PAY-101",)}),
    Endpoint("GET", "/live/events"): Case({}),
    Endpoint("GET", "/sign-in"): Case({}),
    Endpoint("GET", "/static/{tag}/{name:path}"): Case({"tag": ("0",), "name": ("style.css",)}),
    Endpoint("POST", "/sign-in"): Case({}, ("token", "next", "proof")),
    Endpoint("POST", "/sign-out"): Case({}, ("proof",)),
    Endpoint("POST", "/unassigned"): Case({}, ("ticket", "session", "proof")),
    Endpoint("POST", "/unassigned/undo"): Case({}, ("ticket", "session", "at", "proof")),
    Endpoint("POST", "/api/v1/enroll"): Case({}, ("device", "engineer", "label")),
    Endpoint("POST", "/api/v1/renew"): Case({}),
}


REFUSED = {
    Endpoint("POST", "/api/v1/bills"),  # which is none
    Endpoint("POST", "/api/v1/periods/{period}/close"),  # of which there is no bill
    Endpoint("POST", "/api/v1/enroll"),  # whose device has a name that is refused
    Endpoint("GET", "/find"),  # leads on
    Endpoint("GET", "/engineers/{name:path}"),  # nobody of these names is seen
    Endpoint("GET", "/static/{tag}/{name:path}"),  # of an old version
    *(
        Endpoint("POST", path) for path in ("/sign-in", "/sign-out", "/unassigned", "/unassigned/undo")
    ),  # no page of ours sent it
}
"""Where nobody is answered 200."""
STREAM = Endpoint("GET", "/live/events")


def endpoints(routes: Iterable[Any], prefix: str = "") -> Iterator[Endpoint]:
    """What a list of routes answers, those of mounted applications included."""
    for route in routes:
        if isinstance(route, Mount):
            inner = list(endpoints(route.routes, prefix + route.path))
            yield from inner or [Endpoint("GET", f"{prefix}{route.path}/{{path}}")]
            continue
        assert isinstance(route, Route), f"{route} is of a kind that this test does not know"
        for method in sorted(route.methods or ()):
            if method != "HEAD":  # answered by GET's handler
                yield Endpoint(method, prefix + route.path)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoTenants]:
    with bench(tmp_path_factory.mktemp("endpoints"), smallest_group=1, lead_sees_members=True) as parts:
        yield TwoTenants(parts)


def test_every_endpoint_of_the_application_has_a_case(both: TwoTenants) -> None:
    assert set(endpoints(both.client.app.routes)) == set(CASES)


def requests(both: TwoTenants, endpoint: Endpoint) -> Iterator[tuple[str, dict[str, str]]]:
    """Paths and queries: everything of A's at once, then one value after the other, then nothing."""
    mine = both.parts.guard.tenants.record(1).documents(limit=1)[0]["call_id"]
    named = {"{mine}": [mine], "{theirs}": both.their_ids}
    every = {
        name: [one for value in values for one in named.get(value, [value])]
        for name, values in CASES[endpoint].values.items()
    }
    shape = re.sub(r":\w+}", "}", endpoint.path)
    places = re.findall(r"{(\w+)}", shape)
    for name in [*every, *every] or [""]:
        for value in every.get(name, [""]):
            chosen = {name: value} if name else {}
            path = shape
            for place in places:
                path = path.replace(f"{{{place}}}", chosen.get(place, every[place][0]))
            yield path, {key: text for key, text in chosen.items() if key not in places}
    if not places:
        yield endpoint.path, {}


def shown_of(both: TwoTenants, endpoint: Endpoint, token: str | None) -> Iterator[tuple[int, str]]:
    """Status and everything that was answered, less what was asked."""
    authorization = None if token is None else f"Bearer {token}"
    for path, query in requests(both, endpoint):
        body = json.dumps({name: f"{SECRET}{name}" for name in CASES[endpoint].body}).encode()
        sent = body if endpoint.method == "POST" else b""
        answer = both.client.ask(endpoint.method, path, authorization, query=query, body=sent)
        shown = answer.body.decode() + json.dumps(answer.headers)
        asked = [*query.values(), path.rpartition("/")[2], *(f"{SECRET}{name}" for name in CASES[endpoint].body)]
        asked += [quote(text, safe="") for text in asked]  # as an address holds it
        for text in asked:
            shown = re.sub(re.escape(text), "", shown, flags=re.IGNORECASE) if len(text) > 3 else shown
        yield answer.status, shown


@pytest.mark.parametrize("endpoint", CASES, ids=lambda one: f"{one.method} {one.path}")
def test_no_credential_of_a_shows_a_byte_of_b(both: TwoTenants, endpoint: Endpoint) -> None:
    if endpoint == STREAM:
        pytest.skip("it ends with its client: tests/collector/web/test_web_live.py")
    enrolment = both.parts.token(Kind.ENROLMENT, email="new@example.com")
    credentials = {**both.tokens, "device": both.device, "enrolment": enrolment, "nobody": None}
    statuses: set[int] = set()
    for who, token in credentials.items():
        for status, shown in shown_of(both, endpoint, token):
            statuses.add(status)
            assert status < 500, (who, endpoint)
            assert SECRET not in shown.lower(), (who, endpoint, shown[:400])
            assert not any(one in shown for one in both.only_theirs), (who, endpoint)
    if endpoint not in REFUSED:
        assert 200 in statuses, "nobody was answered: nothing was tested"


@pytest.mark.parametrize("endpoint", [one for one in CASES if one.path in ("/api/v1/calls", "/api/v1/spend")], ids=str)
def test_the_mark_is_there_to_be_found(both: TwoTenants, endpoint: Endpoint) -> None:
    """The same requests with B's credential: else the marks would prove nothing."""
    assert any(SECRET in shown.lower() for _, shown in shown_of(both, endpoint, both.other_device))


LIES = [*HEADERS, ("x-padding", "a" * 60_000)]


@pytest.mark.parametrize(("name", "value"), LIES, ids=[name for name, _ in LIES])
def test_no_header_but_the_credential_says_who_asks(both: TwoTenants, name: str, value: str) -> None:
    for path in ("/api/v1/spend", "/api/v1/calls", "/api/v1/devices"):
        for token in (both.tokens[Role.ENGINEER], both.device):
            plain = both.client.ask("GET", path, f"Bearer {token}")
            lied = both.client.ask("GET", path, f"Bearer {token}", extra=[(name, value)])
            assert (lied.status, lied.body, lied.headers) == (plain.status, plain.body, plain.headers)
        assert both.client.ask("GET", path, extra=[(name, value)]).status == 401


def test_two_credentials_are_none(both: TwoTenants) -> None:
    mine, theirs = f"Bearer {both.device}", f"Bearer {both.other_device}"
    for pair in ((mine, theirs), (theirs, mine), (mine, mine), (f"{mine}, {theirs}",)):
        assert both.client.ask("GET", "/api/v1/spend", *pair).status == 401
