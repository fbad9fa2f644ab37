"""`tollbook top` under textual's own pilot: what is on the screen, keys, and what happens while it runs."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.text import Text
from textual.pilot import Pilot
from textual.widgets import DataTable, Static

from tests.support.claude_lines import FIRST_MINUTE, Laptop
from tests.support.commands import Commands
from tests.support.laptop import scan_once, settings_of
from tollbook_agent.cli import exit_codes, top, top_screen
from tollbook_agent.cli.period import asked_of
from tollbook_agent.cli.top_screen import Top
from tollbook_agent.store.connect import connect_reading

NOW = datetime.fromtimestamp(FIRST_MINUTE + 3_600, UTC)
Act = Callable[[Pilot[None]], Awaitable[None]]


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    made = Laptop(tmp_path)
    made.write(1, 2)
    made.environment["TOLLBOOK_TIMEZONE"] = "UTC"
    scan_once(made.environment)
    return made


def run(laptop: Laptop, act: Act, size: tuple[int, int] = (140, 40)) -> None:
    """Do something with the view of a laptop, an hour after its first call."""
    settings = settings_of(laptop.environment)
    connection = connect_reading(settings.store)
    assert connection is not None

    async def drive(connection: sqlite3.Connection) -> None:
        app = Top(connection, lambda name: asked_of(name, settings, NOW))
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await act(pilot)

    with contextlib.closing(connection):
        asyncio.run(drive(connection))


def line(pilot: Pilot[None], name: str) -> str:
    return str(pilot.app.query_one(f"#{name}", Static).render())


def cells(pilot: Pilot[None], name: str) -> list[list[str]]:
    table: DataTable[Text] = pilot.app.query_one(f"#{name}", DataTable)
    return [[str(cell) for cell in table.get_row_at(place)] for place in range(table.row_count)]


def test_totals_tables_and_calls_are_shown(laptop: Laptop) -> None:
    async def act(pilot: Pilot[None]) -> None:
        assert "2 calls   today: since 2026-09-21 00:00 UTC" in line(pilot, "total")
        assert line(pilot, "status").startswith("estimated from list prices")
        assert [row[:2] for row in cells(pilot, "ticket")] == [["PAY-1", "2"]]
        assert [row[:2] for row in cells(pilot, "model")] == [["claude-opus-5-5", "2"]]
        assert [row[0] for row in cells(pilot, "calls")] == ["2026-09-21 12:02:00", "2026-09-21 12:01:00"]

    run(laptop, act)


def test_a_call_that_is_booked_meanwhile_appears(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(top_screen, "LOOK_SECONDS", 0.02)

    async def act(pilot: Pilot[None]) -> None:
        laptop.write(3)
        scan_once(laptop.environment)
        for _ in range(200):
            if len(cells(pilot, "calls")) == 3:
                break
            await pilot.pause(0.02)
        assert "3 calls" in line(pilot, "total")

    run(laptop, act)


def test_the_keyboard_is_enough(laptop: Laptop) -> None:
    async def act(pilot: Pilot[None]) -> None:
        for key, name in (("m", "model"), ("s", "session"), ("c", "calls"), ("t", "ticket")):
            await pilot.press(key)
            assert pilot.app.focused is pilot.app.query_one(f"#{name}")
        await pilot.press("tab")
        assert pilot.app.focused is pilot.app.query_one("#model")
        for period in ("this week", "this month", "today"):
            await pilot.press("p")
            assert period in line(pilot, "total")
        await pilot.press("q")
        assert not pilot.app.is_running

    run(laptop, act)


def test_hostile_names_are_shown_as_text(laptop: Laptop) -> None:
    with contextlib.closing(sqlite3.connect(laptop.home / "laptop.db")) as connection:
        connection.execute("UPDATE call SET model = '[bold]x[/bold]' || char(27) || '[2J'")
        connection.commit()

    async def act(pilot: Pilot[None]) -> None:
        assert cells(pilot, "model")[0][0] == "[bold]x[/bold]�[2J"

    run(laptop, act, size=(60, 20))


def test_without_a_terminal_a_store_or_the_extra_it_says_what_to_do(
    laptop: Laptop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tollbook = Commands(laptop.environment, capsys)
    said = tollbook("top")
    assert (said.code, said.out) == (exit_codes.FAILED, "")
    assert "needs a terminal" in said.err
    assert "tollbook scan" in tollbook("top", TOLLBOOK_HOME=str(laptop.home / "none")).out
    monkeypatch.setattr(top.importlib.util, "find_spec", lambda _name: None)
    assert "tollbook-agent[top]" in tollbook("top").err
