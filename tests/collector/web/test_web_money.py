"""Bills on the pages: reconciliation, rules, and what stands beside estimates, to the nano-dollar."""

import re
import time
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.web.web_bench import Browser, alone, made_on
from tests.support.bills import cost_report
from tests.support.invoice import invoice
from tollbook.answer import day_number
from tollbook.prices import default_book
from tollbook_collector.bills.convert import Rate
from tollbook_collector.finance import Finance, calls_of
from tollbook_collector.store.finance.sqlite import FILE_NAME, FinanceFile
from tollbook_collector.web import months
from tollbook_collector.web.words import shown_money, shown_ratio

MONTH = "2026-10"
_MOMENT = re.compile(r"as of <time.*?</time>|/static/[^\"]*|value=\"[^\"]*\"")
DAYS = ("2026-10-01", "2026-10-02")
WORKSPACE = "wrkspc_01ACME"


@pytest.fixture
def billed(tmp_path: Path) -> Iterator[tuple[Browser, Finance]]:
    """A record with calls and a cost report of one of its days."""
    claims = [made_on(make_claim(number), model="claude-opus-5") for number in range(8)]
    with alone(tmp_path, *claims) as (browser, parts):
        file = FinanceFile(tmp_path / FILE_NAME)
        finance = Finance(file, calls=calls_of(parts.guard.tenants.record(1)), book=default_book())
        report = cost_report({WORKSPACE: "125.5"}, DAYS)
        assert finance.import_files([report], pulled_at="2026-12-01T00:00:00Z").problems == ()
        yield browser, finance
        file.close()


def table(browser: Browser, path: str, name: str) -> Any:
    mark = "&" if "?" in path else "?"
    return browser.get(f"{path}{mark}table={name}&as=json").json()


def test_the_report_is_that_of_the_command(billed: tuple[Browser, Finance]) -> None:
    browser, finance = billed
    expected = finance.reconcile(MONTH, post=False).as_json()
    found = table(browser, f"/reconciliation?period={MONTH}", "channels")
    names = ("list", "rate_variance", "tracked", "untracked", "bucket", "billed")
    keys = [f"{name}_nano_usd" for name in names]
    assert [found["total"][key] for key in keys] == [expected["total"][key] for key in keys]
    assert found["total"]["billed_nano_usd"] == 1_255_000_000
    assert (found["coverage"], found["basis"]) == (expected["total"]["coverage"], "reconciled")
    cells = table(browser, f"/reconciliation?period={MONTH}", "cells")["rows"]
    assert sum(cell["billed_nano_usd"] for cell in cells) == 1_255_000_000
    assert len(cells) == len(expected["rows"])


def test_looking_posts_nothing(billed: tuple[Browser, Finance]) -> None:
    browser, finance = billed
    browser.page(f"/reconciliation?period={MONTH}")
    assert list(finance.file.entries()) == []


def test_billed_stands_beside_estimated_with_its_coverage(billed: tuple[Browser, Finance]) -> None:
    browser, finance = billed
    browser.page(f"/reconciliation?period={MONTH}")
    days = table(browser, "/", "by-day")
    assert days["total"]["billed_nano_usd"] == 1_255_000_000
    text = browser.page("/")
    assert "$1.2550" in text
    coverage = finance.reconcile(MONTH, post=False).as_json()["total"]["coverage"]
    assert f"reconciled, {shown_ratio(coverage)} covered" in text


def test_a_ticket_says_what_a_bill_has_confirmed(billed: tuple[Browser, Finance]) -> None:
    browser, finance = billed
    browser.page(f"/reconciliation?period={MONTH}")
    mine = [row for row in finance.rows(MONTH) if row.ticket == "PAY-101" and row.billed_nano_usd]
    assert mine
    text = browser.page("/tickets/PAY-101")
    assert shown_money(sum(row.billed_nano_usd or 0 for row in mine)) in text


def test_every_dimension_of_the_rules_crossfoots(billed: tuple[Browser, Finance]) -> None:
    browser, _ = billed
    for dimension in ("ticket", "repo", "engineer", "team"):
        found = table(browser, f"/rules?period={MONTH}&dimension={dimension}", "values")
        assert sum(row["billed_nano_usd"] or 0 for row in found["rows"]) == 1_255_000_000
    reasons = table(browser, f"/rules?period={MONTH}&dimension=ticket&value=PAY-101", "reasons")["rows"]
    assert [row["rule"] for row in reasons] == ["ticket.seen"]


def test_a_month_that_takes_long_says_so_and_comes(
    billed: tuple[Browser, Finance], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _ = billed
    monkeypatch.setattr(months, "PATIENCE_SECONDS", 0.0)
    found = months.Months.books
    waiting = True

    def slow(self: months.Months, tenant: int, period: str, patience: float = 0.0) -> Any:
        return None if waiting else found(self, tenant, period, 20.0)

    monkeypatch.setattr(months.Months, "books", slow)
    for path in (f"/reconciliation?period={MONTH}", f"/rules?period={MONTH}", "/"):
        assert '<meta http-equiv="refresh"' in browser.page(path)
    waiting = False
    assert '<meta http-equiv="refresh"' not in browser.page(f"/reconciliation?period={MONTH}")


def test_rules_that_are_wrong_are_said_and_not_applied(billed: tuple[Browser, Finance], tmp_path: Path) -> None:
    browser, _ = billed
    (tmp_path / "rules.yaml").write_text("version: 1\ndimensions: {team: {rules: [{id: x}]}}\n")
    answer = browser.get("/rules")
    assert answer.status_code == 400
    assert "rules.yaml" in answer.text
    assert "rules.yaml" in browser.page("/"), "the overview says why there is no billed amount"


def test_a_bill_without_a_rate_says_where_it_is_missing_and_what_to_do(billed: tuple[Browser, Finance]) -> None:
    browser, finance = billed
    before = browser.page(f"/reconciliation?period={MONTH}")
    assert "alert" not in before
    bill = invoice(("Usage", "2026-10-03", "2026-10-05", "33.33"), currency="EUR", name="E-1")
    assert finance.import_files([bill], pulled_at="2026-12-01T00:00:00Z").problems == ()
    page = f"/reconciliation?period={MONTH}"
    text = settled(browser, page, before)
    assert "Held: nothing of the month is posted until this is done" in text
    alert = unescape(re.findall(r'<p class="alert">(.*?)</p>', text)[0])
    assert alert.startswith("Document 2, invoice of 2026-10-03 to 2026-10-04, is 33.330000000 EUR, which has no rate")
    assert "`tollbook-collector bills rate EUR DOLLARS --from 2026-10-03 --source WHO`" in alert
    assert table(browser, page, "findings")["rows"][0]["channel"] == "anthropic"
    assert "Billed amounts of 2026-10 are not whole" in browser.page("/")
    finance.file.put_rate(Rate("EUR", day_number("2026-10-01"), Decimal("1.1"), "ECB"))
    after = settled(browser, page, text)
    assert "alert" not in after
    assert "Held" not in after


def settled(browser: Browser, path: str, before: str) -> str:
    """A page as soon as it is another one than before, but for the moment it is of."""
    for _ in range(400):
        text = browser.page(path)
        if _MOMENT.sub("", text) != _MOMENT.sub("", before):
            return text
        time.sleep(0.05)
    pytest.fail("it never changes")


def test_reading_a_page_makes_no_file(tmp_path: Path) -> None:
    with alone(tmp_path, make_claim(1)) as (browser, _):
        before = {path.name for path in tmp_path.iterdir()}
        for path in ("/", "/reconciliation", "/rules", "/tickets/PAY-101"):
            browser.page(path)
        assert {path.name for path in tmp_path.iterdir()} == before
