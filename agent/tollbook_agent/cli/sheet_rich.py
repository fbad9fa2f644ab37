"""A page on a terminal, with `rich`: aligned, with small bars and a little colour. Imported only where it is shown."""

import sys

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from tollbook_agent.cli.figures import BAR_CELLS, bar, change
from tollbook_agent.cli.output import MAX_CELL, terminal_width
from tollbook_agent.cli.sheet import Cell, Change, Column, Kind, Page, Sheet, clean
from tollbook_agent.cli.sheet_text import cell_text

ROOMY = 100
"""Columns of a terminal from which on spare columns are shown."""
MIN_KEY = 12
_RISE, _FALL, _FIRST = "yellow", "green", "bold yellow"


def show_rich(page: Page, *, colour: bool, width: int | None = None) -> None:
    """Print it to standard output."""
    console = Console(
        file=sys.stdout,
        width=width or terminal_width(),
        color_system="standard" if colour else None,
        force_terminal=colour,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(rendered(page, roomy=console.width >= ROOMY, blocks=_has_blocks()))


def _has_blocks() -> bool:
    return "utf" in (sys.stdout.encoding or "").lower()


def rendered(page: Page, *, roomy: bool, blocks: bool) -> Group:
    """The page as what `rich` prints."""
    parts: list[RenderableType] = []
    if page.heading:
        parts.append(Text(clean(page.heading), style="bold"))
    parts += [Text(clean(line), style=_FIRST) for line in page.first]
    keys = [_widest_key(sheet) if roomy else MIN_KEY for sheet in page.sheets]
    parts += [_table(sheet, roomy=roomy, blocks=blocks, key=max(keys)) for sheet in page.sheets]
    parts.append(Text(clean(page.status), style="cyan"))
    parts += [Text(f"note: {clean(note)}", style="dim") for note in page.notes]
    return Group(*parts)


def _widest_key(sheet: Sheet) -> int:
    """So that the tables of a page stand in line."""
    found = [len(cell_text(sheet.columns[0], row[0])) for row in sheet.rows]
    return min(MAX_CELL, max([MIN_KEY, *found]))


def _table(sheet: Sheet, *, roomy: bool, blocks: bool, key: int) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD if blocks else box.ASCII2,
        show_footer=sheet.foot is not None,
        pad_edge=False,
        header_style="bold",
        footer_style="bold",
    )
    several = sum(column.kind is Kind.KEY for column in sheet.columns) > 1  # no room for bars beside several names
    shown = [
        place
        for place, column in enumerate(sheet.columns)
        if roomy or not (column.spare or (several and column.kind is Kind.BAR))
    ]
    for place in shown:
        foot = None if sheet.foot is None else sheet.foot[place]
        _add_column(table, sheet.columns[place], foot, _least(sheet, place) if place else key)
    greatest = {
        place: max((cell for row in sheet.rows if isinstance(cell := row[place], int)), default=0) for place in shown
    }
    for row in sheet.rows:
        table.add_row(*(_cell(sheet.columns[place], row[place], greatest[place], blocks=blocks) for place in shown))
    return table


def _least(sheet: Sheet, place: int) -> int:
    """What a column must have: figures are never cut, names are."""
    column = sheet.columns[place]
    if column.kind is Kind.KEY:
        return MIN_KEY
    if column.kind is Kind.BAR:
        return BAR_CELLS
    rows = [*sheet.rows, *([sheet.foot] if sheet.foot else [])]
    return max(len(column.name), *(len(cell_text(column, row[place])) for row in rows))


def _add_column(table: Table, column: Column, foot: Cell, least: int) -> None:
    table.add_column(
        column.name,
        footer="" if foot is None or column.kind is Kind.BAR else cell_text(column, foot),
        justify="left" if column.kind in (Kind.KEY, Kind.TEXT, Kind.BAR) else "right",
        no_wrap=True,
        overflow="ellipsis",
        min_width=least,
    )


def _cell(column: Column, cell: Cell, greatest: int, *, blocks: bool) -> Text:
    if column.kind is Kind.BAR and isinstance(cell, int):
        drawn = bar(cell, greatest)
        return Text(drawn if blocks else "#" * len(drawn), style="cyan")
    if isinstance(cell, Change):
        style = _RISE if cell.now > cell.before else _FALL
        return Text(change(cell.now, cell.before), style=style)
    style = "yellow" if cell is None else "bold" if column.kind is Kind.MONEY else ""
    return Text(cell_text(column, cell), style=style)
