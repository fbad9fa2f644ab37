"""What the record holds of the clusters a batch touches: read in three statements, whatever the size of the batch."""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from tollbook.booking import ClusterKey
from tollbook.canonical import parse
from tollbook.claim import Claim
from tollbook.group import group
from tollbook_collector.store.record.calls import Standing

ROW_BITS = 40
"""Bits of a row number where bucket and row travel as one integer."""
_OF_CLUSTERS = (
    f"c.tenant = ? AND c.bucket = wanted.value >> {ROW_BITS} AND c.row = wanted.value & {(1 << ROW_BITS) - 1}"
)
_CLAIMS = (
    f"SELECT c.bucket, c.row, c.body FROM json_each(?) wanted CROSS JOIN claim c WHERE {_OF_CLUSTERS}"
    " ORDER BY c.bucket, c.row, c.key"
)
_CALLS = (
    f"SELECT c.bucket, c.row, c.started_at, c.tickets FROM json_each(?) wanted CROSS JOIN call c WHERE {_OF_CLUSTERS}"
    " ORDER BY c.bucket, c.row, c.part"
)


class Count(NamedTuple):
    """How much clusters hold."""

    claims: int
    calls: int
    orphans: int


class Held(NamedTuple):
    """The stored state of some clusters; each of them has an entry in both."""

    claims: Mapping[ClusterKey, list[Claim]]
    calls: Mapping[ClusterKey, list[Standing]]
    """By their part."""

    def total(self, clusters: Sequence[ClusterKey]) -> Count:
        """How much some of the clusters hold together."""
        claims = calls = orphans = 0
        for cluster in clusters:
            own, parts = self.claims[cluster], len(self.calls[cluster])
            claims += len(own)
            calls += parts
            orphans += (1 - parts) if len(own) == 1 else len(group(own).orphans)
        return Count(claims, calls, orphans)


def _packed(clusters: Iterable[ClusterKey]) -> str:
    return json.dumps(sorted([bucket << ROW_BITS | row for bucket, row in clusters]))


def claims_of(
    connection: sqlite3.Connection,
    tenant: int,
    clusters: Collection[ClusterKey],
    read: Callable[[bytes], Claim] = parse,
) -> dict[ClusterKey, list[Claim]]:
    """The stored claims of clusters, each of which has an entry. `read` is `canonical.parse` or does the same."""
    claims: dict[ClusterKey, list[Claim]] = {cluster: [] for cluster in clusters}
    if clusters:
        for bucket, row, body in connection.execute(_CLAIMS, (_packed(clusters), tenant)):
            claims[ClusterKey(bucket, row)].append(read(body))
    return claims


def held(
    connection: sqlite3.Connection, tenant: int, clusters: Collection[ClusterKey], read: Callable[[bytes], Claim]
) -> Held:
    """What is stored of clusters."""
    calls: dict[ClusterKey, list[Standing]] = {cluster: [] for cluster in clusters}
    if clusters:
        for bucket, row, started_at, tickets in connection.execute(_CALLS, (_packed(clusters), tenant)):
            calls[ClusterKey(bucket, row)].append(Standing(started_at, tickets))
    return Held(claims_of(connection, tenant, clusters, read), calls)


def is_former(connection: sqlite3.Connection, tenant: int, cluster: ClusterKey, hash_: int) -> bool:
    """Whether a claim of the cluster once had an id of this hash and has it no longer."""
    sql = "SELECT 1 FROM former WHERE tenant = ? AND bucket = ? AND row = ? AND hash = ?"
    return connection.execute(sql, (tenant, *cluster, hash_)).fetchone() is not None
