"""Writing what a batch settles: claims, aliases, calls, the ticket index, and the running totals beside them."""

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tollbook.booked import COLUMNS, Booked
from tollbook.booking import ClusterKey, alias_keys
from tollbook.canonical import write
from tollbook.claim import Claim, ClaimKey
from tollbook.problem import Problem
from tollbook_collector.booking import Settlement
from tollbook_collector.store.record import aliases
from tollbook_collector.store.record.held import Held

_PUT_CLAIM = (
    "INSERT INTO claim VALUES (?, ?, ?, ?, ?) ON CONFLICT (tenant, bucket, row, key) DO UPDATE SET body = excluded.body"
)
_PUT_CALL = (
    f"INSERT INTO call VALUES (?, ?, ?, ?{', ?' * len(COLUMNS)}) ON CONFLICT (tenant, bucket, row, part) DO UPDATE SET "
    + ", ".join(f'"{name}" = excluded."{name}"' for name in COLUMNS)
)
_PUT_TICKET = "INSERT INTO call_ticket VALUES (?, ?, ?, ?, ?)"
_DROP_CLAIMS = "DELETE FROM claim WHERE tenant = ? AND bucket = ? AND row = ?"
_DROP_CALL = "DELETE FROM call WHERE tenant = ? AND bucket = ? AND row = ? AND part = ?"
_DROP_TICKET = "DELETE FROM call_ticket WHERE tenant = ? AND bucket = ? AND ticket = ? AND row = ? AND part = ?"
_COUNT = "INSERT INTO tally VALUES (?, ?, ?) ON CONFLICT (tenant, name) DO UPDATE SET value = value + excluded.value"
_DISCARD = (
    "INSERT INTO discard VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, reason) DO UPDATE SET"
    " count = count + excluded.count, last_at = excluded.last_at, place = excluded.place, detail = excluded.detail"
)


class Put(NamedTuple):
    """What writing a plan changed."""

    new_calls: int
    changed_calls: int
    changed_claims: int


class CallChanges:
    """Rows of `call` and its ticket index to write and to delete, gathered for one statement each."""

    def __init__(self, tenant: int) -> None:
        self._tenant = tenant
        self._calls: list[tuple[object, ...]] = []
        self._tickets: list[tuple[object, ...]] = []
        self._dropped_calls: list[tuple[object, ...]] = []
        self._dropped_tickets: list[tuple[object, ...]] = []

    def replace(self, cluster: ClusterKey, standing: Sequence[str | None], calls: Sequence[Booked]) -> None:
        """The calls of a cluster become `calls`; `standing` are the tickets of those that stand."""
        tenant = self._tenant
        bucket, row = cluster
        for part, call in enumerate(calls):
            self._calls.append((tenant, bucket, row, part, *call))
            before = standing[part] if part < len(standing) else None
            if before != call.tickets:
                self._reindex(cluster, part, before, call.tickets)
        for part in range(len(calls), len(standing)):
            self._dropped_calls.append((tenant, bucket, row, part))
            self._reindex(cluster, part, standing[part], None)

    def _reindex(self, cluster: ClusterKey, part: int, before: str | None, now: str | None) -> None:
        old = set(before.split()) if before else set[str]()
        new = set(now.split()) if now else set[str]()
        bucket, row = cluster
        self._dropped_tickets += [(self._tenant, bucket, ticket, row, part) for ticket in old - new]
        self._tickets += [(self._tenant, bucket, ticket, row, part) for ticket in new - old]

    def write(self, connection: sqlite3.Connection) -> None:
        """Write everything gathered."""
        connection.executemany(_DROP_CALL, self._dropped_calls)
        connection.executemany(_DROP_TICKET, self._dropped_tickets)
        connection.executemany(_PUT_CALL, self._calls)
        connection.executemany(_PUT_TICKET, self._tickets)


def key_hash(key: ClaimKey) -> bytes:
    """Eight bytes that name a claim within its cluster."""
    text = f"{key.observer}\0{key.source}\0{key.id.kind}\0{key.id.value}"
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


def put_settlements(connection: sqlite3.Connection, tenant: int, settlements: Sequence[Settlement], held: Held) -> Put:
    """Write a plan over what the record held of the clusters it touches."""
    pointers: list[tuple[int, ClusterKey]] = []
    claims: list[tuple[object, ...]] = []
    changes = CallChanges(tenant)
    totals: Counter[str] = Counter()
    new_calls = changed_calls = 0
    for settled, calls in settlements:
        cluster = settled.cluster
        touched = [each for each in (cluster, *settled.losers) if each in held.claims]
        before = sum(len(held.tickets[each]) for each in touched)
        new_calls += max(0, len(calls) - before)
        changed_calls += min(before, len(calls))
        totals["calls"] += len(calls) - before
        totals["claims"] += len(settled.claims) - sum(len(held.claims[each]) for each in touched)
        totals["aliases"] += len(settled.aliases)
        totals["orphans"] += len(settled.grouping.orphans) - sum(map(held.orphans, touched))
        pointers += [(hash_, cluster) for hash_ in settled.aliases]
        moved: list[Claim] = [claim for loser in settled.losers for claim in held.claims[loser]]
        pointers += [(hash_, cluster) for claim in moved for hash_ in alias_keys(claim)]
        for loser in settled.losers:
            connection.execute(_DROP_CLAIMS, (tenant, *loser))
            changes.replace(loser, held.tickets[loser], ())
        written: Iterable[Claim] = settled.changed
        if moved:
            kept = {claim.key for claim in settled.changed}
            written = [*settled.changed, *(claim for claim in moved if claim.key not in kept)]
        claims += [(tenant, *cluster, key_hash(claim.key), write(claim)) for claim in written]
        changes.replace(cluster, held.tickets.get(cluster, ()), calls)
    aliases.put(connection, tenant, pointers)
    connection.executemany(_PUT_CLAIM, claims)
    changes.write(connection)
    count(connection, tenant, totals)
    return Put(new_calls, changed_calls, sum(len(one.settled.changed) for one in settlements))


def count(connection: sqlite3.Connection, tenant: int, totals: Counter[str]) -> None:
    """Add to the running totals."""
    connection.executemany(_COUNT, [(tenant, name, value) for name, value in totals.items() if value])


def set_tally(connection: sqlite3.Connection, tenant: int, values: Mapping[str, int]) -> None:
    """Set running values."""
    connection.executemany(
        "INSERT OR REPLACE INTO tally VALUES (?, ?, ?)", [(tenant, name, value) for name, value in values.items()]
    )


def put_discards(connection: sqlite3.Connection, tenant: int, problems: Sequence[Problem], now_ns: int) -> None:
    """Count what could not be kept by its reason, with the last example."""
    last = {problem.reason: problem for problem in problems}
    counts = Counter(problem.reason for problem in problems)
    connection.executemany(
        _DISCARD,
        [(tenant, reason, counts[reason], now_ns, one.where, one.detail) for reason, one in last.items()],
    )
