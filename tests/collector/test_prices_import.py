"""The importer: what genai-prices says, what is printed, and what happens without the package."""

import io
import sys
from decimal import Decimal

import pytest

from tollbook.prices import default_book, load_book
from tollbook.prices.compare import Finding, compare
from tollbook.vocabulary import Channel
from tollbook_collector.prices_import import (
    GenaiPricesMissing,
    diff_against_genai_prices,
    genai_prices_rows,
    print_diff,
)

NOVEMBER_20 = 20_777
DAY = 86_400 * 10**9

OLD_BOOK = """
channel = "anthropic"
[sources]
list = { text = "an old list", checked = 2026-01-01 }
[[model]]
name = "claude-opus-4-1"
[[model.prices]]
effective_from = "launch"
recorded_at = 2026-01-01
source = "list"
usd = { input = "15", cache_read = "1.50", cache_write_5m = "18.75", output = "70" }
"""


def test_rows_carry_dates_tiers_scopes_and_bands() -> None:
    rows = genai_prices_rows(NOVEMBER_20)
    sol = {(row.day, row.kind, row.prompt): row.usd for row in rows if row.model == "gpt-5.6-sol" and row.tier is None}
    first_day_of_the_cut = 20_686
    assert sol[first_day_of_the_cut - 1, "input", 0] == Decimal(5)
    assert sol[first_day_of_the_cut, "input", 0] == Decimal(4)
    assert sol[first_day_of_the_cut, "input", 272_000] == Decimal(4)
    assert sol[first_day_of_the_cut, "input", 272_001] == Decimal(8)
    assert {row.endpoint_scope for row in rows if row.channel is Channel.BEDROCK} == {"global", "regional"}
    assert {"batch", "flex", "priority", "fast"} <= {row.tier for row in rows if row.tier}
    assert all(row.source.startswith("genai-prices ") for row in rows)


def test_the_diff_is_the_comparison_on_that_day() -> None:
    book = default_book()
    assert diff_against_genai_prices(book, at=NOVEMBER_20 * DAY) == compare(book, genai_prices_rows(NOVEMBER_20))
    assert isinstance(diff_against_genai_prices(book), list)


def test_what_is_printed_can_be_read_and_changes_nothing() -> None:
    book = load_book({"old.toml": OLD_BOOK})
    rows = [row for row in genai_prices_rows(NOVEMBER_20) if row.model in ("claude-opus-4-1", "claude-haiku-5-5")]
    ours = [row for row in rows if row.channel is Channel.ANTHROPIC]
    before = book.version
    out = io.StringIO()
    print_diff(compare(book, ours), out)
    text = out.getvalue()
    assert "anthropic claude-haiku-5-5: not in the price book (" in text
    assert "\nanthropic claude-opus-4-1\n" in text
    source = ours[0].source
    row = "anthropic/claude-opus-4-1@launch~2026-01-01/output"
    assert f"  price: output on 2026-11-20: {source} 75, book 70 by {row}\n" in text
    assert f"  no price of that kind: cache_write_1h on 2026-11-20: {source} 30, book none\n" in text
    assert text.splitlines()[-1].endswith(" differences")
    assert book.version == before


def test_no_difference_is_said_too() -> None:
    out = io.StringIO()
    print_diff([], out)
    assert out.getvalue() == "no differences\n"


def test_terms_are_named_in_the_line() -> None:
    rows = [row for row in genai_prices_rows(NOVEMBER_20) if row.model == "claude-haiku-4-5" and row.tier == "batch"]
    found = compare(load_book({"a.toml": OLD_BOOK.replace("claude-opus-4-1", "claude-haiku-4-5")}), rows)
    assert {one.finding for one in found} == {Finding.ASSUMED, Finding.NO_KIND}
    out = io.StringIO()
    print_diff(found, out)
    assert "assumed: input (batch) on 2026-11-20" in out.getvalue()


def test_without_the_package_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices.data", None)
    with pytest.raises(GenaiPricesMissing, match="uv pip install"):
        diff_against_genai_prices(default_book())
