"""A page as CSV or as Markdown: for spreadsheets and for comments. What comes from outside can do nothing in either."""

import re

from tollbook.csv_safe import Cell as CsvCell
from tollbook.csv_safe import Figure, csv_text
from tollbook.money import usd_text
from tollbook_agent.cli.sheet import Cell, Change, Column, Kind, Page, Sheet, clean
from tollbook_agent.cli.sheet_text import cell_text

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#!|~@])")
_NUMBERS = frozenset({Kind.COUNT, Kind.MONEY, Kind.CHANGE})


def as_csv(page: Page) -> str:
    """One table by RFC 4180: amounts as nano-dollars and dollars. Of several tables, `by` names the one of a row."""
    if not page.sheets:
        return ""
    several = len(page.sheets) > 1
    first = page.sheets[0].columns
    header = [name for column in first for name in _fields(column)]
    if several:
        header = ["by", "key", *header[1:]]
    rows = [
        ([sheet.name] if several else [])
        + [each for pair in zip(sheet.columns, row, strict=True) for each in _csv(*pair)]
        for sheet in page.sheets
        for row in sheet.rows
    ]
    return csv_text(header, rows)


def _fields(column: Column) -> list[str]:
    name = column.field or column.name
    if column.kind is Kind.MONEY:
        return [f"{name}_nano_usd", f"{name}_usd"]
    if column.kind is Kind.CHANGE:
        return [f"{name}_nano_usd"]
    return [] if column.kind is Kind.BAR else [name]


def _csv(column: Column, cell: Cell) -> list[CsvCell]:
    if column.kind is Kind.BAR:
        return []
    if isinstance(cell, Change):
        return [cell.before]
    if column.kind is Kind.MONEY and isinstance(cell, int):
        return [cell, Figure(usd_text(cell))]
    if column.kind is Kind.CHANGE:
        return [None]
    return [clean(cell) if isinstance(cell, str) else cell]


def as_markdown(page: Page) -> str:
    """Tables as GitHub, GitLab and Jira's editor take them."""
    parts = [f"**{escaped(page.heading)}**"] if page.heading else []
    commands = [clean(line).replace("`", "'") for line in page.first if line.startswith(" ")]
    parts += [escaped(line) for line in page.first if line and not line.startswith(" ")]
    parts += ["```\n" + "\n".join(line.strip() for line in commands) + "\n```"] if commands else []
    parts += [_markdown(sheet) for sheet in page.sheets]
    parts.append(f"*{escaped(page.status)}*")
    parts += [f"- {escaped(note)}" for note in page.notes]
    return "\n\n".join(parts)


def escaped(text: str) -> str:
    """A text that Markdown shows as it is: no link, no mention, no HTML, no cell of its own."""
    return _MARKDOWN.sub(r"\\\1", clean(text))


def _markdown(sheet: Sheet) -> str:
    shown = [place for place, column in enumerate(sheet.columns) if column.kind is not Kind.BAR]
    lines = [[sheet.columns[place].name for place in shown]]
    lines.append(["---:" if sheet.columns[place].kind in _NUMBERS else "---" for place in shown])
    rows = [*sheet.rows, *([sheet.foot] if sheet.foot else [])]
    lines += [[_cell(sheet.columns[place], row[place]) for place in shown] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(column: Column, cell: Cell) -> str:
    """Figures are ours and stay as they are."""
    text = cell_text(column, cell)
    return escaped(text) if column.kind in (Kind.KEY, Kind.TEXT) else text
