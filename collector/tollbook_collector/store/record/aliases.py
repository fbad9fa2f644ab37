"""The alias table: hash of an id -> the cluster that holds its claims.

Its key begins with the cluster's bucket, so that the aliases of a day lie together. An id is looked for where it nearly
always is, in the days around its claim; one that is not found there is looked for in all days, but only when the filter
(`known.py`) says that it may be somewhere. See docs/decisions/0002.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence

from tollbook.booking import ClusterKey, day_of
from tollbook_collector.store.record.many import Insert

AT_ONCE = 256
"""Hashes of one statement; a power of two."""
NEAR_DAYS = (0, -1, 1)
"""Where the aliases of a call are, counted from the day of a claim: midnight may lie between two observers."""

_NEAR = "SELECT hash, row FROM alias WHERE tenant = ? AND bucket = ? AND hash IN ({})"
_FAR = """
WITH RECURSIVE day (bucket) AS (
    SELECT MIN(bucket) FROM alias WHERE tenant = ?1
    UNION ALL
    SELECT (SELECT MIN(a.bucket) FROM alias a WHERE a.tenant = ?1 AND a.bucket > day.bucket)
    FROM day WHERE day.bucket IS NOT NULL
)
SELECT a.hash, a.bucket, a.row FROM day
CROSS JOIN alias a ON a.tenant = ?1 AND a.bucket = day.bucket AND a.hash IN ({})
"""
_PUT = Insert("alias", 4)
_DROP = "DELETE FROM alias WHERE tenant = ? AND bucket = ? AND hash = ?"
_LOST = (
    "SELECT COUNT(*) FROM alias a WHERE a.tenant = ? AND NOT EXISTS"
    " (SELECT 1 FROM claim c WHERE c.tenant = a.tenant AND c.bucket = a.bucket AND c.row = a.row)"
)

Arriving = Sequence[tuple[int, Sequence[int]]]
"""When claims began (UTC ns), with their hashes."""
Entry = tuple[int, int, int, int]
"""Tenant, bucket, hash, row."""


def find(
    connection: sqlite3.Connection, tenant: int, arriving: Arriving, known: Collection[int]
) -> dict[int, ClusterKey]:
    """The clusters that ids of arriving claims lead to. `known` are those hashes that may be in the table at all."""
    found: dict[int, ClusterKey] = {}
    if not known:
        return found
    maybe = set(known)
    wanted: dict[int, set[int]] = {}
    for started_at, hashes in arriving:
        for hash_ in maybe.intersection(hashes):
            wanted.setdefault(day_of(started_at), set()).add(hash_)
    for shift in NEAR_DAYS:
        for day, hashes in wanted.items():
            left = hashes.difference(found)
            if left:
                found.update(_near(connection, tenant, day + shift, left))
    found.update(find_anywhere(connection, tenant, maybe.difference(found)))
    return found


def _near(
    connection: sqlite3.Connection, tenant: int, bucket: int, hashes: Collection[int]
) -> Iterator[tuple[int, ClusterKey]]:
    for some, marks in _slices(hashes):
        for hash_, row in connection.execute(_NEAR.format(marks), (tenant, bucket, *some)):
            yield hash_, ClusterKey(bucket, row)


def find_anywhere(connection: sqlite3.Connection, tenant: int, hashes: Collection[int]) -> dict[int, ClusterKey]:
    """The clusters that hashes lead to, wherever: one look a day that the record knows."""
    found: dict[int, ClusterKey] = {}
    for some, marks in _slices(hashes):
        for hash_, bucket, row in connection.execute(_FAR.format(marks), (tenant, *some)):
            found[hash_] = ClusterKey(bucket, row)
    return found


def _slices(hashes: Collection[int]) -> Iterator[tuple[list[int], str]]:
    """Hashes for one statement each, and its marks: filled up to few different lengths, so that SQLite knows them."""
    ordered = sorted(hashes)
    for start in range(0, len(ordered), AT_ONCE):
        some = ordered[start : start + AT_ONCE]
        some += some[-1:] * ((1 << (len(some) - 1).bit_length()) - len(some))
        yield some, ",".join("?" * len(some))


def put(connection: sqlite3.Connection, entries: list[Entry]) -> None:
    """Insert aliases, in the order of their key: neighbours share pages."""
    entries.sort()
    _PUT.run(connection, entries)


def move(
    connection: sqlite3.Connection, tenant: int, hashes: Iterable[int], source: ClusterKey, target: ClusterKey
) -> None:
    """Repoint aliases from one cluster to another."""
    moved = set(hashes)
    connection.executemany(_DROP, [(tenant, source.bucket, hash_) for hash_ in moved])
    put(connection, [(tenant, target.bucket, hash_, target.row) for hash_ in moved])


def total(connection: sqlite3.Connection, tenant: int) -> int:
    """How many hashes there are; reads them all."""
    return int(connection.execute("SELECT COUNT(*) FROM alias WHERE tenant = ?", (tenant,)).fetchone()[0])


def lost(connection: sqlite3.Connection, tenant: int) -> int:
    """How many hashes lead to a cluster without claims; reads them all."""
    return int(connection.execute(_LOST, (tenant,)).fetchone()[0])
