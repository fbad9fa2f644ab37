"""What the ledger says of a ticket, read beside whoever writes: for an answer in milliseconds."""

import json
from pathlib import Path
from typing import NamedTuple

from tollbook_collector.ledger.entries import PAYABLE
from tollbook_collector.store.finance import schema
from tollbook_collector.store.record.connect import connect_reading
from tollbook_collector.store.record.readers import Readers

_SCHEMA_WITH_STATES = 3
_POSTED = f"""
SELECT e.about, SUM(p.nano_usd) FROM posting p JOIN entry e ON e.tenant = p.tenant AND e.number = p.entry
WHERE p.tenant = ? AND p.ticket = ? AND p.ticket <> '' AND p.account NOT LIKE '{PAYABLE}:%'
  AND (? IS NULL OR p.engineer IN (SELECT value FROM json_each(?)))
GROUP BY e.about
"""


class Posted(NamedTuple):
    """Of one ticket, by month such as 2026-10."""

    nano_usd: dict[str, int]
    states: dict[str, str]
    """Of every reconciled month, whether the ticket is in it or not."""


NOTHING = Posted({}, {})


class PostedTickets:
    """Looks tickets up in a finance file, which may come to be later. For any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._readers = Readers(lambda: connect_reading(path))

    def of(self, tenant: int, ticket: str, engineers: frozenset[str] | None = None) -> Posted:
        """What is posted to a ticket; `engineers` are those whose part counts (`None`: all).

        Raises:
            sqlite3.Error: the file cannot be read now.
        """
        if not self._path.exists():
            return NOTHING
        allowed = None if engineers is None else json.dumps(sorted(engineers))
        with self._readers.connection() as connection:
            if schema.version(connection) < _SCHEMA_WITH_STATES:
                return NOTHING
            found = connection.execute(_POSTED, (tenant, ticket, allowed, allowed)).fetchall()
            states = connection.execute("SELECT period, state FROM month WHERE tenant = ?", (tenant,)).fetchall()
        return Posted({str(month): int(amount) for month, amount in found}, dict(states))

    def close(self) -> None:
        """Let go of the file."""
        self._readers.close()
