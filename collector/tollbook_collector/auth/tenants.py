"""Tenants: the one way to a record. Who has no tenant's number from a credential gets no rows of it.

Each tenant has a Record and a queue of its own over the same file: one that floods its queue delays no other, and no
statement is ever made without its tenant, since a Record knows only one.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tollbook_collector.auth.principal import DEFAULT_TENANT
from tollbook_collector.store.reader.reader import Reader
from tollbook_collector.store.reader.record_reader import RecordReader
from tollbook_collector.store.record.errors import Overloaded
from tollbook_collector.store.record.sqlite import Record
from tollbook_collector.store.record.writer import Book, Writer

MAX_OPEN = 256
"""Tenants open at once."""


class _Open(NamedTuple):
    record: Record
    writer: Writer
    reader: Reader


class Tenants:
    """Opens a tenant's record when it is first needed. For any thread."""

    def __init__(
        self,
        first: Record,
        opening: Callable[[int], Record],
        booked_by: Callable[[Record], Book] = lambda record: record,
        reading: Callable[[Path, int], Reader] = RecordReader,
    ) -> None:
        """`first` is the default tenant's and closed by who opened it; `opening` opens another tenant's.

        `opening` may raise as the record does. `booked_by` gives what stands between a writer and its record;
        `reading` opens a record's reader for a tenant.
        """
        self._first = first
        self._opening = opening
        self._booked_by = booked_by
        self._reading = reading
        self._open = {DEFAULT_TENANT: self._opened(first, DEFAULT_TENANT)}
        self._lock = threading.Lock()
        self._closed = False

    def record(self, tenant: int) -> Record:
        """The record of a tenant, and of no other."""
        return self._of(tenant).record

    def writer(self, tenant: int) -> Writer:
        """Where a tenant's claims are booked."""
        return self._of(tenant).writer

    def reader(self, tenant: int) -> Reader:
        """What sums a tenant's calls up."""
        return self._of(tenant).reader

    def _opened(self, record: Record, tenant: int) -> _Open:
        return _Open(record, Writer(self._booked_by(record)), self._reading(record.path, tenant))

    def _of(self, tenant: int) -> _Open:
        found = self._open.get(tenant)
        if found is not None:
            return found
        with self._lock:
            found = self._open.get(tenant)
            if found is not None:
                return found
            if self._closed or len(self._open) >= MAX_OPEN:
                raise Overloaded("no more tenants can be opened")
            found = self._open[tenant] = self._opened(self._opening(tenant), tenant)
            return found

    def close(self) -> None:
        """Commit what waits, close all records but the first."""
        with self._lock:
            self._closed = True
            opened = list(self._open.values())
        for each in opened:
            each.writer.close()
            each.reader.close()
            if each.record is not self._first:
                each.record.close()
