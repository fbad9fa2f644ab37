"""Without the bundle of charts the pages say so, and stand; the overview is worked out beforehand."""

import shutil
from pathlib import Path

import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.web.web_bench import Browser, alone
from tollbook_collector.ask import Answers
from tollbook_collector.web import site as sites
from tollbook_collector.web import static_files, warm
from tollbook_collector.web.static_files import FOLDER, StaticFiles


def test_without_the_bundle_pages_say_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = tmp_path / "static"
    shutil.copytree(FOLDER, bare, ignore=shutil.ignore_patterns("vendor"))
    monkeypatch.setattr(sites, "StaticFiles", lambda: StaticFiles(bare))
    home = tmp_path / "home"
    home.mkdir()
    with alone(home, make_claim(1)) as (browser, _):
        text = browser.page("/")
    assert "Charts are not built: <code>make assets</code>" in text
    assert '<details id="c-by-day" open>' in text
    assert "vendor" not in text
    assert "charts.js" not in text


def test_a_bundle_has_its_own_address_by_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()
    bundle = tmp_path / static_files.CHARTS
    bundle.write_text("export const one = 1;")
    one = StaticFiles(tmp_path).address(static_files.CHARTS)
    bundle.write_text("export const two = 2;")
    assert StaticFiles(tmp_path).address(static_files.CHARTS) != one


def test_the_overview_is_worked_out_before_anybody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with alone(tmp_path, *(make_claim(number) for number in range(5))) as (_, parts):
        gate = parts.gate()
        started: list[sites.Site] = []
        monkeypatch.setattr(warm, "start", started.append)
        browser = Browser(gate)
        gate.on_open()
        rests: list[float] = []

        def rest(seconds: float) -> None:
            rests.append(seconds)
            gate.answers = None

        answers = gate.answers
        warm.keep_warm(started[0], rest)
        assert rests == [warm.LEAST_REST_SECONDS]
        gate.answers = answers
        monkeypatch.setattr(Answers, "spend", lambda *_: pytest.fail("it was not worked out beforehand"))
        browser.page("/")
        assert [one.event for one in parts.access.entries(1) if one.event.action == "person_lookup"] == []
