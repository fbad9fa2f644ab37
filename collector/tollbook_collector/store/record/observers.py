"""Counting the claims of each observer in a record that was made before they were counted at booking."""

import sqlite3
from collections.abc import Callable

from tollbook.claim import Claim
from tollbook_collector.store.record.connect import transaction
from tollbook_collector.store.record.devices import COUNTED, count_held
from tollbook_collector.store.record.put import count, set_tally
from tollbook_collector.store.record.read import tally


def count_observers(connection: sqlite3.Connection, tenant: int, parse: Callable[[bytes], Claim]) -> None:
    """Count once; reads all claims of an older record, nothing of a new one."""
    if tally(connection, tenant, COUNTED):
        return
    with transaction(connection):
        if not tally(connection, tenant, COUNTED):
            count(connection, tenant, count_held(connection, tenant, parse))
            set_tally(connection, tenant, {COUNTED: 1})
