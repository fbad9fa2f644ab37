"""The full-screen view: asks the store again whenever another process has committed, and shows what it answers."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import ClassVar, cast

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import DataTable, Footer, Static

from tollbook.answer import iso_time, spend
from tollbook.booked import Booked
from tollbook_agent.cli.figures import bar, change
from tollbook_agent.cli.output import count, cut, money
from tollbook_agent.cli.sheet import UNALLOCATED, clean
from tollbook_agent.cli.spend import Asked
from tollbook_agent.cli.spend_page import status
from tollbook_agent.standing import Standing, total
from tollbook_agent.store import reading

LOOK_SECONDS = 0.5
FULL_LOOK_SECONDS = 60.0
"""A new day begins without any booking."""
MAX_CALLS = 200
NARROW_KEY = 24
PERIODS = ("today", "week", "month")
DIMENSIONS = ("ticket", "model", "session")

type Table = DataTable[Text]


class Top(App[None]):
    """Totals above, three tables beside each other, the newest calls below."""

    CSS = """
    #total { height: 3; padding: 1 2 0 2; text-style: bold; }
    #status { height: 1; padding: 0 2; color: $text-muted; }
    #tables { height: 1fr; }
    #tables Vertical { width: 1fr; }
    .name { padding: 0 1; text-style: bold; }
    #calls { height: 1fr; }
    DataTable:focus { border: round $accent; }
    DataTable { border: round $panel; }
    """
    TITLE = "tollbook"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "quit"),
        Binding("p", "period", "today, week, month"),
        Binding("r", "look", "look again"),
        Binding("t", "table('ticket')", "tickets"),
        Binding("m", "table('model')", "models"),
        Binding("s", "table('session')", "sessions"),
        Binding("c", "table('calls')", "calls"),
    ]

    def __init__(self, connection: sqlite3.Connection, asked: Callable[[str], Asked]) -> None:
        super().__init__()
        self._connection, self._asked = connection, asked
        self._period = 0
        self._seen = -1

    def compose(self) -> ComposeResult:
        """The parts of the screen."""
        yield Static(id="total", markup=False)
        yield Static(id="status", markup=False)
        with Horizontal(id="tables"):
            for name in DIMENSIONS:
                with Vertical():
                    yield Static(f"by {name}", classes="name", markup=False)
                    yield DataTable[Text](id=name, cursor_type="row", zebra_stripes=True)
        yield Static("newest calls", classes="name", markup=False)
        yield DataTable[Text](id="calls", cursor_type="row", zebra_stripes=True)
        yield Footer()

    def on_mount(self) -> None:
        """Columns, the first answer, and the clock."""
        for name in DIMENSIONS:
            self._table(name).add_columns(name, "calls", "list value", "", "vs before")
        self._table("calls").add_columns("started (UTC)", "model", "ticket", "repo", "output", "list value")
        self.action_look()
        self._table(DIMENSIONS[0]).focus()
        self.set_interval(LOOK_SECONDS, self._look_if_changed)
        self.set_interval(FULL_LOOK_SECONDS, self.action_look)

    def action_period(self) -> None:
        """The next period."""
        self._period = (self._period + 1) % len(PERIODS)
        self.action_look()

    def action_table(self, name: str) -> None:
        """Go to a table."""
        self._table(name).focus()

    def action_look(self) -> None:
        """Ask again and show the answer."""
        self._seen = self._version()
        asked = self._asked(PERIODS[self._period])
        rows = list(reading.rows(self._connection, asked.start, asked.end))
        before = [] if asked.before is None else list(reading.rows(self._connection, *asked.before))
        now, then = total(rows), total(before)
        said = f"{money(now)}  {change(now, then)}   {count(len(rows))} calls   {asked.heading}"
        self.query_one("#total", Static).update(clean(said))
        self.query_one("#status", Static).update(status(Standing.of(rows)))
        for name in DIMENSIONS:
            self._fill(name, _sums(rows, before, name))
        newest = sorted(rows, key=lambda row: -row.started_at)[:MAX_CALLS]
        self._fill("calls", [_call(row) for row in newest])

    def _look_if_changed(self) -> None:
        if self._version() != self._seen:
            self.action_look()

    def _version(self) -> int:
        """Changes with every commit of another process."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _table(self, name: str) -> Table:
        return cast(Table, self.query_one(f"#{name}", DataTable))

    def _fill(self, name: str, rows: Sequence[Sequence[Text]]) -> None:
        """Replace the rows; the cursor stays where it is."""
        table = self._table(name)
        place = table.cursor_row
        table.clear()
        for row in rows:
            table.add_row(*row)
        if rows:
            table.move_cursor(row=min(place, len(rows) - 1))


def _sums(rows: Sequence[Booked], before: Sequence[Booked], by: str) -> list[list[Text]]:
    then = {row["key"][0]: row["list_nano_usd"] for row in spend(before, [by], None, None)["rows"]}
    answer = spend(rows, [by], None, None)["rows"]
    if by == "ticket":
        answer = sorted(answer, key=lambda row: row["key"][0] is not None)
    greatest = max((row["list_nano_usd"] for row in answer), default=0)
    return [
        [
            _key(row["key"][0]),
            _number(count(row["calls"])),
            _number(money(row["list_nano_usd"])),
            Text(bar(row["list_nano_usd"], greatest), style="cyan"),
            _number(change(row["list_nano_usd"], then.get(row["key"][0], 0))),
        ]
        for row in answer
    ]


def _call(row: Booked) -> list[Text]:
    return [
        Text(iso_time(row.started_at)[:19].replace("T", " ")),
        _key(row.model),
        _key(row.tickets or None),
        _key(row.repo or "-"),
        _number("-" if row.output is None else count(row.output)),
        _number("unpriced" if row.unpriced else money(total((row,)))),
    ]


def _key(text: str | None) -> Text:
    return Text(UNALLOCATED, style="yellow") if text is None else Text(cut(clean(text), NARROW_KEY))


def _number(text: str) -> Text:
    return Text(text, justify="right")
