"""Probe: whether the record can be written, found out by writing."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tollbook_collector.store.record.connect import transaction
from tollbook_collector.store.record.errors import Retryable

BUSY_TIMEOUT_MS = 250
BYTES = 64 * 1024
"""What a small batch needs."""
NO_TENANT = 0
_PUT = "INSERT OR REPLACE INTO meta VALUES (?, 'probe', ?)"


def try_writing(path: Path) -> None:
    """Write and take back a little, with two commits.

    Raises:
        Retryable: it cannot be written.
    """
    uri = f"{path.absolute().as_uri()}?mode=rw"
    try:
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            connection.execute("PRAGMA synchronous = FULL")
            for text in ("x" * BYTES, ""):
                with transaction(connection):
                    connection.execute(_PUT, (NO_TENANT, text))
    except sqlite3.Error as fault:
        raise Retryable(f"the store cannot be written: {fault}") from fault
