"""Checking the whole record: everything that can be computed twice is, and compared."""

import sqlite3
from collections import Counter
from collections.abc import Iterator

from tollbook.booked import Booked, book_row
from tollbook.booking import ClusterKey, alias_keys
from tollbook.canonical import parse, write
from tollbook.claim import Claim, key_hash
from tollbook.group import group
from tollbook_collector.projection import Projection
from tollbook_collector.store.record import aliases
from tollbook_collector.store.record.devices import HELD
from tollbook_collector.store.record.read import CALL_COLUMNS, tally

MAX_FINDINGS = 100
"""Findings after which checking ends."""

_CLAIMS = "SELECT bucket, row, key, body FROM claim WHERE tenant = ? ORDER BY bucket, row, key"
_CALLS = f"SELECT {CALL_COLUMNS} FROM call c WHERE tenant = ? AND bucket = ? AND row = ? ORDER BY part"
_TICKETS = "SELECT bucket, row, part, ticket FROM call_ticket WHERE tenant = ?"


def verify(connection: sqlite3.Connection, tenant: int, projection: Projection) -> list[str]:
    """What is wrong, in words; empty when nothing is."""
    findings: list[str] = []
    for finding in _findings(connection, tenant, projection):
        findings.append(finding)
        if len(findings) == MAX_FINDINGS:
            findings.append("and maybe more")
            break
    return findings


def _findings(connection: sqlite3.Connection, tenant: int, projection: Projection) -> Iterator[str]:
    for (line,) in connection.execute("PRAGMA quick_check"):
        if line != "ok":
            yield f"the file is damaged: {line}"
            return
    totals: Counter[str] = Counter()
    for cluster, claims in _clusters(connection, tenant):
        yield from _check_cluster(connection, tenant, projection, cluster, claims, totals)
    (calls,) = connection.execute("SELECT COUNT(*) FROM call WHERE tenant = ?", (tenant,)).fetchone()
    if calls != totals["calls"]:
        yield f"{calls} calls stand, the claims conclude {totals['calls']}"
    indexed = connection.execute("SELECT COUNT(*) FROM call_ticket WHERE tenant = ?", (tenant,)).fetchone()[0]
    if indexed != totals["tickets"]:
        yield f"{indexed} entries in the ticket index, the calls name {totals['tickets']} tickets"
    lost = aliases.lost(connection, tenant)
    if lost:
        yield f"{lost} aliases lead to a cluster without claims"
    totals["aliases"] = aliases.total(connection, tenant)
    observers = [name for name in totals if name.startswith(HELD)]
    for name in ("calls", "claims", "aliases", "orphans", *observers):
        if tally(connection, tenant, name) != totals[name]:
            yield f"the running total of {name} is {tally(connection, tenant, name)}, there are {totals[name]}"


def _clusters(connection: sqlite3.Connection, tenant: int) -> Iterator[tuple[ClusterKey, list[tuple[bytes, bytes]]]]:
    """Every cluster with its claims as stored."""
    current: ClusterKey | None = None
    claims: list[tuple[bytes, bytes]] = []
    for bucket, row, key, body in connection.execute(_CLAIMS, (tenant,)):
        cluster = ClusterKey(bucket, row)
        if current is not None and cluster != current:
            yield current, claims
            claims = []
        current = cluster
        claims.append((key, body))
    if current is not None:
        yield current, claims


def _check_cluster(
    connection: sqlite3.Connection,
    tenant: int,
    projection: Projection,
    cluster: ClusterKey,
    stored: list[tuple[bytes, bytes]],
    totals: Counter[str],
) -> Iterator[str]:
    where = f"cluster {cluster.bucket}/{cluster.row}"
    claims: list[Claim] = []
    for key, body in stored:
        try:
            claim = parse(body)
        except (ValueError, KeyError, TypeError) as fault:
            yield f"{where}: a claim cannot be read ({type(fault).__name__})"
            continue
        claims.append(claim)
        if write(claim) != body or key_hash(*claim.key) != key:
            yield f"{where}: a claim is not in its canonical form"
    grouping = group(claims)
    concluded = [book_row(*projection.priced(members)) for members in grouping.groups]
    standing = [Booked._make(row) for row in connection.execute(_CALLS, (tenant, *cluster))]
    if standing != concluded:
        yield f"{where}: its calls are not what its claims conclude"
    hashes = {hash_ for claim in claims for hash_ in alias_keys(claim)}
    arriving = [(claim.started_at, alias_keys(claim)) for claim in claims]
    found = aliases.find(connection, tenant, arriving, hashes)
    if any(found.get(hash_) != cluster for hash_ in hashes):
        yield f"{where}: an id of its claims does not lead to it"
    for part, call in enumerate(concluded):
        for ticket in (call.tickets or "").split():
            totals["tickets"] += 1
            sql = "SELECT 1 FROM call_ticket WHERE tenant = ? AND bucket = ? AND ticket = ? AND row = ? AND part = ?"
            if connection.execute(sql, (tenant, cluster.bucket, ticket, cluster.row, part)).fetchone() is None:
                yield f"{where}: the ticket index lacks {ticket}"
    totals.update(claims=len(claims), calls=len(concluded), orphans=len(grouping.orphans))
    totals.update(HELD + claim.key.observer for claim in claims)
