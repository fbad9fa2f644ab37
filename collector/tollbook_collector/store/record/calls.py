"""Rows of `call` and of its ticket index, to write and to delete: gathered first, then one statement each."""

import sqlite3
from collections.abc import Sequence

from tollbook.booked import COLUMNS, Booked
from tollbook.booking import ClusterKey

_PUT_CALL = (
    f"INSERT INTO call VALUES (?, ?, ?, ?{', ?' * len(COLUMNS)}) ON CONFLICT (tenant, bucket, row, part) DO UPDATE SET "
    + ", ".join(f'"{name}" = excluded."{name}"' for name in COLUMNS)
)
_PUT_TICKET = "INSERT INTO call_ticket VALUES (?, ?, ?, ?, ?)"
_DROP_CALL = "DELETE FROM call WHERE tenant = ? AND bucket = ? AND row = ? AND part = ?"
_DROP_TICKET = "DELETE FROM call_ticket WHERE tenant = ? AND bucket = ? AND ticket = ? AND row = ? AND part = ?"

_Row = tuple[object, ...]


class CallChanges:
    """What one transaction changes of calls."""

    def __init__(self, tenant: int) -> None:
        self._tenant = tenant
        self._calls: list[_Row] = []
        self._tickets: list[_Row] = []
        self._dropped_calls: list[_Row] = []
        self._dropped_tickets: list[_Row] = []

    def add(self, cluster: ClusterKey, calls: Sequence[Booked]) -> None:
        """The calls of a new cluster."""
        tenant = self._tenant
        bucket, row = cluster
        for part, call in enumerate(calls):
            self._calls.append((tenant, bucket, row, part, *call))
            if call.tickets:
                self._tickets += [(tenant, bucket, ticket, row, part) for ticket in call.tickets.split()]

    def replace(self, cluster: ClusterKey, standing: Sequence[str | None], calls: Sequence[Booked]) -> None:
        """The calls of a cluster become `calls`; `standing` are the tickets of those that stand, by part."""
        tenant = self._tenant
        bucket, row = cluster
        for part, call in enumerate(calls):
            self._calls.append((tenant, bucket, row, part, *call))
            before = standing[part] if part < len(standing) else None
            if before != call.tickets:
                self._index(cluster, part, before, call.tickets)
        for part in range(len(calls), len(standing)):
            self._dropped_calls.append((tenant, bucket, row, part))
            self._index(cluster, part, standing[part], None)

    def _index(self, cluster: ClusterKey, part: int, before: str | None, now: str | None) -> None:
        old = frozenset((before or "").split())
        new = frozenset((now or "").split())
        bucket, row = cluster
        self._dropped_tickets += [(self._tenant, bucket, ticket, row, part) for ticket in old - new]
        self._tickets += [(self._tenant, bucket, ticket, row, part) for ticket in new - old]

    def write(self, connection: sqlite3.Connection) -> None:
        """Write everything gathered."""
        connection.executemany(_DROP_CALL, self._dropped_calls)
        connection.executemany(_DROP_TICKET, self._dropped_tickets)
        connection.executemany(_PUT_CALL, self._calls)
        connection.executemany(_PUT_TICKET, sorted(self._tickets))
