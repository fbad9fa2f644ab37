"""Taking an assignment back: one more decision, about the calls of the one that is taken back and no others."""

import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.collector.auth.auth_bench import PEOPLE, claim_by
from tests.collector.claim_maker import make_claim
from tests.collector.web.web_bench import Browser, alone, company, made_on
from tollbook_collector.auth.records import Kind, Role

PLACE = {"session": "session-0", "repo": "acme/payments", "branch": "main"}
_FORM = re.compile(r'action="/unassigned/undo".*?</form>', re.DOTALL)
_FIELD = re.compile(r'name="(\w+)" value="([^"]*)"')


def assigned(browser: Browser, ticket: str, **fields: str) -> str:
    """Assign the lot; the address of the page that is shown next."""
    answer = browser.post("/unassigned", {"proof": browser.proof("/unassigned"), "ticket": ticket, **PLACE, **fields})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def undo_form(browser: Browser, address: str) -> dict[str, str] | None:
    """The fields of a page's form that takes back."""
    form = _FORM.search(browser.page(address))
    return None if form is None else {name: unescape(value) for name, value in _FIELD.findall(form[0])}


def undone(browser: Browser, fields: dict[str, str]) -> dict[str, str]:
    """Take back; what the page that is shown next says."""
    answer = browser.post("/unassigned/undo", fields)
    assert answer.status_code == 303, answer.text
    return dict(parse_qsl(urlsplit(str(answer.headers["location"])).query))


def tickets(browser: Browser) -> dict[str, int]:
    rows = browser.get("/?table=by-ticket&as=json").json()["rows"]
    return {row["ticket"]: row["calls"] for row in rows}


def calls(*numbers: int) -> list[Any]:
    return [made_on(make_claim(number), branch="main", session_id="session-0") for number in numbers]


def test_an_assignment_is_taken_back_and_can_be_made_again(tmp_path: Path) -> None:
    with alone(tmp_path, *calls(0, 1, 2), make_claim(5)) as (browser, parts):
        before, total = tickets(browser), browser.get("/api/v1/spend").json()["total"]
        address = assigned(browser, "PAY-7", last="all")
        form = undo_form(browser, address)
        assert form is not None
        assert undone(browser, form) == {"last": "all", "back": "3", "for": "PAY-7"}
        assert tickets(browser) == before
        assert browser.get("/api/v1/spend").json()["total"] == total
        events = [one.event for one in parts.access.entries(1) if one.event.action == "assign"]
        assert [(one.object, one.detail) for one in events] == [
            ("PAY-7", "3 calls"),
            ("none", "3 calls back from PAY-7"),
        ]
        parts.clock.pass_seconds(1)
        assigned(browser, "PAY-8")
        assert tickets(browser)["PAY-8"] == 3


def test_the_page_says_what_was_taken_back_and_offers_no_undo_of_that(tmp_path: Path) -> None:
    with alone(tmp_path, *calls(0)) as (browser, _):
        form = undo_form(browser, assigned(browser, "PAY-7"))
        assert form is not None
        answer = browser.post("/unassigned/undo", form)
        text = browser.page(answer.headers["location"])
        assert "1 call was taken back from PAY-7." in text
        assert undo_form(browser, answer.headers["location"]) is None


def test_what_another_decision_assigned_to_the_same_ticket_stays(tmp_path: Path) -> None:
    with alone(tmp_path, *calls(0, 1)) as (browser, parts):
        assigned(browser, "PAY-7")
        parts.clock.pass_seconds(1)
        parts.send(None, *calls(2))
        form = undo_form(browser, assigned(browser, "PAY-7"))
        assert form is not None
        assert undone(browser, form)["back"] == "1"
        assert tickets(browser) == {"PAY-7": 2, "unassigned": 1}


def test_what_was_decided_later_stays(tmp_path: Path) -> None:
    with alone(tmp_path, *calls(0)) as (browser, parts):
        first = undo_form(browser, assigned(browser, "PAY-7"))
        assert first is not None
        undone(browser, first)
        parts.clock.pass_seconds(1)
        again = undo_form(browser, assigned(browser, "PAY-7"))
        assert again is not None
        address = browser.post("/unassigned/undo", first).headers["location"]
        assert "Nothing was taken back from PAY-7" in browser.page(address)
        assert tickets(browser) == {"PAY-7": 1}


def test_nobody_takes_back_what_another_decided(tmp_path: Path) -> None:
    with company(tmp_path) as firm:
        device = firm.parts.token(Kind.DEVICE, email=PEOPLE[0])
        firm.parts.send(device, made_on(claim_by(60, PEOPLE[0]), branch="main", session_id="session-0"))
        engineer, admin = firm.signed_in(Role.ENGINEER, PEOPLE[0]), firm.signed_in(Role.ADMIN)
        address = assigned(engineer, "PAY-50")
        theirs = undo_form(admin, address)
        assert theirs is not None, "the address says which decision, and anybody may ask"
        assert undone(admin, theirs)["back"] == "0"
        form = undo_form(engineer, address)
        assert form is not None
        assert undone(engineer, form)["back"] == "1"
        finance = firm.signed_in(Role.FINANCE)
        assert undo_form(finance, address) is None
        assert finance.post("/unassigned/undo", {**form, "proof": finance.proof("/")}).status_code == 403


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"proof": "x"}, 403),
        ({"proof": ""}, 403),
        ({"at": ""}, 400),
        ({"at": "1e9"}, 400),
        ({"at": "9" * 21}, 400),
        ({"ticket": " "}, 400),
        ({"last": "5"}, 400),
    ],
)
def test_what_no_page_of_ours_sends_changes_nothing(tmp_path: Path, fields: dict[str, str], status: int) -> None:
    with alone(tmp_path, *calls(0)) as (browser, _):
        form = undo_form(browser, assigned(browser, "PAY-7"))
        assert form is not None
        assert browser.post("/unassigned/undo", form | fields).status_code == status
        for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example.com"}):
            assert browser.post("/unassigned/undo", form, **headers).status_code == 403
        assert tickets(browser) == {"PAY-7": 1}


def test_the_days_to_choose_say_nothing_of_the_decision(tmp_path: Path) -> None:
    with alone(tmp_path, *calls(0), *calls(61)) as (browser, _):
        address = assigned(browser, "PAY-7", last="all")
        assert not [link for link in browser.links(address) if "assigned=" in link or "at=" in link]
