"""The rows of vendors' usage reports in a finance file, read beside whoever writes; summed anew when a report comes."""

import threading
from collections import OrderedDict

from tollbook_collector.bills.effective import current
from tollbook_collector.bills.vendor_rows import VENDOR_SOURCES, VendorRow, vendor_rows
from tollbook_collector.store.finance import schema
from tollbook_collector.store.finance.documents import documents, heads
from tollbook_collector.store.record.readers import Readers

MOST_TENANTS = 16
"""Whose rows are remembered; of more, those that were asked for longest ago are read again."""
_SCHEMA_WITH_CONFIRMED = 2


class VendorUsage:
    """Gives the rows by day. For any thread."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._lock = threading.Lock()
        self._known: OrderedDict[int, tuple[list[tuple[int, str]], tuple[VendorRow, ...]]] = OrderedDict()

    def of(self, tenant: int) -> tuple[VendorRow, ...]:
        """Every row of a tenant.

        Raises:
            sqlite3.Error: the file cannot be read now.
        """
        with self._readers.connection() as connection:
            if schema.version(connection) < _SCHEMA_WITH_CONFIRMED:
                return ()
            now = heads(connection, tenant, VENDOR_SOURCES)
            with self._lock:
                known = self._known.get(tenant)
            if known is not None and known[0] == now:
                return known[1]
            rows = vendor_rows(current(documents(connection, tenant, VENDOR_SOURCES)))
        with self._lock:
            self._known[tenant] = now, rows
            self._known.move_to_end(tenant)
            while len(self._known) > MOST_TENANTS:
                self._known.popitem(last=False)
        return rows
