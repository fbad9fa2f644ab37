"""CSV that a spreadsheet cannot be made to run: a cell that would start a formula is given an apostrophe in front.

The names of branches, tickets and people come from outside; `=HYPERLINK(...)` is a branch name somebody may choose.
Figures are written bare: a negative amount is no formula.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""What Excel, LibreOffice and Google Sheets take as the start of a formula, a command or a cell of its own."""

_PASSED_OVER = " \v\f\x1c\x1d\x1e\x1f\x85\u1680\u2028\u2029\u200b\u200c\u200d\u2060\ufeff"
"""Blanks, which all others become by NFKC, and what has no width."""

type Cell = str | int | None


class Figure(str):
    """A text that is a number as it stands, such as a decimal of dollars."""

    __slots__ = ()


def safe(cell: Cell) -> str:
    """A cell as it may be written."""
    if cell is None:
        return ""
    if isinstance(cell, int | Figure):
        return str(cell)
    return f"'{cell}" if cell.startswith(("'", *STARTS_FORMULA)) or _bare(cell).startswith(STARTS_FORMULA) else cell


def _bare(cell: str) -> str:
    """A text without what some programs pass over before a formula, its full-width signs as plain ones."""
    return unicodedata.normalize("NFKC", cell).lstrip(_PASSED_OVER)


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """The CSV of a header and rows, by RFC 4180."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([safe(cell) for cell in header])
    for row in rows:
        writer.writerow([safe(cell) for cell in row])
    return out.getvalue()
