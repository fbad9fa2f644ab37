"""Words: figures as people read them, and addresses of pages. Pure; exact figures are in CSV and JSON."""

from decimal import ROUND_DOWN, Decimal
from urllib.parse import quote, urlencode

from tollbook.csv_safe import Cell
from tollbook_collector.shown import decimals_for, money
from tollbook_collector.web.table import Column, Kind, Table

NONE = "–"
SHORT = 24
"""Characters of a text that stays on one line."""
_TENTH = Decimal("0.1")


def shown_money(nano_usd: int | None, total: int | None = None) -> str:
    """Dollars; with as many decimals as a table of this total has."""
    if nano_usd is None:
        return NONE
    return money(nano_usd, decimals_for(nano_usd if total is None else total))


def shown_count(number: int | None) -> str:
    return NONE if number is None else f"{number:,}"


def shown_ratio(ratio: str | None) -> str:
    """0.9734 as 97.3 %. Rounded down: what is not all is never called all."""
    if ratio is None:
        return NONE
    percent = (Decimal(ratio) * 100).quantize(_TENTH, rounding=ROUND_DOWN).normalize()
    return f"{percent:f} %"


def part_of(part: int, whole: int) -> str:
    """A share as a percentage; nothing where there is no whole."""
    return "" if whole <= 0 else shown_ratio(str(Decimal(part) / whole))


def shown_time(iso: str) -> str:
    """2026-10-28T14:21:30.000Z as 2026-10-28 14:21:30."""
    return iso[:19].replace("T", " ")


def shown_clock(iso: str) -> str:
    """2026-10-28T14:21:30.000Z as 14:21:30."""
    return iso[11:19]


def shown(cell: Cell, column: Column, table: Table) -> str:
    """A cell as its page has it."""
    if cell is None:
        return NONE if column.is_figure else ""
    if column.kind is Kind.MONEY and isinstance(cell, int):
        if not cell:
            return "$0"
        return shown_money(cell, _largest(table, column))
    if column.kind is Kind.COUNT and isinstance(cell, int):
        return shown_count(cell)
    if column.kind is Kind.RATIO:
        return shown_ratio(str(cell))
    return shown_time(str(cell)) if column.kind is Kind.TIME else readable(str(cell))


def _largest(table: Table, column: Column) -> int:
    """What decides on the decimals of a column: all of it show as many."""
    place = table.place(column.name)
    amounts = [each for each in (row.cells[place] for row in table.rows) if isinstance(each, int)]
    if table.total is not None and isinstance(table.total[place], int):
        amounts.append(int(table.total[place] or 0))
    return max(map(abs, amounts), default=0)


def readable(text: str) -> str:
    """A text from outside as it can be shown: what cannot be seen, or turns the writing round, is replaced."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def is_short(cell: Cell) -> bool:
    """Whether a cell stays on one line."""
    return len(str(cell)) <= SHORT


def address(*parts: str, **query: str | None) -> str:
    """The address of a page: `address("tickets", "PAY-1")`."""
    path = "/" + "/".join(quote(part, safe="@") for part in parts)
    given = {name.rstrip("_"): value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path
