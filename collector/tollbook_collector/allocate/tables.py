"""Tables that rules look things up in: CSV with a header, a key, and, where things change, the days each line holds.

The columns `valid_from` (first day) and `valid_to` (the day after the last) may be absent or empty: without end on that
side. Two lines of one key may not hold on one day. A line that is wrong is left out and named by its number.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from tollbook.answer import day_number
from tollbook.problem import Problem
from tollbook_collector.allocate.rules import Days, Entry, Grain, Lookup, Stream

LARGEST_TEXT = 16 * 1024 * 1024
"""Characters of one table."""
MOST_LINES = 200_000
LONGEST_VALUE = 500
_FROM, _TO = "valid_from", "valid_to"
_EPOCH = date(1970, 1, 1)


class Line(NamedTuple):
    """One line of a table: its file and number, its values by column, empty ones left out."""

    file: str
    number: int
    values: Mapping[str, str]


def read_lines(text: str, name: str, needed: Sequence[str]) -> tuple[list[Line], tuple[str, ...], list[Problem]]:
    """(lines, columns, problems) of a CSV text that must have the needed columns."""
    if len(text) > LARGEST_TEXT:
        return [], (), [_wrong("table_too_large", name, 1, f"more than {LARGEST_TEXT} characters")]
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    problems: list[Problem] = []
    lines: list[Line] = []
    try:
        header = tuple(cell.strip() for cell in next(reader, list[str]()))
        missing = [column for column in needed if column not in header]
        if missing or len(set(header)) < len(header):
            what = f"no column {', '.join(missing)}" if missing else "a column stands twice in the header"
            return [], header, [_wrong("columns_wrong", name, 1, what, f"The header is {','.join(needed)}[,...].")]
        for cells in reader:
            if len(lines) >= MOST_LINES:
                problems.append(_wrong("table_too_large", name, reader.line_num, f"more than {MOST_LINES} lines"))
                break
            if not any(cells):
                continue
            if len(cells) != len(header) or max(map(len, cells)) > LONGEST_VALUE:
                what = f"{len(cells)} values instead of {len(header)}, or one of more than {LONGEST_VALUE} characters"
                problems.append(_wrong("line_wrong", name, reader.line_num, what))
                continue
            values = {column: cell.strip() for column, cell in zip(header, cells, strict=True) if cell.strip()}
            lines.append(Line(name, reader.line_num, values))
    except csv.Error as error:
        problems.append(_wrong("not_csv", name, reader.line_num, str(error)))
        header = ()
    return lines, header, problems


def _wrong(reason: str, name: str, line: int, detail: str, remedy: str = "") -> Problem:
    return Problem(reason=reason, where=f"{name}:{line}", detail=detail, remedy=remedy or "Correct the line.")


def read_days(values: Mapping[str, str], where: str) -> Days | Problem:
    """The days of `valid_from` and `valid_to`."""
    days: list[int | None] = []
    for column in (_FROM, _TO):
        text = values.get(column)
        try:
            days.append(None if text is None else day_number(text))
        except ValueError:
            remedy = "Write it as 2026-10-01 (UTC)."
            return Problem(reason="date_wrong", where=where, detail=f"{column} {str(text)[:40]!r}", remedy=remedy)
    start, end = days
    if start is not None and end is not None and start >= end:
        detail = f"{_TO} {values[_TO]} is not after {_FROM} {values[_FROM]}"
        return Problem(reason="date_wrong", where=where, detail=detail, remedy="valid_to is exclusive.")
    return Days(start, end)


def read_lookup(text: str, lookup: str, name: str, key: str) -> tuple[Lookup, tuple[Problem, ...]]:
    """The lookup of a CSV table with a key column."""
    lines, columns, problems = read_lines(text, name, [key])
    values = tuple(column for column in columns if column not in (key, _FROM, _TO))
    return gather(_keyed(lines, key, problems), lookup, values, problems), tuple(problems)


def _keyed(lines: Sequence[Line], key: str, problems: list[Problem]) -> Iterator[tuple[str, Line]]:
    for line in lines:
        if key in line.values:
            yield line.values[key], line
        else:
            problems.append(_wrong("line_wrong", line.file, line.number, f"no value in the key column {key}"))


def gather(keyed: Iterator[tuple[str, Line]], lookup: str, columns: tuple[str, ...], problems: list[Problem]) -> Lookup:
    """The lookup of lines by key; where two of one key hold on one day, the first stands and `problems` gets one."""
    found: dict[str, list[Entry]] = {}
    for key, line in keyed:
        days = read_days(line.values, f"{line.file}:{line.number}")
        if isinstance(days, Problem):
            problems.append(days)
            continue
        others = found.setdefault(key, [])
        clash = next((other for other in others if other.days.meets(days)), None)
        if clash is not None:
            what = f"it holds on days that line {clash.line} holds on for the same key"
            problems.append(
                _wrong("lines_overlap", line.file, line.number, what, "End the earlier line with valid_to.")
            )
            continue
        others.append(Entry(days, {c: line.values[c] for c in columns if c in line.values}, line.number))
    entries = {key: tuple(sorted(found[key], key=_start)) for key in sorted(found) if found[key]}
    return Lookup(name=lookup, columns=columns, entries=entries)


def _start(entry: Entry) -> int:
    return -(10**9) if entry.days.start is None else entry.days.start


def read_stream(text: str, stream: str, name: str, grain: Grain) -> tuple[Stream, tuple[Problem, ...]]:
    """The stream of a CSV table of date, value and amount: whole numbers of zero or more.

    Lines of one date (of one month, where that is the grain) and value are added up.
    """
    lines, _, problems = read_lines(text, name, ["date", "value", "amount"])
    weights: dict[int, dict[str, int]] = {}
    for line in lines:
        amount = line.values.get("amount", "")
        try:
            day = day_number(line.values.get("date", ""))
        except ValueError:
            problems.append(_wrong("date_wrong", name, line.number, f"date {line.values.get('date', '')[:40]!r}"))
            continue
        if not (amount.isascii() and amount.isdigit() and len(amount) <= 15) or "value" not in line.values:
            what = "an amount is a whole number of at most 15 digits, and belongs to a value"
            problems.append(_wrong("line_wrong", name, line.number, what))
            continue
        of = weights.setdefault(span_start(day, grain), {})
        of[line.values["value"]] = of.get(line.values["value"], 0) + int(amount)
    return Stream(name=stream, grain=grain, weights=weights), tuple(problems)


def span_start(day: int, grain: Grain) -> int:
    """The first day of the day's span."""
    if grain is Grain.DAY:
        return day
    return day - (_EPOCH + timedelta(days=day)).day + 1
