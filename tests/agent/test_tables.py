"""Every form of every table, beside what it is expected to be (tests/recordings/tables). Hostile names included."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.support.booked_rows import booked
from tests.support.domain import DAY, NOON
from tollbook.answer import spend, ticket
from tollbook.usage import Usage
from tollbook_agent.cli import sheet_terminal
from tollbook_agent.cli.output import money
from tollbook_agent.cli.session import Row, session_answer, session_page
from tollbook_agent.cli.sheet import Page
from tollbook_agent.cli.sheet_file import as_csv, as_markdown, escaped
from tollbook_agent.cli.sheet_text import as_text
from tollbook_agent.cli.spend_page import spend_page
from tollbook_agent.cli.ticket_page import ticket_page
from tollbook_agent.standing import Standing

EXPECTED = Path(__file__).parents[1] / "recordings" / "tables"
USAGE = Usage(input=1_200, cache_read=98_000, cache_write_5m=3_000, output=450)
ROWS = (
    booked(USAGE, tickets="PAY-123", ticket_evidence="branch", branch="feature/PAY-123-x", list_nano_usd=4_100_000_000),
    booked(USAGE, tickets="OPS-7 PAY-123", ticket_evidence="person", branch="main", list_nano_usd=900_000_001),
    booked(USAGE, {"claude-haiku-4-5": (Usage(output=9), 70)}, session_id="s-1; rm", list_nano_usd=650_000_000),
    booked(None, session_id="s-2", list_nano_usd=0, unpriced=1, flags="usage_unknown"),
    booked(USAGE, tickets="WEB-1", branch='=HYPERLINK("http://x","y")', session_id="s-3", list_nano_usd=30_000_000),
    booked(USAGE, tickets="WEB-1", branch="a|b `c` <b>@d</b> \x1b[1mred\nnew", list_nano_usd=20_000_000),
)  # fmt: skip
BEFORE = (
    booked(USAGE, started_at=NOON - DAY, tickets="PAY-123", list_nano_usd=2_050_000_000),
    booked(USAGE, started_at=NOON - DAY, tickets="GONE-1", list_nano_usd=3_000_000_000),
    booked(USAGE, started_at=NOON - DAY, tickets="WEB-1", list_nano_usd=100_000_000),
)
AGENTS: tuple[Row, ...] = tuple(zip((None, None, "agent-a", "agent-b", None, "agent-a"), ROWS, strict=True))


def spend_of(*by: str, heading: str | None = None) -> Page:
    before = spend(BEFORE, by, None, None) if heading else None
    return spend_page(Standing.of(ROWS), spend(ROWS, by, None, None), heading, before)


def reconciled() -> Page:
    answer = ticket(ROWS, "PAY-123", source="collector", price_book="0123456789ab")
    billed = {"billed_nano_usd": 4_410_000_000, "effective_nano_usd": 4_900_000_000}
    return ticket_page({**answer, "status": "final", **billed})


PAGES: dict[str, Callable[[], Page]] = {
    "week": lambda: spend_of("ticket", heading="this week, from Monday: since 2026-09-21 00:00 UTC"),
    "spend": lambda: spend_of("branch", "model"),
    "ticket": reconciled,
    "session": lambda: session_page(session_answer("s-9", AGENTS), ROWS),
    "nothing": lambda: spend_page(
        Standing(), spend((), ["ticket"], None, None), "today", spend(BEFORE, ["ticket"], None, None)
    ),
}


def pretty(page: Page, width: int, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    sheet_terminal.show(page, colour=False, width=width)
    return "".join(f"{line.rstrip()}\n" for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize("name", PAGES)
def test_every_form_is_as_expected(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    page = PAGES[name]()
    forms = {
        "txt": f"{as_text(page)}\n",
        "csv": as_csv(page).replace("\r\n", "\n"),
        "md": f"{as_markdown(page)}\n",
        "wide": pretty(page, 110, capsys),
        "narrow": pretty(page, 70, capsys),
    }
    found = {form: re.sub(r"price book [0-9a-f]{12}", "price book B", text) for form, text in forms.items()}
    for form, text in found.items():
        assert text == (EXPECTED / f"{name}.{form}").read_text(encoding="utf-8"), form


@pytest.mark.parametrize("name", PAGES)
def test_nothing_from_outside_moves_a_cursor_or_draws_where_it_should_not(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    page = PAGES[name]()
    plain = as_text(page)
    assert plain.replace("�", "").isascii()
    for text in (plain, as_markdown(page), pretty(page, 110, capsys)):
        assert all(line.isprintable() for line in text.split("\n"))
    assert all(len(line) <= 70 for line in pretty(page, 70, capsys).splitlines())


@pytest.mark.parametrize("width", [50, 70, 99, 100, 140])
@pytest.mark.parametrize("name", PAGES)
def test_a_line_is_never_longer_than_the_terminal_and_no_figure_is_cut(
    name: str, width: int, capsys: pytest.CaptureFixture[str]
) -> None:
    page = PAGES[name]()
    text = pretty(page, width, capsys)
    assert all(cell_len(line) <= width for line in text.splitlines())
    for sheet in page.sheets:
        for row in sheet.rows:
            amounts = [
                money(cell)
                for column, cell in zip(sheet.columns, row, strict=True)
                if column.field == "list" and isinstance(cell, int)
            ]
            assert all(amount in text for amount in amounts)


def test_wide_characters_take_two_cells_and_are_cut_whole(capsys: pytest.CaptureFixture[str]) -> None:
    rows = (booked(USAGE, branch="修正" * 30, list_nano_usd=1), booked(USAGE, branch="main", list_nano_usd=2))
    page = spend_page(Standing.of(rows), spend(rows, ["branch"], None, None), None, None)
    shown = [line for line in pretty(page, 70, capsys).splitlines() if "修" in line or " main " in line]
    assert len(shown) == 2
    assert len({cell_len(line[: line.index("$")]) for line in shown}) == 1
    assert all(cell_len(line) <= 70 for line in shown)


def test_where_there_are_no_blocks_bars_and_rules_are_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="backslashreplace")
    monkeypatch.setattr("sys.stdout", plain)
    sheet_terminal.show(spend_of("model"), colour=False, width=100)
    plain.flush()
    text = plain.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert "########" in text
    assert "-----" in text
    assert "\\u25" not in text


def test_csv_runs_no_formula_and_holds_whole_amounts() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(spend_of("branch", "model")))))
    assert sum(int(row["list_nano_usd"]) for row in rows) == 5_700_000_071
    assert any(row["branch"].startswith("'=HYPERLINK") for row in rows)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_colour_is_only_where_it_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    sheet_terminal.show(spend_of("ticket"), colour=True, width=100)
    assert "\x1b[" in capsys.readouterr().out
    assert "\x1b[" not in pretty(spend_of("ticket"), 100, capsys)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("PAY-1", "PAY-1"), ("a|b", r"a\|b"), ("<img>", r"\<img\>"), ("@ada", r"\@ada"), ("[x](y)", r"\[x\](y)")],
)
def test_markdown_shows_a_text_as_it_is(text: str, shown: str) -> None:
    assert escaped(text) == shown
