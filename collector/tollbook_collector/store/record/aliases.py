"""The alias table: hash of an id -> the cluster that holds its claims. The one random key of the record."""

import sqlite3
from collections.abc import Collection, Iterable

from tollbook.booking import ClusterKey

AT_ONCE = 500
"""Hashes of one statement."""
_FIND = "SELECT hash, bucket, row FROM alias WHERE tenant = ? AND hash IN ({})"
_PUT = "INSERT OR REPLACE INTO alias VALUES (?, ?, ?, ?)"

_LOST = (
    "SELECT COUNT(*) FROM alias a WHERE a.tenant = ? AND NOT EXISTS"
    " (SELECT 1 FROM claim c WHERE c.tenant = a.tenant AND c.bucket = a.bucket AND c.row = a.row)"
)


def find(connection: sqlite3.Connection, tenant: int, hashes: Collection[int]) -> dict[int, ClusterKey]:
    """The clusters that any of the hashes lead to."""
    found: dict[int, ClusterKey] = {}
    wanted = sorted(hashes)
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        for hash_, bucket, row in connection.execute(_FIND.format(",".join("?" * len(some))), (tenant, *some)):
            found[hash_] = ClusterKey(bucket, row)
    return found


def put(connection: sqlite3.Connection, tenant: int, entries: Iterable[tuple[int, ClusterKey]]) -> None:
    """Insert or repoint aliases, in order of hash: neighbours share pages."""
    connection.executemany(_PUT, [(tenant, hash_, *cluster) for hash_, cluster in sorted(entries)])


def total(connection: sqlite3.Connection, tenant: int) -> int:
    """How many hashes there are; reads them all."""
    return int(connection.execute("SELECT COUNT(*) FROM alias WHERE tenant = ?", (tenant,)).fetchone()[0])


def lost(connection: sqlite3.Connection, tenant: int) -> int:
    """How many hashes lead to a cluster without claims; reads them all."""
    return int(connection.execute(_LOST, (tenant,)).fetchone()[0])
