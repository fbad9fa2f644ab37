"""Rows of `call` and of its ticket index, to write and to delete: gathered first, then one statement each."""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from tollbook.booked import COLUMNS, Booked
from tollbook.booking import ClusterKey, day_of
from tollbook_collector.store.record import manifest
from tollbook_collector.store.record.many import Insert

_PUT_CALL = Insert("call", 4 + len(COLUMNS))
_PUT_TICKET = Insert("call_ticket", 5)
_WHERE = "WHERE tenant = ? AND bucket = ? AND row = ? AND part = ?"
_STARTED = COLUMNS.index("started_at")
_CHANGE = f"UPDATE call SET {', '.join(f'"{name}" = ?' for name in COLUMNS if name != 'started_at')} {_WHERE}"
"""A statement that names `started_at` would write its index too."""
_MOVE = f"UPDATE call SET started_at = ? {_WHERE}"
_DROP_CALL = f"DELETE FROM call {_WHERE}"
_DROP_TICKET = "DELETE FROM call_ticket WHERE tenant = ? AND bucket = ? AND ticket = ? AND row = ? AND part = ?"

_Row = tuple[object, ...]


class Standing(NamedTuple):
    """What must be known of a call that stands to change it."""

    started_at: int
    tickets: str | None


class CallChanges:
    """What one transaction changes of calls."""

    def __init__(self, tenant: int) -> None:
        self._tenant = tenant
        self._calls: list[_Row] = []
        self._tickets: list[_Row] = []
        self._changed: list[_Row] = []
        self._moved: list[_Row] = []
        self._dropped_calls: list[_Row] = []
        self._dropped_tickets: list[_Row] = []
        self._days: set[int] = set()
        """Accounting days of these calls, before and after."""

    def add(self, cluster: ClusterKey, calls: Sequence[Booked], first: int = 0) -> None:
        """Calls of a cluster that did not stand before; `first` is the part of the first of them."""
        tenant = self._tenant
        bucket, row = cluster
        for part, call in enumerate(calls, first):
            self._calls.append((tenant, bucket, row, part, *call))
            self._days.add(call.day)
            if call.tickets:
                self._tickets += [(tenant, bucket, ticket, row, part) for ticket in call.tickets.split()]

    def found(self, bucket: int, row: int, call: Booked) -> None:
        """The one call of a new cluster."""
        self._calls.append((self._tenant, bucket, row, 0, *call))
        self._days.add(call.day)
        if call.tickets:
            self._tickets += [(self._tenant, bucket, ticket, row, 0) for ticket in call.tickets.split()]

    def replace(self, cluster: ClusterKey, standing: Sequence[Standing], calls: Sequence[Booked]) -> None:
        """The calls of a cluster become `calls`; `standing` are those that stand, by part."""
        tenant = self._tenant
        bucket, row = cluster
        self._days.update([day_of(before.started_at) for before in standing])
        self._days.update([call.day for call in calls])
        for part, (before, call) in enumerate(zip(standing, calls, strict=False)):
            place = (tenant, bucket, row, part)
            self._changed.append((*call[:_STARTED], *call[_STARTED + 1 :], *place))
            if before.started_at != call.started_at:
                self._moved.append((call.started_at, *place))
            if before.tickets != call.tickets:
                self._index(cluster, part, before.tickets, call.tickets)
        if len(calls) > len(standing):
            self.add(cluster, calls[len(standing) :], len(standing))
        for part in range(len(calls), len(standing)):
            self._dropped_calls.append((tenant, bucket, row, part))
            self._index(cluster, part, standing[part].tickets, None)

    def _index(self, cluster: ClusterKey, part: int, before: str | None, now: str | None) -> None:
        old = frozenset((before or "").split())
        new = frozenset((now or "").split())
        bucket, row = cluster
        self._dropped_tickets += [(self._tenant, bucket, ticket, row, part) for ticket in old - new]
        self._tickets += [(self._tenant, bucket, ticket, row, part) for ticket in new - old]

    def write(self, connection: sqlite3.Connection) -> None:
        """Write everything gathered, and mark the days it touches."""
        manifest.touch(connection, self._tenant, self._days)
        connection.executemany(_DROP_CALL, self._dropped_calls)
        connection.executemany(_DROP_TICKET, self._dropped_tickets)
        connection.executemany(_CHANGE, self._changed)
        connection.executemany(_MOVE, self._moved)
        _PUT_CALL.run(connection, self._calls)
        self._tickets.sort()
        _PUT_TICKET.run(connection, self._tickets)
