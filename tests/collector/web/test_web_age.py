"""Every page says up to which moment everything is in its figures."""

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.collector.auth.auth_bench import Bench
from tests.collector.claim_maker import make_claim
from tests.collector.web.web_bench import Browser, alone
from tollbook.answer import iso_time
from tollbook_collector import memory
from tollbook_collector.memory import OLDEST_NS, Memory
from tollbook_collector.web import warm
from tollbook_collector.web.pages.overview import DIMENSIONS
from tollbook_collector.web.site import Site
from tollbook_collector.web.warm import keep_warm

TABLE = "/?table=by-ticket&as=json"
_AS_OF = re.compile(r'as of <time datetime="([^"]+)">([^<]+)</time> UTC')


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Browser, Bench]]:
    """A collector whose answers all count as slow, by the clock of the bench."""
    monkeypatch.setattr(memory, "QUICK_NS", -1)
    with alone(tmp_path, make_claim(1)) as (browser, parts):
        service = browser.gate.service
        assert service is not None
        browser.gate.service = replace(service, memory=Memory(clock=parts.clock))
        yield browser, parts


def as_of(browser: Browser, path: str) -> str:
    found = _AS_OF.search(browser.page(path))
    assert found is not None, path
    assert found[2] == found[1][11:19]
    return found[1]


def settled(browser: Browser, calls: int) -> Any:
    """The table as soon as the thread behind has counted so many calls."""
    for _ in range(2_000):
        table = browser.get(TABLE).json()
        if table["total"]["calls"] == calls:
            return table
        threading.Event().wait(0.005)
    pytest.fail("it is never worked out anew")


@pytest.mark.parametrize("path", ["/", "/flow", "/unassigned", "/repos/acme/payments", "/reconciliation", "/rules"])
def test_what_has_not_changed_is_as_of_now(slow: tuple[Browser, Bench], path: str) -> None:
    browser, parts = slow
    for _ in range(2):
        assert as_of(browser, path) == iso_time(parts.clock())
        parts.clock.pass_seconds(3_600)


def test_what_is_told_old_says_how_old_and_is_worked_out_anew(slow: tuple[Browser, Bench]) -> None:
    browser, parts = slow
    then = iso_time(parts.clock())
    assert as_of(browser, "/") == then
    parts.send(None, make_claim(2))
    parts.clock.pass_seconds(5)
    table = browser.get(TABLE).json()
    assert (table["total"]["calls"], table["as_of"]) == (1, then)
    assert settled(browser, 2)["as_of"] == iso_time(parts.clock())


def test_nothing_is_told_that_is_older_than_a_minute(slow: tuple[Browser, Bench]) -> None:
    browser, parts = slow
    browser.page("/")
    parts.send(None, make_claim(2))
    parts.clock.now_ns += OLDEST_NS
    table = browser.get(TABLE).json()
    assert (table["total"]["calls"], table["as_of"]) == (2, iso_time(parts.clock()))


def test_the_api_s_answers_are_never_old_and_have_no_age(slow: tuple[Browser, Bench]) -> None:
    browser, parts = slow
    browser.page("/")
    parts.send(None, make_claim(2))
    answer = browser.get("/api/v1/spend?group_by=ticket").json()
    assert answer["total"]["calls"] == 2
    assert "as_of" not in answer


def nothing(*_: object) -> None:
    """What happens behind."""


def test_the_overview_is_kept_warm_with_new_figures(
    slow: tuple[Browser, Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own answers are never old ones: it would rest by how long it took to be told something old."""
    monkeypatch.setattr(Memory, "_refresh", nothing)
    browser, parts = slow
    site = Site(browser.gate)
    browser.page("/")
    parts.send(None, make_claim(2))
    parts.clock.pass_seconds(5)

    def stop(_: float) -> None:
        browser.gate.answers = None

    answers = browser.gate.answers
    keep_warm(site, stop)
    browser.gate.answers = answers
    table = browser.get(TABLE).json()
    assert (table["total"]["calls"], table["as_of"]) == (2, iso_time(parts.clock()))


def test_who_keeps_it_warm_rests_after_each_answer_and_not_before_there_is_any(
    slow: tuple[Browser, Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Memory, "_refresh", nothing)
    monkeypatch.setattr(warm, "QUICK_SECONDS", 0.0)
    browser, _ = slow
    rests: list[float] = []

    def rest(seconds: float) -> None:
        rests.append(seconds)
        if rests.count(warm.LEAST_REST_SECONDS) == 2:
            browser.gate.answers = None

    keep_warm(Site(browser.gate), rest)
    assert rests[0] == rests[-1] == warm.LEAST_REST_SECONDS
    between = rests[1:-1]
    assert len(between) == len(DIMENSIONS) + 3  # by day of all days and of those shown, and by team
    assert all(seconds > 0 for seconds in between)
