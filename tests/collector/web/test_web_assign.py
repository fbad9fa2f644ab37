"""Giving unassigned money a ticket: a decision of a person about calls that they may see."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.collector.auth.auth_bench import PEOPLE, STRANGER, claim_by
from tests.collector.claim_maker import make_claim
from tests.collector.web.web_bench import Browser, alone, company, made_on
from tollbook_collector.auth.records import Kind, Role
from tollbook_collector.web.pages.unassigned import lots_of


def lot(browser: Browser, ticket: str, **fields: str) -> dict[str, str]:
    """What the form of a lot sends."""
    place = {"session": "session-0", "repo": "acme/payments", "branch": "main"}
    return {"proof": browser.proof("/unassigned"), "ticket": ticket, **place, **fields}


def said(answer: Any) -> dict[str, str]:
    """What the page that is shown next says, less the lot and the moment."""
    path, _, query = answer.headers["location"].partition("?")
    assert path == "/unassigned"
    left = ("session", "repo", "branch", "at")
    return {name: value for name, value in parse_qsl(query) if name not in left}


def tickets(browser: Browser) -> dict[str, int]:
    rows = browser.get("/?table=by-ticket&as=json").json()["rows"]
    return {row["ticket"]: row["calls"] for row in rows}


def test_one_click_gives_a_lot_its_ticket_and_nothing_else(tmp_path: Path) -> None:
    claims = [made_on(make_claim(number), branch="main") for number in range(3)]
    claims += [made_on(make_claim(11), branch="main"), made_on(make_claim(4), branch="other"), make_claim(5)]
    with alone(tmp_path, *claims) as (browser, parts):
        before = browser.get("/api/v1/spend").json()["total"]
        assert tickets(browser) == {"unassigned": 5, "PAY-101": 1}
        answer = browser.post("/unassigned", lot(browser, "pay-7", last="all"))
        assert answer.status_code == 303
        assert said(answer) == {"last": "all", "assigned": "3", "for": "PAY-7"}
        assert "3 calls were assigned to PAY-7." in browser.page(answer.headers["location"])
        assert tickets(browser) == {"unassigned": 2, "PAY-101": 1, "PAY-7": 3}
        assert browser.get("/api/v1/spend").json()["total"] == before
        found = browser.get("/api/v1/tickets/PAY-7").json()
        assert found["evidence"] == {"person": 3}
        (event,) = [one.event for one in parts.access.entries(1) if one.event.action == "assign"]
        assert (event.actor, event.object, event.detail) == ("operator", "PAY-7", "3 calls")


@pytest.mark.parametrize("ticket", ["", "  ", "no key", "PAY-1 PAY-2", "<b>PAY-1</b>", "PAY-1\n"])
def test_what_is_no_ticket_s_key_is_refused(tmp_path: Path, ticket: str) -> None:
    with alone(tmp_path, made_on(make_claim(0), branch="main")) as (browser, _):
        answer = browser.post("/unassigned", lot(browser, ticket))
        expected = 303 if ticket == "PAY-1\n" else 400
        assert answer.status_code == expected
        assert tickets(browser) == ({"PAY-1": 1} if expected == 303 else {"unassigned": 1})


def test_nobody_gives_away_what_they_may_not_see(tmp_path: Path) -> None:
    with company(tmp_path) as firm:
        for number, email in ((60, PEOPLE[0]), (61, STRANGER)):
            device = firm.parts.token(Kind.DEVICE, email=email)
            firm.parts.send(device, made_on(claim_by(number, email), branch="main", session_id="shared"))
        engineer = firm.signed_in(Role.ENGINEER, PEOPLE[0])
        answer = engineer.post("/unassigned", lot(engineer, "PAY-50", session="shared"))
        assert said(answer) == {"assigned": "1", "for": "PAY-50"}
        admin = firm.signed_in(Role.ADMIN)
        assert tickets(admin)["unassigned"] == 1
        answer = admin.post("/unassigned", lot(admin, "PAY-50", session="shared"))
        assert said(answer) == {"assigned": "1", "for": "PAY-50"}
        assert "unassigned" not in tickets(admin)
        finance = firm.signed_in(Role.FINANCE)
        assert 'action="/unassigned"' not in finance.page("/unassigned")
        assert finance.post("/unassigned", {"proof": finance.proof("/"), "ticket": "PAY-1"}).status_code == 403


def test_suggestions_come_from_the_session_then_from_the_repository() -> None:
    def row(ticket: str | None, session: str, repo: str, money: int) -> dict[str, object]:
        return {"key": [ticket, session, repo, "main"], "calls": 1, "list_nano_usd": money}

    rows = [
        row(None, "s1", "r1", 5),
        row(None, "s2", "r1", 9),
        row(None, "s3", "r2", 1),
        row("PAY-1", "s1", "r1", 2),
        row("PAY-2", "s9", "r1", 3),
    ]
    assert [(lot.session, lot.suggested) for lot in lots_of(rows)] == [
        ("s2", ("PAY-2", "PAY-1")),
        ("s1", ("PAY-1",)),
        ("s3", ()),
    ]
