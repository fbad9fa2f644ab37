"""Table: figures with what they are, once; shown as HTML, CSV and JSON alike. Pure.

Money is integer nano-dollars. A row that stands for money without an owner is marked and comes first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from tollbook.csv_safe import Cell, Figure, csv_text
from tollbook.money import usd_text

MOST_SHOWN = 50
"""Rows that a page shows of a table; its CSV and JSON have all."""


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    MONEY = "money"
    """Nano-dollars."""
    COUNT = "count"
    RATIO = "ratio"
    """A decimal text between 0 and 1, such as a coverage."""
    TIME = "time"
    """ISO 8601, UTC."""


class Basis(StrEnum):
    """How an amount is known."""

    ESTIMATED = "estimated"
    """Counts at list prices."""
    RECONCILED = "reconciled"
    """From the provider's bill."""
    MIXED = "estimated and billed"
    """A table that has columns of both, which say so themselves."""


class Column(NamedTuple):
    """A column: its name in JSON and CSV, and its heading."""

    name: str
    title: str
    kind: Kind = Kind.TEXT

    @property
    def is_figure(self) -> bool:
        return self.kind in (Kind.MONEY, Kind.COUNT, Kind.RATIO)


class Mark(StrEnum):
    """What a row is, beside a plain one."""

    PLAIN = ""
    UNASSIGNED = "unassigned"
    REMAINDER = "remainder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. `links` are addresses by column name."""

    cells: tuple[Cell, ...]
    links: Mapping[str, str] = field(default_factory=dict[str, str])
    mark: Mark = Mark.PLAIN
    key: str = ""
    """What tells it from all others, where a page adds rows by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of a page."""

    name: str
    """In addresses: unique on its page."""
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: tuple[Cell, ...] | None = None
    basis: Basis | None = Basis.ESTIMATED
    """`None`: it has no money."""
    coverage: str | None = None
    """Of the basis `reconciled`: what part of the billed use was seen, 0 to 1."""
    note: str = ""
    bar: str | None = None
    """The column that small bars are drawn for."""
    empty: str = "Nothing yet."
    in_order: bool = False
    """The rows stand as they are: what is unassigned does not come first."""

    @property
    def shown(self) -> tuple[Row, ...]:
        """Rows of the page: the largest, after what is unassigned."""
        if self.in_order:
            return self.rows[:MOST_SHOWN]
        first = [row for row in self.rows if row.mark is Mark.UNASSIGNED]
        return (*first, *(row for row in self.rows if row.mark is not Mark.UNASSIGNED))[:MOST_SHOWN]

    @property
    def more(self) -> int:
        """Rows that the page leaves out."""
        return len(self.rows) - len(self.shown)

    def place(self, name: str) -> int:
        """The place of a column.

        Raises:
            ValueError: there is none of this name.
        """
        return [column.name for column in self.columns].index(name)

    def share(self, row: Row) -> int:
        """How long the small bar of a row is, in hundredths of the longest."""
        if self.bar is None:
            return 0
        place = self.place(self.bar)
        longest = max((_size(each.cells[place]) for each in self.rows), default=0)
        return 100 * _size(row.cells[place]) // longest if longest else 0


def _size(cell: Cell) -> int:
    return max(cell, 0) if isinstance(cell, int) else 0


def as_json(table: Table) -> dict[str, Any]:
    """The documented JSON of a table: money as an integer and as an exact decimal text."""
    return {
        "table": table.name,
        "title": table.title,
        "basis": table.basis,
        "coverage": table.coverage,
        "rows": [_json(table.columns, row.cells) | {"mark": row.mark or None} for row in table.rows],
        "total": None if table.total is None else _json(table.columns, table.total),
    }


def _json(columns: Sequence[Column], cells: Sequence[Cell]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=True):
        if column.kind is Kind.MONEY:
            found[f"{column.name}_nano_usd"] = cell
            found[f"{column.name}_usd"] = usd_text(cell) if isinstance(cell, int) else None
        else:
            found[column.name] = cell
    return found


def as_csv(table: Table) -> str:
    """The CSV of a table, without its total: a spreadsheet sums by itself."""
    header: list[str] = []
    for column in table.columns:
        header += [f"{column.name}_usd", f"{column.name}_nano_usd"] if column.kind is Kind.MONEY else [column.name]
    return csv_text(header, (_csv(table.columns, row.cells) for row in table.rows))


def _csv(columns: Sequence[Column], cells: Sequence[Cell]) -> list[Cell]:
    found: list[Cell] = []
    for column, cell in zip(columns, cells, strict=True):
        if column.kind is Kind.MONEY:
            found += [Figure(usd_text(cell)) if isinstance(cell, int) else None, cell]
        else:
            found.append(Figure(cell) if column.kind is Kind.RATIO and isinstance(cell, str) else cell)
    return found
