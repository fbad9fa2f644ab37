"""The live page in a browser: a call that is booked while somebody looks appears by itself."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.demo_site import serving
from tests.browser.looking import looking
from tests.collector.claim_maker import make_claim
from tests.collector.serve_bench import Sender


def test_calls_appear_as_they_are_booked(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path) as site, looking(browser, site.api) as look:
        sender = Sender(site.otlp_grpc)
        assert sender.send([make_claim(1)])
        look.go("/live")
        page = look.page
        expect(page.locator("[data-live-state]")).to_have_text("Live: new calls appear by themselves.")
        expect(page.locator("tbody tr")).to_have_count(1)
        assert sender.send([make_claim(number) for number in range(2, 5)])
        expect(page.locator("tbody tr")).to_have_count(4)
        expect(page.locator("tbody tr").first).to_contain_text("2026-10-01 00:04:00")
        assert look.faults() == []
        sender.close()
