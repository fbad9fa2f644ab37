"""Who sees which page: signing in and out, roles, forms that other sites send."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.auth.auth_bench import PEOPLE, STRANGER
from tests.collector.web.web_bench import Browser, Company, company
from tollbook_collector.auth.records import Kind, Role
from tollbook_collector.web.pages import live
from tollbook_collector.web.sessions import IDLE_NS, LONGEST_NS, MOST_SESSIONS, Sessions

PAGES = {
    "overview": "/",
    "ticket": "/tickets/PAY-101",
    "flow": "/flow",
    "unassigned": "/unassigned",
    "live": "/live",
    "reconciliation": "/reconciliation",
    "rules": "/rules",
}
SPENDERS = {"overview", "ticket", "flow", "unassigned"}
ALLOWED = {
    Role.ENGINEER: SPENDERS | {"live"},
    Role.LEAD: SPENDERS | {"live"},
    Role.FINANCE: SPENDERS | {"reconciliation", "rules"},
    Role.ADMIN: SPENDERS | {"reconciliation", "rules"},
    Role.AUDITOR: set[str](),
}


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as made:
        yield made


def test_who_has_not_signed_in_is_asked_to(firm: Company) -> None:
    browser = firm.browser()
    for path in PAGES.values():
        answer = browser.get(path)
        assert (answer.status_code, answer.text) == (303, ""), path
        assert answer.headers["location"].startswith("/sign-in")
    assert "/sign-in?next=%2Fflow%3Flast%3D7" in browser.get("/flow?last=7").headers["location"]
    assert browser.get("/live/events").status_code == 401


def test_a_link_from_another_site_opens_after_a_reload(firm: Company) -> None:
    answer = firm.browser().get("/tickets/PAY-101", **{"sec-fetch-site": "cross-site"})
    assert answer.status_code == 200
    assert 'http-equiv="refresh" content="0"' in answer.text
    assert "PAY-101" not in answer.text


def test_a_token_opens_a_session_that_its_cookie_carries(firm: Company) -> None:
    browser = firm.browser()
    token = firm.parts.asker("money@example.com", Role.FINANCE)
    answer = browser.sign_in(token, "/flow?last=7")
    assert (answer.status_code, answer.headers["location"]) == (303, "/flow?last=7")
    cookie = answer.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie
    assert token not in cookie
    assert "Sign out" in browser.page("/")
    assert [event.actor for event in firm.events("sign_in")] == [token.split("_")[2]]


def test_under_tls_the_cookie_goes_nowhere_else(firm: Company) -> None:
    browser = firm.browser("https://127.0.0.1")
    cookie = browser.sign_in(firm.parts.asker("money@example.com", Role.FINANCE)).headers["set-cookie"]
    assert cookie.startswith("__Host-tollbook_session=")
    assert "Secure" in cookie
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("after", ["//evil.example", "https://evil.example", "/\\evil.example", "/x\r\ny: z"])
def test_signing_in_leads_to_no_other_site(firm: Company, after: str) -> None:
    answer = firm.browser().sign_in(firm.parts.asker("money@example.com", Role.FINANCE), after)
    assert answer.headers["location"] == "/"


def test_a_wrong_token_opens_nothing(firm: Company) -> None:
    browser = firm.browser()
    gateway = firm.parts.token(Kind.GATEWAY, teams=frozenset({"payments"}))
    for token, status in (("tba_1_x", 401), ("", 401), (gateway, 403)):
        answer = browser.sign_in(token)
        assert (answer.status_code, "set-cookie" in answer.headers) == (status, False)
        assert 'role="alert"' in answer.text
    assert browser.get("/").status_code == 303


def test_signing_out_ends_the_session_wherever_its_cookie_is(firm: Company) -> None:
    browser = firm.signed_in(Role.FINANCE)
    kept = dict(browser.client.cookies)
    assert browser.post("/sign-out", {"proof": "x"}).status_code == 403
    assert browser.post("/sign-out", {"proof": browser.proof("/")}).status_code == 303
    browser.client.cookies.update(kept)
    assert browser.get("/").status_code == 303


def test_a_revoked_token_ends_its_sessions(firm: Company) -> None:
    browser = firm.browser()
    token = firm.parts.asker("money@example.com", Role.FINANCE)
    browser.sign_in(token)
    assert browser.get("/").status_code == 200
    firm.parts.revoke(token)
    firm.parts.clock.pass_seconds(6)
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_the_pages_that_are_its_own(firm: Company, role: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LONGEST_LOOKS", 0)
    browser = firm.signed_in(role)
    for name, path in PAGES.items():
        expected = 200 if name in ALLOWED[role] else 403
        assert browser.get(path).status_code == expected, name
    if "overview" in ALLOWED[role]:
        shown = {name for name, path in PAGES.items() if f'<li><a href="{path}"' in browser.page("/")}
        assert shown == (ALLOWED[role] - {"ticket"}), "the menu has what may be seen, and nothing else"
    assert browser.get("/live/events").status_code == (403 if "live" not in ALLOWED[role] else 200)


def test_an_engineer_sees_the_own_calls_alone(firm: Company) -> None:
    browser = firm.signed_in(Role.ENGINEER, PEOPLE[0])
    table = browser.get("/?table=by-engineer&as=json").json()
    assert [(row["engineer"], row["calls"]) for row in table["rows"]] == [(PEOPLE[0], 1)]
    assert "Only your own calls" in browser.page("/tickets/PAY-101")
    assert browser.get(f"/engineers/{STRANGER}").status_code == 404
    for path in ("/", "/live", "/flow", "/tickets/PAY-101"):
        assert STRANGER not in browser.page(path)


def test_finance_sees_all_money_and_nobody(firm: Company) -> None:
    browser = firm.signed_in(Role.FINANCE)
    table = browser.get("/?table=by-engineer&as=json").json()
    assert [(row["engineer"], row["calls"]) for row in table["rows"]] == [("withheld", 8)]
    assert browser.get(f"/engineers/{PEOPLE[0]}").status_code == 404
    teams = browser.get("/?table=by-team&as=json").json()["rows"]
    assert {row["team"]: row["calls"] for row in teams} == {"payments": 6, "no team": 2}


def test_the_rules_name_nobody_to_who_may_see_nobody(firm: Company) -> None:
    browser = firm.signed_in(Role.FINANCE)
    assert browser.get("/rules?period=2026-10&dimension=engineer").status_code == 400
    page = browser.page("/rules?period=2026-10&dimension=ticket")
    assert "dimension=engineer" not in page
    assert "@example.com" not in page
    assert "person-" not in page


def test_a_team_of_few_is_nobody_s_own_sum(firm: Company) -> None:
    firm.parts.role(STRANGER, Role.ENGINEER, "lonely")
    teams = firm.signed_in(Role.FINANCE).get("/?table=by-team&as=json").json()["rows"]
    assert {row["team"]: row["calls"] for row in teams} == {"payments": 6, "small teams": 2}


def test_a_lead_sees_the_team_s_sums(firm: Company) -> None:
    browser = firm.signed_in(Role.LEAD, PEOPLE[-1])
    assert browser.get("/?table=by-ticket&as=json").json()["total"]["calls"] == 6
    assert STRANGER not in browser.page("/")


def test_another_organisation_sees_none_of_it(firm: Company) -> None:
    parts = firm.parts
    parts.access.make_tenant("other", parts.clock())
    browser = firm.browser()
    browser.sign_in(parts.asker("boss@other.example", Role.ADMIN, tenant=2))
    assert browser.get("/?table=by-ticket&as=json").json()["total"]["calls"] == 0
    assert "No bill has come for this month" in browser.page("/reconciliation")


def test_a_form_of_another_site_does_nothing(firm: Company) -> None:
    browser = firm.signed_in(Role.ADMIN)
    proof = browser.proof("/")
    other = firm.signed_in(Role.FINANCE).proof("/")
    fields = {"ticket": "PAY-1", "repo": "acme/payments"}
    for shown in ({}, {"proof": "x"}, {"proof": "é"}, {"proof": other}):
        assert browser.post("/unassigned", fields | shown).status_code == 403
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        assert browser.post("/unassigned", fields | {"proof": proof}, **headers).status_code == 403
    assert browser.post("/unassigned", fields | {"proof": proof}, origin="http://127.0.0.1").status_code == 303
    assert browser.get("/sign-out").status_code == 405, "who is only sent there stays signed in"


@pytest.mark.parametrize(
    "body", [b"a=1&a=2", b"ticket=" + b"x" * 1_001, b"x" * 17_000, b"&".join(b"%d=1" % n for n in range(30)), b"a=%ff"]
)
def test_a_form_that_is_none_is_refused(firm: Company, body: bytes) -> None:
    browser = firm.signed_in(Role.ADMIN)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.client.post("/unassigned", content=body, headers=kind).status_code == 400
    assert browser.client.post("/unassigned", content=body, headers={"content-type": "text/plain"}).status_code == 400


def test_proofs_differ_each_time_and_hold_for_their_session_alone() -> None:
    sessions = Sessions()
    assert sessions.proof("a") != sessions.proof("a")
    assert sessions.proves("a", sessions.proof("a"))
    assert not sessions.proves("b", sessions.proof("a"))
    assert not Sessions().proves("a", sessions.proof("a"))


def test_sessions_end_without_use_and_at_last_in_any_case() -> None:
    now = [0]
    sessions = Sessions(lambda: now[0])
    idle, busy = sessions.begin("t1"), sessions.begin("t2")
    for _ in range(LONGEST_NS // IDLE_NS):
        now[0] += IDLE_NS
        assert sessions.token(busy) == "t2"
    assert sessions.token(idle) is None
    now[0] += 1
    assert sessions.token(busy) is None


def test_of_too_many_sessions_the_oldest_end() -> None:
    sessions = Sessions()
    first = sessions.begin("first")
    last = [sessions.begin("t") for _ in range(MOST_SESSIONS)][-1]
    assert (sessions.token(first), sessions.token(last)) == (None, "t")


def test_without_credentials_there_is_no_signing_in(tmp_path: Path) -> None:
    from tests.collector.auth.auth_bench import bench

    with bench(tmp_path) as parts:
        answer = Browser(parts.gate()).get("/sign-in?next=/flow")
        assert (answer.status_code, answer.headers["location"]) == (303, "/flow")
