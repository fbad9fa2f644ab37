"""What the record holds of the clusters a batch touches: read in three statements, whatever the size of the batch."""

import json
import sqlite3
from collections.abc import Collection, Mapping
from typing import NamedTuple

from tollbook.booking import ClusterKey
from tollbook.canonical import parse
from tollbook.claim import Claim
from tollbook.group import group

_OF_CLUSTERS = (
    "c.tenant = ? AND c.bucket = json_extract(wanted.value, '$[0]') AND c.row = json_extract(wanted.value, '$[1]')"
)
_CLAIMS = (
    f"SELECT c.bucket, c.row, c.body FROM json_each(?) wanted CROSS JOIN claim c WHERE {_OF_CLUSTERS}"
    " ORDER BY c.bucket, c.row, c.key"
)
_CALLS = (
    f"SELECT c.bucket, c.row, c.tickets FROM json_each(?) wanted CROSS JOIN call c WHERE {_OF_CLUSTERS}"
    " ORDER BY c.bucket, c.row, c.part"
)


class Held(NamedTuple):
    """The stored state of some clusters; each of them has an entry in both."""

    claims: Mapping[ClusterKey, list[Claim]]
    tickets: Mapping[ClusterKey, list[str | None]]
    """The tickets of each call, by its part."""

    def orphans(self, cluster: ClusterKey) -> int:
        """How many claims of a cluster open no call."""
        claims = self.claims[cluster]
        if len(claims) == 1:
            return 0 if self.tickets[cluster] else 1
        return len(group(claims).orphans)


def claims_of(
    connection: sqlite3.Connection, tenant: int, clusters: Collection[ClusterKey]
) -> dict[ClusterKey, list[Claim]]:
    """The stored claims of clusters, each of which has an entry."""
    claims: dict[ClusterKey, list[Claim]] = {cluster: [] for cluster in clusters}
    if clusters:
        for bucket, row, body in connection.execute(_CLAIMS, (json.dumps(sorted(clusters)), tenant)):
            claims[ClusterKey(bucket, row)].append(parse(body))
    return claims


def held(connection: sqlite3.Connection, tenant: int, clusters: Collection[ClusterKey]) -> Held:
    """What is stored of clusters."""
    tickets: dict[ClusterKey, list[str | None]] = {cluster: [] for cluster in clusters}
    if clusters:
        for bucket, row, names in connection.execute(_CALLS, (json.dumps(sorted(clusters)), tenant)):
            tickets[ClusterKey(bucket, row)].append(names)
    return Held(claims_of(connection, tenant, clusters), tickets)
