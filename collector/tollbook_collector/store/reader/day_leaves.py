"""The leaves of one day, read from the record.

SQLite puts those of plain calls into texts that DuckDB reads: neither needs the interpreter meanwhile. A row at a time
would ask for its lock once a row, beside a writer that computes: a day of 27,000 calls held up senders for a second.
"""

import sqlite3
from collections.abc import Iterator
from itertools import chain

from tollbook.booked import Booked
from tollbook.usage import FIELDS
from tollbook_collector.store.reader.from_record import ONE_TICKET
from tollbook_collector.store.reader.leaves import LEAF_COLUMNS, Leaf, leaves
from tollbook_collector.store.record.read import CALL_COLUMNS, span

ROWS_A_TEXT = 10_000
"""Calls of one text on average, some 4 MB; a day has one stretch of time for each."""
_COLUMNS = {
    "session": "c.session_id",
    "ticket": "NULLIF(c.tickets, '')",
    "source": "c.sources",
    "ticket_calls": "1",
    "calls": "1",
    **{name: f'CASE WHEN c.input IS NULL THEN 0 ELSE c."{name}" END' for name in FIELDS},
}
"""Columns of a leaf that are not a column of `call` of the same name."""
_MEMBERS = ", ".join([f"'{place}', {_COLUMNS.get(name, f'c."{name}"')}" for place, name in enumerate(LEAF_COLUMNS)])
_WITHIN = "FROM call c WHERE c.tenant = ? AND c.started_at >= ? AND c.started_at < ?"
_PLAIN = f"c.parts IS NULL AND {ONE_TICKET}"
_COUNT = f"SELECT COUNT(*) {_WITHIN}"
_TEXT = f"SELECT group_concat(json_object({_MEMBERS}), char(10)) {_WITHIN} AND {_PLAIN}"
_OTHERS = f"SELECT {CALL_COLUMNS} {_WITHIN} AND NOT ({_PLAIN})"


def texts_of(connection: sqlite3.Connection, tenant: int, day: int) -> Iterator[str]:
    """The leaves of plain calls as lines of JSON: objects whose members are named by the place of their column.

    Raises:
        sqlite3.Error: the record cannot be read.
    """
    start, end = span(day, day + 1)
    calls = int(connection.execute(_COUNT, (tenant, start, end)).fetchone()[0])
    stretches = -(-calls // ROWS_A_TEXT)
    length = -(-(end - start) // max(stretches, 1))
    for number in range(stretches):
        since = start + number * length
        (text,) = connection.execute(_TEXT, (tenant, since, min(since + length, end))).fetchone()
        if text is not None:
            yield text


def others_of(connection: sqlite3.Connection, tenant: int, day: int) -> Iterator[Leaf]:
    """The leaves of all other calls.

    Raises:
        sqlite3.Error: the record cannot be read.
    """
    rows = connection.execute(_OTHERS, (tenant, *span(day, day + 1)))
    return chain.from_iterable(map(leaves, map(Booked._make, rows)))
