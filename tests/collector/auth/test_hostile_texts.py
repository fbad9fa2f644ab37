"""Texts that would be SQL, headers, paths or formulas if anybody took them for such."""

from collections.abc import Iterator

import pytest

from tests.collector.auth.api_client import ApiClient
from tests.collector.auth.auth_bench import Bench, bench
from tests.collector.claim_maker import make_claim
from tests.collector.store.record_state import state
from tollbook_collector.auth.records import Kind, Role
from tollbook_collector.cli.output import printable

_QUOTES = ["'", '"', "`", "')", '")', "';", "'))", "\\'", "%27", "\u2019", "''"]
_TAILS = [
    " OR 1=1--", " OR 'a'='a", " UNION SELECT * FROM credential--", "; DROP TABLE call;--", " AND SLEEP(5)--",
    "/**/OR/**/1=1#", " OR tenant=2--", "||(SELECT digest FROM credential)||", " LIMIT 0,1;--", "*", "%", "_",
    " ORDER BY 99--", " COLLATE NOCASE--", " GLOB '*", " LIKE '%'--", "\x00", " OR EXISTS(SELECT 1)--",
]  # fmt: skip
SQL = [quote + tail for quote in _QUOTES for tail in _TAILS]
HEADERS = [
    "Bearer x\r\nX-Tenant: 2", "Bearer \x00", "Bearer " + "a" * 10_000, "Basic YTpi", "Bearer ' OR 1=1--",
    "Bearer null", "Bearer tbd_2_000000000000_" + "A" * 43,
    "Bearer tbd_1_zzzzzzzzzzzz_" + "A" * 43,
    "Bearer tbd_01_0_x", "bearer\tx", "Bearer tbd_99999999999_000000000000_" + "A" * 43,
    "Bearer tbd_1_000000000000_" + "=" * 43, "Bearer \u00e9",
]  # fmt: skip


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("hostile"), smallest_group=1, lead_sees_members=True) as made:
        made.send(made.token(Kind.DEVICE, email="ada@example.com"), *map(make_claim, range(8)))
        yield made


@pytest.fixture(scope="module")
def lead(parts: Bench) -> str:
    parts.role("ada@example.com", Role.ENGINEER, "payments")
    return parts.asker("lead@example.com", Role.LEAD, "payments")


@pytest.mark.parametrize("name", ["ticket", "engineer", "repo", "session", "model", "tool"])
def test_a_filter_is_a_text_and_nothing_else(parts: Bench, lead: str, name: str) -> None:
    client = ApiClient(parts.gate())
    before = state(parts.settings.store)
    for text in SQL:
        answer = client.get("/api/v1/calls", lead, **{name: text})
        assert (answer.status, answer.json["calls"]) == (200, []), text
    assert state(parts.settings.store) == before


@pytest.mark.parametrize("name", ["group_by", "from", "to", "limit", "cursor"])
def test_what_is_no_text_is_refused(parts: Bench, lead: str, name: str) -> None:
    client = ApiClient(parts.gate())
    path = "/api/v1/calls" if name in ("limit", "cursor") else "/api/v1/spend"
    for text in SQL[::2]:
        assert client.get(path, lead, **{name: text}).status == 400, text


def test_a_column_or_a_tenant_cannot_be_named(parts: Bench, lead: str) -> None:
    client = ApiClient(parts.gate())
    for name in ("tenant", "engineers", "c.tenant", "1=1", "tenant_id", "role", "view"):
        assert client.get("/api/v1/calls", lead, **{name: "2"}).status == 400


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_that_is_no_credential_lets_nobody_in(parts: Bench, lead: str, header: str) -> None:
    client = ApiClient(parts.gate())
    assert lead
    assert client.ask("GET", "/api/v1/spend", header).status == 401
    assert client.ask("POST", "/api/v1/enroll", header, body=b'{"device":"00112233445566ff"}').status == 401


def test_people_and_labels_of_hostile_texts_stay_texts(parts: Bench) -> None:
    for text in SQL[:40]:
        email = "".join(letter for letter in text if letter not in " \x00") + "@example.com"
        reference = parts.directory.reference(1, email)
        assert parts.directory.reference(1, email) == reference
        person = parts.access.person_of(1, email)
        assert person is not None
        assert (person.email, parts.directory.shown(1, reference)) == (email, email)


def test_a_terminal_is_not_obeyed() -> None:
    assert printable("\x1b[2Jada\r\n") == "\ufffd[2Jada\ufffd\ufffd"
