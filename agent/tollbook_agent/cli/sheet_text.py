"""A page as plain text: no colour, no drawing, nothing cut; for pipes, files and mail."""

from tollbook_agent.cli.figures import change
from tollbook_agent.cli.output import count, money
from tollbook_agent.cli.sheet import Cell, Change, Column, Kind, Page, Sheet, clean

_LEFT = frozenset({Kind.KEY, Kind.TEXT})


def as_text(page: Page) -> str:
    """Heading, what comes first, tables, status and notes, by line."""
    lines = [page.heading] if page.heading else []
    lines += page.first
    for number, sheet in enumerate(page.sheets):
        lines += ([""] if number else []) + _table(sheet)
    lines.append(page.status)
    lines += [f"note: {note}" for note in page.notes]
    return "\n".join(map(clean, lines))


def cell_text(column: Column, cell: Cell) -> str:
    """A cell for people."""
    if isinstance(cell, Change):
        return change(cell.now, cell.before)
    if cell is None:
        return column.nobody if column.kind is Kind.KEY else ""
    if isinstance(cell, str):
        return clean(cell)
    return money(cell) if column.kind is Kind.MONEY else count(cell)


def _table(sheet: Sheet) -> list[str]:
    places = [place for place, column in enumerate(sheet.columns) if column.kind is not Kind.BAR]
    columns = [sheet.columns[place] for place in places]
    every = [[column.name for column in columns], *(_cells(sheet, places, row) for row in sheet.rows)]
    if sheet.foot is not None:
        every.append(_cells(sheet, places, sheet.foot))
    widths = [max(len(row[place]) for row in every) for place in range(len(columns))]
    lines = [_line(columns, row, widths) for row in every]
    if sheet.foot is not None:
        lines.insert(-1, "-" * (sum(widths) + 2 * (len(widths) - 1)))
    return lines


def _cells(sheet: Sheet, places: list[int], row: tuple[Cell, ...]) -> list[str]:
    return [cell_text(sheet.columns[place], row[place]) for place in places]


def _line(columns: list[Column], row: list[str], widths: list[int]) -> str:
    cells = [
        cell.ljust(width) if column.kind in _LEFT else cell.rjust(width)
        for column, cell, width in zip(columns, row, widths, strict=True)
    ]
    return "  ".join(cells).rstrip()
