"""Reading the texts bills are made of: exact numbers, days, JSON without floats, CSV by header name.

Everything here raises `Unreadable`, which the one edge (`read.py`) turns into a Problem.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, cast

MAX_NUMBER = 60
"""Characters of one amount; a longer one is no amount."""
LARGEST_AMOUNT = Decimal(9_000_000_000)
"""Units of a currency that fit into int64 nano-units."""
LARGEST_COUNT = 10**17
_EPOCH = date(1970, 1, 1).toordinal()
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class Unreadable(Exception):
    """The file cannot be taken. Nothing of it was."""

    def __init__(self, reason: str, detail: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail
        self.remedy = remedy


def refuse(reason: str, detail: str, remedy: str) -> NoReturn:
    """Give the file up."""
    raise Unreadable(reason, detail, remedy)


def json_of(raw: bytes) -> Any:
    """A JSON document; every number with a fraction is a Decimal."""
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        place = f" at character {fault.pos}" if isinstance(fault, json.JSONDecodeError) else ""
        refuse("not_json", f"it is not whole JSON{place}", "It may be cut off: download it again.")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def json_lines(raw: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file of JSON lines, with their line numbers."""
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if line.strip():
            try:
                yield number, table(json_of(line), f"line {number}")
            except Unreadable as fault:
                refuse(fault.reason, f"line {number}: {fault.detail}", fault.remedy)


def table(value: Any, where: str) -> dict[str, Any]:
    """An object of JSON."""
    if not isinstance(value, dict):
        refuse("shape_unknown", f"{where} is not an object", "Export the report again, in its JSON form.")
    return cast(dict[str, Any], value)


def listed(value: Any, where: str) -> list[Any]:
    """A list of JSON."""
    if not isinstance(value, list):
        refuse("shape_unknown", f"{where} is not a list", "Export the report again, in its JSON form.")
    return cast(list[Any], value)


def csv_rows(raw: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows by header name with their line numbers; a row of another length ends the reading."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        refuse("not_text", "it is not UTF-8 text", "Export it as CSV in UTF-8.")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    try:
        for row in reader:
            if not row:
                continue
            if header is None:
                header = [name.strip() for name in row]
                continue
            if len(row) != len(header):
                detail = f"line {reader.line_num} has {len(row)} fields, the header {len(header)}"
                refuse("file_truncated", detail, "It may be cut off: download it again.")
            yield reader.line_num, dict(zip(header, row, strict=True))
    except csv.Error:
        refuse("file_truncated", f"line {reader.line_num} is no whole CSV row", "It may be cut off: download it again.")


def csv_header(raw: bytes) -> frozenset[str]:
    """The names of a CSV file's columns; none where it is no text."""
    first = raw[:65_536].partition(b"\n")[0].decode("utf-8-sig", errors="replace")
    try:
        return frozenset(name.strip() for name in next(csv.reader([first]), list[str]()))
    except csv.Error:
        return frozenset()


def number(value: object, where: str, largest: Decimal | int = LARGEST_AMOUNT) -> Decimal:
    """An exact number from a text, an int or a Decimal; never from a float."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        refuse("amount_wrong", f"{where} is no number", "Export the report again; amounts must be whole.")
    text = str(value).strip()
    try:
        found = Decimal(text) if len(text) <= MAX_NUMBER else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or abs(found) > largest:
        refuse("amount_wrong", f"{where} is no amount", "Export the report again; a spreadsheet may have changed it.")
    return found


def money_text(value: object, where: str) -> Decimal:
    """An amount that the provider writes as a text of decimals: a JSON number there has been through a float."""
    if not isinstance(value, str):
        remedy = "Keep the provider's own bytes: a program that rewrote them has read money as binary numbers."
        refuse("amount_is_float", f"{where} is a JSON number where the provider writes a text", remedy)
    return number(value, where)


def whole(value: object, where: str) -> int:
    """A count: an integer that is not negative."""
    found = number(value, where, LARGEST_COUNT)
    if found != found.to_integral_value() or found < 0:
        refuse("quantity_wrong", f"{where} is no count", "Export the report again.")
    return int(found)


def text_or_none(value: object) -> str | None:
    """A text that says something."""
    return value.strip() or None if isinstance(value, str) else None


def day_of(value: object, where: str) -> int:
    """The UTC day of an ISO date or time, days since 1970-01-01."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value[:10]).toordinal() - _EPOCH
        except ValueError:
            pass
    refuse("date_wrong", f"{where} is no date", "Dates are ISO 8601 in UTC; a spreadsheet may have changed them.")


def unix_day(value: object, where: str, per_second: int = 1) -> int:
    """The UTC day of a Unix time in seconds, or in 1/`per_second` of one."""
    return whole(value, where) // per_second // 86_400


def month_of(day: int) -> str:
    """YYYY-MM of a day."""
    return date.fromordinal(day + _EPOCH).strftime("%Y-%m")


def month_days(period: str) -> tuple[int, int]:
    """First day and the day after the last one of a month YYYY-MM."""
    year, month = int(period[:4]), int(period[5:7])
    after = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1).toordinal() - _EPOCH, after.toordinal() - _EPOCH


def is_month(period: str) -> bool:
    """Whether a text names a month as YYYY-MM."""
    return _MONTH.fullmatch(period) is not None and period >= "1970"


def iso_of_ms(milliseconds: int) -> str:
    """A Unix time in milliseconds as ISO 8601 in UTC."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def first_of(row: Mapping[str, str], *names: str) -> str:
    """The first of the columns that has a text; columns differ between versions of an export."""
    return next((row[name].strip() for name in names if row.get(name, "").strip()), "")
