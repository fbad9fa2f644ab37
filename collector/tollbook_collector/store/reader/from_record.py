"""Sums straight from the record: plain calls are summed by SQLite, whatever takes a rule by `tollbook.answer`."""

import json
import sqlite3
from collections.abc import Sequence

from tollbook import answer
from tollbook.booked import Booked
from tollbook.spend_table import Table
from tollbook.usage import FIELDS
from tollbook_collector.store.record.read import CALL_COLUMNS

_COLUMNS = {
    "ticket": "NULLIF(c.tickets, '')",
    "session": "c.session_id",
    "month": "c.day",
    "source": "c.sources",
}
"""Columns of `call` that are not named as their dimension."""
_SUMS = ", ".join(["COUNT(*), COUNT(*), SUM(c.list_nano_usd)", *(f'SUM(c."{name}")' for name in FIELDS)])
ONE_TICKET = "(c.tickets IS NULL OR c.tickets NOT GLOB '*[^A-Za-z0-9_#./-]*')"
"""At most one ticket, as far as can be seen at once; what is not seen takes the general path."""

Moments = tuple[int, int]
"""UTC nanoseconds [start, end)."""


def add_calls(
    table: Table,
    connection: sqlite3.Connection,
    tenant: int,
    by: Sequence[str],
    moments: Moments,
    engineers: frozenset[str] | None,
) -> None:
    """Add the calls that began in a span of time.

    Raises:
        sqlite3.Error: the record cannot be read.
    """
    where = "c.tenant = ? AND c.started_at >= ? AND c.started_at < ?"
    values: list[object] = [tenant, *moments]
    if engineers is not None:
        where += " AND c.engineer IN (SELECT value FROM json_each(?))"
        values.append(json.dumps(sorted(engineers)))
    plain = "c.parts IS NULL" + (f" AND {ONE_TICKET}" if "ticket" in by else "")
    keys = ", ".join(_COLUMNS.get(name, f'c."{name}"') for name in by)
    grouped = f"SELECT {keys}, {_SUMS} FROM call c WHERE {where} AND {plain} GROUP BY {', '.join(_places(by))}"
    try:
        table.add_groups(connection.execute(grouped, values).fetchall())
    except sqlite3.OperationalError as fault:
        if "overflow" not in str(fault):
            raise
        plain = "FALSE"  # a sum beyond 64 bits: Python has no such bound
    rest = connection.execute(f"SELECT {CALL_COLUMNS} FROM call c WHERE {where} AND NOT ({plain})", values)
    table.add_answer(answer.spend(map(Booked._make, rest), by, None, None))


def _places(by: Sequence[str]) -> list[str]:
    return [str(place) for place in range(1, len(by) + 1)]
