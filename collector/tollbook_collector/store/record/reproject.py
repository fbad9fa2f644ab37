"""Booking all calls anew from their claims, when the price book or the list of project keys is another one."""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable

from tollbook.booking import ClusterKey
from tollbook_collector.projection import Projection
from tollbook_collector.store.record.calls import CallChanges
from tollbook_collector.store.record.connect import transaction
from tollbook_collector.store.record.held import held
from tollbook_collector.store.record.put import count

CLUSTERS_AT_ONCE = 2_000
"""Clusters of one transaction: a kill loses at most this much work, a writer waits at most this long."""
LONGEST_PAUSE_SECONDS = 5.0

_NEXT = (
    "SELECT DISTINCT bucket, row FROM claim WHERE tenant = ? AND (bucket, row) > (?, ?) ORDER BY bucket, row LIMIT ?"
)


def bring_up_to_date(connection: sqlite3.Connection, tenant: int, projection: Projection) -> None:
    """Compute every call again where another projection made them; continues where a kill ended it."""
    if _meta(connection, tenant, "projection") == projection.name:
        return
    while _next_slice(connection, tenant, projection):
        pass


def book_anew(
    connection: sqlite3.Connection, tenant: int, projection: Projection, going_on: Callable[[], bool]
) -> bool:
    """Compute every call again, whoever made them: until the end, which it says, or until `going_on` says no.

    Between two slices it pauses for as long as the last one took, so that a writer has half of the time.
    """
    with transaction(connection):
        _set_meta(connection, tenant, "projection", "")
        connection.execute("DELETE FROM meta WHERE tenant = ? AND name = 'reprojecting'", (tenant,))
    while going_on():
        began = time.monotonic()
        if not _next_slice(connection, tenant, projection):
            return True
        time.sleep(min(time.monotonic() - began, LONGEST_PAUSE_SECONDS))
    return False


def _next_slice(connection: sqlite3.Connection, tenant: int, projection: Projection) -> bool:
    """Book the next clusters anew; whether there were any."""
    with transaction(connection):
        target, bucket, row = _progress(connection, tenant)
        if target != projection.name:
            bucket, row = -(2**62), 0
        clusters = [
            ClusterKey(*each) for each in connection.execute(_NEXT, (tenant, bucket, row, CLUSTERS_AT_ONCE)).fetchall()
        ]
        if not clusters:
            _set_meta(connection, tenant, "projection", projection.name)
            connection.execute("DELETE FROM meta WHERE tenant = ? AND name = 'reprojecting'", (tenant,))
            return False
        projection.forget()
        before = held(connection, tenant, clusters, projection.shapes.parse)
        changes = CallChanges(tenant)
        added = 0
        for cluster in clusters:
            rows = projection.rows_of(before.claims[cluster])
            added += len(rows) - len(before.calls[cluster])
            changes.replace(cluster, before.calls[cluster], rows)
        changes.write(connection)
        count(connection, tenant, Counter({"calls": added}))
        _set_meta(connection, tenant, "projection", "")
        last = clusters[-1]
        _set_meta(connection, tenant, "reprojecting", f"{last.bucket} {last.row} {projection.name}")
    return True


def _progress(connection: sqlite3.Connection, tenant: int) -> tuple[str, int, int]:
    """Towards which projection the last slice was made, and its last cluster."""
    text = _meta(connection, tenant, "reprojecting")
    if text is None:
        return "", 0, 0
    bucket, row, name = text.split(" ", 2)
    return name, int(bucket), int(row)


def _meta(connection: sqlite3.Connection, tenant: int, name: str) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE tenant = ? AND name = ?", (tenant, name)).fetchone()
    return None if row is None else str(row[0])


def _set_meta(connection: sqlite3.Connection, tenant: int, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", (tenant, name, value))
