"""Which report a file is, by its own shape: never by its name."""

from collections.abc import Mapping, Set
from typing import Any, cast

from tollbook_collector.bills.reports import REPORTS, Report, Shape
from tollbook_collector.bills.texts import Unreadable, csv_header, json_of

_FIRST_ROWS = 400
"""Rows looked at for one that is not empty."""
_WHOLE = frozenset({"data", "usageEvents", "usageItems"})
"""An object with one of these is a whole document, also where it stands on one line."""


def report_of(raw: bytes) -> Report | None:
    """The report a file is, `None` for a foreign one."""
    start = raw[:1_024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start.startswith((b"{", b"[")):
        return _with(Shape.HEADER, csv_header(raw))
    line = _object(raw.lstrip().partition(b"\n")[0])
    if line is not None and not _WHOLE & line.keys():
        return _with(Shape.LINE, line.keys())
    document = json_of(raw)
    return _in_document(cast(dict[str, Any], document)) if isinstance(document, dict) else None


def _with(shape: Shape, names: Set[str]) -> Report | None:
    return next((report for report in REPORTS if report.shape is shape and report.names <= names), None)


def _object(line: bytes) -> dict[str, Any] | None:
    """A line that is an object by itself."""
    try:
        row = json_of(line)
    except Unreadable:
        return None
    return cast(dict[str, Any], row) if isinstance(row, dict) else None


def _in_document(document: Mapping[str, Any]) -> Report | None:
    whole = _with(Shape.DOCUMENT, document.keys())
    if whole is not None:
        return whole
    records = document.get("data")
    if not isinstance(records, list):
        return None
    rows: list[Any] = []
    for record in cast(list[Any], records)[:_FIRST_ROWS]:
        if not isinstance(record, dict):
            return None
        found = _with(Shape.RECORD, cast(dict[str, Any], record).keys())
        if found:
            return found
        results = cast(dict[str, Any], record).get("results")
        rows += cast(list[Any], results)[:1] if isinstance(results, list) else []
    names = cast(dict[str, Any], rows[0]).keys() if rows and isinstance(rows[0], dict) else frozenset[str]()
    return _with(Shape.ROW, names)
