"""Pulling by itself: one thread, off unless it is asked for, which a stop ends and a fault does not."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.pulling import NOW, problems, pull, source_of, totals
from tests.support.recorded_provider import KEY, Play
from tollbook.problem import Problem
from tollbook_collector.config import Settings, load
from tollbook_collector.finance import Finance
from tollbook_collector.pull import bills, schedule
from tollbook_collector.pull.schedule import pull_all, scheduled


@pytest.fixture
def settings(tmp_path: Path, play: Play, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("RECORDED_KEY", KEY)
    monkeypatch.setattr(bills, "now", lambda: NOW)
    loaded = load(tmp_path, None, {}).settings
    assert loaded is not None
    source = source_of("cursor", play("cursor"), per_minute=6_000)
    return replace(loaded, pull_every_hours=1, pulls=(source,))


def test_all_sources_are_pulled(settings: Settings, company: Finance) -> None:
    assert pull_all(settings) == []
    assert list(totals(company)) == ["cursor_usage_events"]


def test_it_pulls_again_and_again_and_survives_a_fault(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "FIRST_WAIT_SECONDS", 0.0)
    monkeypatch.setattr(schedule, "_HOUR_SECONDS", 0.001)
    third = threading.Event()
    times: list[int] = []

    def once(given: Settings, stopped: object) -> list[Problem]:
        times.append(1)
        if len(times) == 1:
            raise OSError
        if len(times) == 3:
            third.set()
        return [Problem(reason="key_missing", where="env:X")]

    with scheduled(settings, once):
        assert third.wait(20)
    assert not [thread for thread in threading.enumerate() if thread.name == "pull"]


@pytest.mark.parametrize("changed", [{"pull_every_hours": 0}, {"pulls": ()}])
def test_it_is_off_unless_it_is_asked_for(changed: dict[str, object], settings: Settings) -> None:
    with scheduled(replace(settings, **changed)):
        assert not [thread for thread in threading.enumerate() if thread.name == "pull"]


def test_a_stop_ends_a_pull_before_its_next_request(play: Play, company: Finance) -> None:
    provider = play("cursor")
    outside = replace(
        bills.Around(home=company.file.path.parent, environment={"RECORDED_KEY": KEY}), stopped=lambda: True
    )
    (done,) = bills.pull_bills(company, [source_of("cursor", provider)], bills.Wish(), outside)
    assert ([one.reason for one in done.problems], provider.asked) == (["stopped"], [])
    assert problems(pull(company, source_of("cursor", provider))) == []
