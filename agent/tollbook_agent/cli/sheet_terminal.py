"""A page on a terminal: aligned, with small bars and a little colour. Imported only where it is shown.

Of `rich` only the widths of characters are used: its console takes longer to import than any answer to be found.
"""

import sys
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from tollbook_agent.cli.figures import BAR_CELLS, bar, change
from tollbook_agent.cli.output import MAX_CELL, terminal_width
from tollbook_agent.cli.sheet import Cell, Change, Column, Kind, Page, Sheet, clean
from tollbook_agent.cli.sheet_text import cell_text

ROOMY = 100
"""Columns of a terminal from which on spare columns are shown."""
BARS = 60
"""From which on bars are shown."""
MIN_KEY = 12
_BETWEEN = "   "
_LEFT = frozenset({Kind.KEY, Kind.TEXT, Kind.BAR})
_CUT = frozenset({Kind.KEY, Kind.TEXT})
"""Names are cut where a line is too long, figures never."""
_PLAIN, _BOLD, _DIM, _CYAN, _RISE, _FALL = "", "1", "2", "36", "33", "32"
_NOBODY, _FIRST = _RISE, "1;33"
"""Select Graphic Rendition (ECMA-48): yellow is what wants attention."""


class Screen(NamedTuple):
    """What is drawn on."""

    width: int
    colour: bool
    blocks: bool
    """Whether it can show blocks and lines."""

    @property
    def roomy(self) -> bool:
        return self.width >= ROOMY


def show(page: Page, *, colour: bool, width: int | None = None) -> None:
    """Print it to standard output."""
    screen = Screen(width or terminal_width(), colour, "utf" in (sys.stdout.encoding or "").lower())
    print("\n".join(lines(page, screen)))


def lines(page: Page, screen: Screen) -> list[str]:
    """The page, line by line."""
    made: list[str] = []
    if page.heading:
        made += _text(page.heading, _BOLD, screen)
    for line in page.first:
        made += _text(line, _FIRST, screen)
    least = max([MIN_KEY, *(_widest_key(sheet) for sheet in page.sheets if screen.roomy)])
    for sheet in page.sheets:
        made += _table(sheet, screen, least)
    made += _text(page.status, _CYAN, screen)
    for note in page.notes:
        made += _text(f"note: {note}", _DIM, screen)
    return made


def _widest_key(sheet: Sheet) -> int:
    """So that the tables of a page stand in line."""
    return min(MAX_CELL, max((cell_len(cell_text(sheet.columns[0], row[0])) for row in sheet.rows), default=0))


def _text(text: str, style: str, screen: Screen) -> list[str]:
    """A text in as many lines as it takes, broken between words."""
    rest, made = clean(text), list[str]()
    while cell_len(rest) > screen.width:
        fits = screen.width
        while cell_len(rest[:fits]) > screen.width:
            fits -= 1
        space = rest.rfind(" ", 1, fits + 1)
        end = space if space > 0 and rest[:space].strip() else max(1, fits)
        made.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [_painted(line, style, screen) for line in (*made, rest)]


def _painted(text: str, style: str, screen: Screen) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if style and screen.colour and text.strip() else text


def _table(sheet: Sheet, screen: Screen, least: int) -> list[str]:
    """An empty line, the head, a rule, the rows, the foot after an empty line, an empty line."""
    several = sum(column.kind is Kind.KEY for column in sheet.columns) > 1  # names need the room that bars would take
    bars = screen.width >= BARS and not several
    shown = [
        place
        for place, column in enumerate(sheet.columns)
        if (screen.roomy or not column.spare) and (bars or column.kind is not Kind.BAR)
    ]
    columns = [sheet.columns[place] for place in shown]
    greatest = {
        place: max((cell for row in sheet.rows if isinstance(cell := row[place], int)), default=0) for place in shown
    }
    rows = [[_cell(sheet.columns[place], row[place], greatest[place], screen) for place in shown] for row in sheet.rows]
    head = [(column.name, _BOLD) for column in columns]
    foot = [] if sheet.foot is None else [_foot(sheet.columns[place], sheet.foot[place]) for place in shown]
    widths = _widths(columns, [head, *rows, *([foot] if foot else [])], screen, least)
    rule = ("─" if screen.blocks else "-") * (sum(widths) + len(_BETWEEN) * (len(widths) - 1))
    made = ["", _line(columns, head, widths, screen), f" {rule}"]
    made += [_line(columns, row, widths, screen) for row in rows]
    return [*made, *(["", _line(columns, foot, widths, screen)] if foot else []), ""]


type Drawn = tuple[str, str]
"""A text and its style."""


def _foot(column: Column, cell: Cell) -> Drawn:
    return ("" if cell is None or column.kind is Kind.BAR else cell_text(column, cell)), _BOLD


def _cell(column: Column, cell: Cell, greatest: int, screen: Screen) -> Drawn:
    if column.kind is Kind.BAR and isinstance(cell, int):
        drawn = bar(cell, greatest)
        return (drawn if screen.blocks else "#" * len(drawn)), _CYAN
    if isinstance(cell, Change):
        return change(cell.now, cell.before), _RISE if cell.now > cell.before else _FALL
    return cell_text(column, cell), _NOBODY if cell is None else _BOLD if column.kind is Kind.MONEY else _PLAIN


def _widths(columns: Sequence[Column], rows: Iterable[Sequence[Drawn]], screen: Screen, least: int) -> list[int]:
    """As wide as each column is; where that is too much, the widest names give way until all fits, or none can."""
    widths = [max(cell_len(text) for text, _ in column) for column in zip(*rows, strict=True)]
    for place, column in enumerate(columns):
        lower = BAR_CELLS if column.kind is Kind.BAR else MIN_KEY if column.kind is Kind.KEY else 0
        widths[place] = max(widths[place], least if place == 0 else lower)
    over = 1 + sum(widths) + len(_BETWEEN) * (len(widths) - 1) - screen.width
    while over > 0:
        wide = [place for place, column in enumerate(columns) if column.kind in _CUT and widths[place] > MIN_KEY]
        if not wide:
            break
        widths[max(wide, key=lambda place: widths[place])] -= 1
        over -= 1
    return widths


def _line(columns: Sequence[Column], row: Sequence[Drawn], widths: Sequence[int], screen: Screen) -> str:
    cells = [
        _painted(_fitted(text, width, left=column.kind in _LEFT), style, screen)
        for column, (text, style), width in zip(columns, row, widths, strict=True)
    ]
    return f" {_BETWEEN.join(cells)}".rstrip()


def _fitted(text: str, width: int, *, left: bool) -> str:
    """A text in a cell of that width, cut where it is longer."""
    spare = width - cell_len(text)
    if spare < 0:
        return set_cell_size(set_cell_size(text, width - 1).rstrip() + "…", width)
    return text + " " * spare if left else " " * spare + text
