"""The stream of calls: each once, as texts, to whoever may see it, and within bounds."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.web.web_bench import Browser, alone, company, made_on
from tollbook_collector.auth.records import Event, Role, State
from tollbook_collector.web.pages import live

MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams of two looks, with nothing between them."""
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(live, "LONGEST_LOOKS", 2)


def events(browser: Browser) -> list[Any]:
    answer = browser.get("/live/events")
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    return [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data:")]


def test_the_newest_calls_come_once_each_the_oldest_first(tmp_path: Path) -> None:
    with alone(tmp_path, *(make_claim(number) for number in range(40))) as (browser, _):
        found = events(browser)
        times = [one["cells"][0]["value"] for one in found]
        assert len({one["id"] for one in found}) == len(found) == live.SHOWN
        assert times == sorted(times)
        calls = browser.get("/api/v1/calls?limit=1").json()["calls"]
        assert found[-1]["id"] == calls[0]["call_id"]
        assert f'data-key="{found[-1]["id"]}"' in browser.page("/live")


def test_names_from_outside_travel_as_texts(tmp_path: Path) -> None:
    strange = made_on(make_claim(1), branch="main", repo=f"a/{MARKUP}", model="\u202ex")
    with alone(tmp_path, strange) as (browser, _):
        (found,) = events(browser)
    texts = [cell["text"] for cell in found["cells"]]
    assert texts[1:3] == ["\ufffdx", "unassigned"]
    assert texts[4] == f"a/{MARKUP}"
    assert found["cells"][4]["href"].startswith("/repos/a/%3Cimg")
    assert found["mark"] == "unassigned"


def test_more_streams_than_there_may_be_are_sent_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_STREAMS", 0)
    with alone(tmp_path, make_claim(1)) as (browser, _):
        answer = browser.get("/live/events")
    assert (answer.status_code, answer.text) == (503, "retry: 30000\n\n")


def test_a_stream_ends_with_the_collector_and_with_the_credential(tmp_path: Path) -> None:
    with company(tmp_path) as firm:
        browser = firm.signed_in(Role.ENGINEER, "p0@example.com")
        assert len(events(browser)) == 1
        person = firm.parts.access.person_of(1, "p0@example.com")
        assert person is not None
        for one in firm.parts.access.credentials(1):
            if one.kind == "api":
                event = Event(actor="operator", action="token_revoke", object=one.id)
                firm.parts.access.set_state(1, one.id, State.REVOKED, event, firm.parts.clock())
        firm.parts.clock.pass_seconds(6)
        assert browser.get("/live/events").status_code == 401
        firm.gate.answers = None
        assert browser.get("/live/events").status_code == 503
