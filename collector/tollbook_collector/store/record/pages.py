"""Calls as documents: concluded anew from their claims, so that they are whole. Newest first, page by page."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tollbook.booking import ClusterKey
from tollbook.claim import Claim
from tollbook.document import document
from tollbook.group import Group, group
from tollbook.identity import alias_key, digest
from tollbook_collector.projection import Projection
from tollbook_collector.store.record import aliases
from tollbook_collector.store.record.held import claims_of, is_former
from tollbook_collector.store.record.read import span

FILTERS: Mapping[str, str] = {
    "ticket": "instr(' ' || c.tickets || ' ', ' ' || ? || ' ')",
    "engineer": "c.engineer = ?",
    "engineers": "c.engineer IN (SELECT value FROM json_each(?))",
    "repo": "c.repo = ?",
    "session": "c.session_id = ?",
    "model": "c.model = ?",
    "tool": "c.tool = ?",
}
"""What pages can be filtered by: name -> condition."""


class _Place(NamedTuple):
    """Where a call stands in the order of pages."""

    started_at: int
    bucket: int
    row: int
    part: int


def page(
    connection: sqlite3.Connection,
    tenant: int,
    projection: Projection,
    limit: int,
    before: str | None,
    days: tuple[int | None, int | None],
    filters: Mapping[str, str],
) -> list[dict[str, Any]]:
    """At most `limit` documents, newest first, after the call `before`."""
    start, end = span(*days)
    conditions = ["c.tenant = ? AND c.started_at >= ? AND c.started_at < ?"]
    values: list[object] = [tenant, start, end]
    if before is not None:
        place = _place(connection, tenant, before)
        if place is None:
            return []
        conditions.append("c.started_at <= ? AND (c.started_at, c.bucket, c.row, c.part) < (?, ?, ?, ?)")
        values += [place.started_at, *place]
    for name, value in filters.items():
        conditions.append(FILTERS[name])
        values.append(value)
    sql = (
        f"SELECT c.bucket, c.row, c.part FROM call c WHERE {' AND '.join(conditions)}"
        " ORDER BY c.started_at DESC, c.bucket DESC, c.row DESC, c.part DESC LIMIT ?"
    )
    found: list[tuple[ClusterKey, int]] = [
        (ClusterKey(bucket, row), part) for bucket, row, part in connection.execute(sql, (*values, limit))
    ]
    claims = claims_of(connection, tenant, {cluster for cluster, _ in found})
    groups: dict[ClusterKey, tuple[Group, ...]] = {
        cluster: group(members).groups for cluster, members in claims.items()
    }
    return [document(*projection.priced(groups[cluster][part])) for cluster, part in found]


def one_document(
    connection: sqlite3.Connection, tenant: int, projection: Projection, call_id: str
) -> dict[str, Any] | None:
    """The document of a present or former call_id."""
    found = _find(connection, tenant, bytes.fromhex(call_id))
    if found is None:
        return None
    _, part, groups = found
    return document(*projection.priced(groups[part]))


def claims_behind(connection: sqlite3.Connection, tenant: int, call_id: str) -> tuple[Claim, ...]:
    """The claims that a call, by its present or any former call_id, is concluded from."""
    found = _find(connection, tenant, bytes.fromhex(call_id))
    if found is None:
        return ()
    _, part, groups = found
    return groups[part].claims


def _place(connection: sqlite3.Connection, tenant: int, call_id: str) -> _Place | None:
    found = _find(connection, tenant, bytes.fromhex(call_id))
    if found is None:
        return None
    (bucket, row), part, _ = found
    sql = "SELECT started_at FROM call WHERE tenant = ? AND bucket = ? AND row = ? AND part = ?"
    (started_at,) = connection.execute(sql, (tenant, bucket, row, part)).fetchone()
    return _Place(started_at, bucket, row, part)


def _find(
    connection: sqlite3.Connection, tenant: int, call_id: bytes
) -> tuple[ClusterKey, int, Sequence[Group]] | None:
    """The call that has, or had, an id of this digest: where it counts, else where it is void, else where it was."""
    hash_ = alias_key(call_id)
    cluster = aliases.find_anywhere(connection, tenant, [hash_]).get(hash_)
    if cluster is None:
        return None
    groups = group(claims_of(connection, tenant, [cluster])[cluster]).groups
    void: list[int] = []
    for part, members in enumerate(groups):
        for one in {one for claim in members.claims for one in claim.ids}:
            if digest(one) == call_id:
                if one not in members.void:
                    return cluster, part, groups
                void.append(part)
    if void:
        return cluster, void[0], groups
    return (cluster, 0, groups) if groups and is_former(connection, tenant, cluster, hash_) else None
