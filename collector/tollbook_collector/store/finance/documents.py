"""Bill documents in the finance file: added whole, never changed."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from tollbook_collector.bills.effective import Stored
from tollbook_collector.bills.lines import BillDocument, BillLine, Kind, Role

_HEAD = (
    "channel, source, scope, role, first_day, end_day, currency, total_nano, records, ignored, whole, sha256, watermark"
)
_NAMES = tuple(name.strip() for name in _HEAD.split(","))
_DEFAULTS: dict[str, Any] = {
    field.name: field.default for field in fields(BillLine) if field.name not in ("day", "period", "kind")
}


def put_document(
    connection: sqlite3.Connection, tenant: int, document: BillDocument, pulled_at: str, now_ns: int
) -> int:
    """Add a document inside a transaction; returns its number."""
    (last,) = connection.execute("SELECT COALESCE(MAX(number), 0) FROM document WHERE tenant = ?", (tenant,)).fetchone()
    number = int(last) + 1
    values = [getattr(document, name) for name in _NAMES]
    values[_NAMES.index("role")] = document.role.value
    values[_NAMES.index("whole")] = int(document.whole)
    marks = ", ".join("?" * (len(_NAMES) + 4))
    sql = f"INSERT INTO document (tenant, number, {_HEAD}, pulled_at, imported_at) VALUES ({marks})"
    connection.execute(sql, (tenant, number, *values, pulled_at, now_ns))
    rows = ((tenant, number, n, line.amount_nano, _body(line)) for n, line in enumerate(document.lines))
    connection.executemany("INSERT INTO line VALUES (?, ?, ?, ?, ?)", rows)
    return number


def heads(connection: sqlite3.Connection, tenant: int, sources: Sequence[str]) -> list[tuple[int, str]]:
    """(number, pulled_at) of the documents of some sources: as long as these are the same, so are the documents."""
    sql = (
        "SELECT number, COALESCE(confirmed.pulled_at, document.pulled_at) FROM document"
        " LEFT JOIN confirmed ON confirmed.tenant = document.tenant AND confirmed.document = document.number"
        " WHERE document.tenant = ? AND source IN (SELECT value FROM json_each(?)) ORDER BY number"
    )
    found = connection.execute(sql, (tenant, json.dumps(list(sources))))
    return [(int(number), str(pulled_at)) for number, pulled_at in found]


def documents(connection: sqlite3.Connection, tenant: int, sources: Sequence[str] | None = None) -> list[Stored]:
    """Every document with its lines, in the order of import, or those of some sources. `pulled_at` is that of a later
    pull that confirmed it."""
    sql = (
        f"SELECT number, COALESCE(confirmed.pulled_at, document.pulled_at), {_HEAD} FROM document"
        " LEFT JOIN confirmed ON confirmed.tenant = document.tenant AND confirmed.document = document.number"
        " WHERE document.tenant = ? AND (? IS NULL OR source IN (SELECT value FROM json_each(?))) ORDER BY number"
    )
    wanted = None if sources is None else json.dumps(list(sources))
    return [
        Stored(number, pulled_at, _document(head, tuple(_lines(connection, tenant, number))))
        for number, pulled_at, *head in connection.execute(sql, (tenant, wanted, wanted)).fetchall()
    ]


def _document(head: list[Any], lines: tuple[BillLine, ...]) -> BillDocument:
    values: dict[str, Any] = dict(zip(_NAMES, head, strict=True))
    values |= {"role": Role(values["role"]), "whole": bool(values["whole"])}
    return BillDocument(**values, lines=lines)


def _lines(connection: sqlite3.Connection, tenant: int, number: int) -> Iterator[BillLine]:
    sql = "SELECT amount_nano, body FROM line WHERE tenant = ? AND document = ? ORDER BY n"
    for amount, body in connection.execute(sql, (tenant, number)):
        values: dict[str, Any] = json.loads(body)
        values["kind"] = Kind(values["kind"])
        yield BillLine(**values, amount_nano=amount)


def _body(line: BillLine) -> str:
    """The fields of a line that say something, but the amount, which has a column."""
    found: dict[str, Any] = {"day": line.day, "period": line.period, "kind": line.kind.value}
    for name, default in _DEFAULTS.items():
        value = getattr(line, name)
        if name != "amount_nano" and value != default:
            found[name] = value
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False)
