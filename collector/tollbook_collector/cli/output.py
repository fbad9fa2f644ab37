"""What commands print: tables, money, errors. Colour only on a terminal, JSON exact, errors with what to do next."""

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from tollbook.problem import Problem

NARROWEST = 60
WIDEST = 120
WITHOUT_TERMINAL = 100
"""Columns of a table that goes into a pipe or a file."""
SHORTEST_KEY = 12
UNALLOCATED = "(unallocated)"
_BOLD, _DIM, _RED, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[0m"


class Console:
    """Where a command writes. `out` is the answer, `err` is everything said about it."""

    def __init__(self, out: TextIO, err: TextIO, environment: Mapping[str, str]) -> None:
        self.out = out
        self.err = err
        self._colour = "NO_COLOR" not in environment and environment.get("TERM") != "dumb"

    @classmethod
    def of_process(cls) -> "Console":
        return cls(sys.stdout, sys.stderr, os.environ)

    @property
    def width(self) -> int:
        """Columns to use."""
        if not self.out.isatty():
            return WITHOUT_TERMINAL
        return max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns))

    def line(self, text: str = "") -> None:
        print(text, file=self.out)

    def heading(self, text: str) -> None:
        print(self._paint(_BOLD, text, self.out), file=self.out)

    def json(self, document: Any) -> None:
        """One JSON document, readable."""
        json.dump(document, self.out, indent=2, ensure_ascii=False)
        self.out.write("\n")

    def json_line(self, document: Any) -> None:
        """One JSON document on one line."""
        self.out.write(json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n")

    def note(self, text: str) -> None:
        """Something worth knowing about the answer."""
        print(self._paint(_DIM, text, self.err), file=self.err)

    def problem(self, problem: "Problem") -> None:
        """What is wrong, and what to do next."""
        print(f"{self._paint(_RED, 'error', self.err)}: {problem.where}: {problem.detail}", file=self.err)
        if problem.remedy:
            print(f"  {problem.remedy}", file=self.err)

    def fail(self, problem: "Problem", code: int) -> int:
        """Print a problem; returns the exit code, for `return console.fail(...)`."""
        self.problem(problem)
        return code

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[str]], *, keys: int, total: bool = False) -> None:
        """A table whose first `keys` columns are texts, cut to fit, and whose others are figures, right-aligned.

        With `total`, the last row is set off by a rule.
        """
        table = [list(headers), *(list(row) for row in rows)]
        widths = [max(len(row[column]) for row in table) for column in range(len(headers))]
        spare = self.width - sum(widths[keys:]) - 2 * (len(widths) - 1)
        _shrink(widths, keys, spare)
        for place, row in enumerate(table):
            if total and place == len(table) - 1:
                self.line("-" * (sum(widths) + 2 * (len(widths) - 1)))
            cells = [
                _cut(cell, width).ljust(width) if column < keys else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            text = "  ".join(cells).rstrip()
            self.heading(text) if place == 0 else self.line(text)

    def _paint(self, code: str, text: str, stream: TextIO) -> str:
        return f"{code}{text}{_PLAIN}" if self._colour and stream.isatty() else text


def _shrink(widths: list[int], keys: int, spare: int) -> None:
    """Take columns away from the widest keys until they fit into `spare`."""
    while sum(widths[:keys]) > spare:
        widest = max(range(keys), key=lambda column: widths[column])
        if widths[widest] <= SHORTEST_KEY:
            return
        widths[widest] -= 1


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def printable(text: str | None) -> str:
    """A key as it can be shown: a branch name may hold anything, a terminal must not obey it."""
    if text is None:
        return UNALLOCATED
    return "".join(letter if letter.isprintable() else "�" for letter in text)
