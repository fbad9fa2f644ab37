"""How commands print: tables that fit a terminal, exact money, colour only on a terminal."""

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
MAX_CELL = 48
WIDTH = 80
"""Where there is no terminal to ask."""


def colour() -> bool:
    """Whether to use colour: a terminal, and nobody said no."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def terminal_width() -> int:
    """Columns: `COLUMNS`, else those of the terminal, else 80. (`shutil` has this too, and costs a start 5 ms.)"""
    given = os.environ.get("COLUMNS", "")
    if given.isascii() and given.isdigit() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1).columns or WIDTH
    except (OSError, ValueError):
        return WIDTH


def bold(text: str) -> str:
    return f"{_BOLD}{text}{_PLAIN}" if colour() else text


def dim(text: str) -> str:
    return f"{_DIM}{text}{_PLAIN}" if colour() else text


def money(amount_nano_usd: int) -> str:
    """Dollars and cents for people, four decimals below a dollar; `--json` has every digit."""
    sign = "-" if amount_nano_usd < 0 else ""
    size = abs(amount_nano_usd)
    if size < 10**9:
        return f"{sign}${(size + 50_000) // 100_000 / 10_000:.4f}"
    cents = (size + 5_000_000) // 10_000_000
    return f"{sign}${cents // 100:,}.{cents % 100:02d}"


def count(number: int) -> str:
    """A count with thousands separated."""
    return f"{number:,}"


def cut(text: str, most: int = MAX_CELL) -> str:
    """A cell that fits."""
    return text if len(text) <= most else text[: most - 1] + "…"


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1, foot: Sequence[str] | None = None
) -> str:
    """Columns aligned: the first `left` to the left, the others to the right; `foot` under a rule."""
    every = [list(head), *map(list, rows), *([list(foot)] if foot else [])]
    widths = [max(len(row[place]) for row in every) for place in range(len(head))]

    def line(row: Sequence[str]) -> str:
        cells = [
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return "  ".join(cells).rstrip()

    lines = [bold(line(head)), *map(line, rows)]
    if foot:
        lines += [dim("-" * len(line(["─" * width for width in widths]))), bold(line(foot))]
    return "\n".join(lines)


def print_json(value: Any) -> None:
    """One JSON document on one line, in ASCII where the output is not UTF-8."""
    plain = "utf" not in (sys.stdout.encoding or "").lower()
    print(json.dumps(value, ensure_ascii=plain, separators=(",", ":")))


class ProgressBar:
    """A bar on a terminal's standard error; silent elsewhere."""

    WIDTH = 30

    def __init__(self, label: str) -> None:
        self._label = label
        self._shown = -1
        self._on = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        if not self._on or total <= 0:
            return
        percent = min(100, done * 100 // total)
        if percent != self._shown:
            self._shown = percent
            full = percent * self.WIDTH // 100
            bar = "█" * full + "░" * (self.WIDTH - full)
            sys.stderr.write(f"\r{self._label} {bar} {percent:3d}%  {done / 1e6:,.0f} of {total / 1e6:,.0f} MB")
            sys.stderr.flush()

    def close(self) -> None:
        """End the line."""
        if self._on and self._shown >= 0:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
