"""Writing what a batch settles: claims, aliases, calls and the totals that run beside them."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tollbook.booking import ClusterKey, Settled, alias_keys
from tollbook.claim import key_hash
from tollbook.identity import alias_key, digest
from tollbook.problem import Problem
from tollbook_collector.booking import Settlement
from tollbook_collector.store.record import aliases
from tollbook_collector.store.record.calls import CallChanges
from tollbook_collector.store.record.held import Held

_PUT_CLAIM = (
    "INSERT INTO claim VALUES (?, ?, ?, ?, ?) ON CONFLICT (tenant, bucket, row, key) DO UPDATE SET body = excluded.body"
)
_MOVE_CLAIMS = "UPDATE claim SET bucket = ?, row = ? WHERE tenant = ? AND bucket = ? AND row = ?"
_PUT_FORMER = "INSERT OR IGNORE INTO former VALUES (?, ?, ?, ?)"
_FORMER = "SELECT hash FROM former WHERE tenant = ? AND bucket = ? AND row = ?"
_MOVE_FORMER = "UPDATE former SET bucket = ?, row = ? WHERE tenant = ? AND bucket = ? AND row = ?"
_COUNT = "INSERT INTO tally VALUES (?, ?, ?) ON CONFLICT (tenant, name) DO UPDATE SET value = value + excluded.value"
_SET = "INSERT OR REPLACE INTO tally VALUES (?, ?, ?)"
_DISCARD = (
    "INSERT INTO discard VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, reason) DO UPDATE SET"
    " count = count + excluded.count, last_at = excluded.last_at, place = excluded.place, detail = excluded.detail"
)


class Put(NamedTuple):
    """What writing a plan changed."""

    new_calls: int
    changed_calls: int
    changed_claims: int


def put_settlements(connection: sqlite3.Connection, tenant: int, settlements: Sequence[Settlement], held: Held) -> Put:
    """Write a plan over what the record held of the clusters it touches."""
    pointers: list[tuple[int, ClusterKey]] = []
    claims: list[tuple[object, ...]] = []
    former: list[tuple[object, ...]] = []
    changes = CallChanges(tenant)
    totals: Counter[str] = Counter()
    new_calls = changed_calls = 0
    for settled, bodies, calls in settlements:
        cluster = settled.cluster
        pointers += [(hash_, cluster) for hash_ in settled.aliases]
        for claim, body in zip(settled.changed, bodies, strict=True):
            claims.append((tenant, *cluster, key_hash(*claim.key), body))
        if cluster not in held.claims:
            changes.add(cluster, calls)
            new_calls += len(calls)
            totals["claims"] += len(settled.claims)
            totals["orphans"] += len(settled.grouping.orphans)
            continue
        before = held.total((cluster, *settled.losers))
        new_calls += max(0, len(calls) - before.calls)
        changed_calls += min(before.calls, len(calls))
        totals["calls"] -= before.calls
        totals["claims"] += len(settled.claims) - before.claims
        totals["orphans"] += len(settled.grouping.orphans) - before.orphans
        changes.replace(cluster, held.tickets[cluster], calls)
        former += [(tenant, *cluster, hash_) for hash_ in _dropped(settled, held)]
        for loser in settled.losers:
            changes.replace(loser, held.tickets[loser], ())
            _move(connection, tenant, loser, cluster, held)
    totals["calls"] += sum(len(one.calls) for one in settlements)
    totals["aliases"] += sum(len(one.settled.aliases) for one in settlements)
    aliases.put(connection, tenant, pointers)
    connection.executemany(_PUT_CLAIM, claims)
    connection.executemany(_PUT_FORMER, former)
    changes.write(connection)
    count(connection, tenant, totals)
    return Put(new_calls, changed_calls, len(claims))


def _dropped(settled: Settled, held: Held) -> Iterator[int]:
    """Hashes of ids that a claim has no longer: a corrected reader's claim replaces the earlier one. They still lead to
    the cluster, so that every former call_id resolves."""
    for cluster in (settled.cluster, *settled.losers):
        for before in held.claims[cluster]:
            for now in settled.changed:
                if now.key == before.key and now.ids != before.ids:
                    yield from [alias_key(digest(one)) for one in before.ids if one not in now.ids]


def _move(connection: sqlite3.Connection, tenant: int, loser: ClusterKey, cluster: ClusterKey, held: Held) -> None:
    """Give a cluster's claims and aliases to another."""
    hashes = [hash_ for claim in held.claims[loser] for hash_ in alias_keys(claim)]
    hashes += [hash_ for (hash_,) in connection.execute(_FORMER, (tenant, *loser))]
    aliases.move(connection, tenant, hashes, loser, cluster)
    connection.execute(_MOVE_CLAIMS, (*cluster, tenant, *loser))
    connection.execute(_MOVE_FORMER, (*cluster, tenant, *loser))


def count(connection: sqlite3.Connection, tenant: int, totals: Counter[str]) -> None:
    """Add to the running totals."""
    connection.executemany(_COUNT, [(tenant, name, value) for name, value in totals.items() if value])


def set_tally(connection: sqlite3.Connection, tenant: int, values: Mapping[str, int]) -> None:
    """Set running values."""
    connection.executemany(_SET, [(tenant, name, value) for name, value in values.items()])


def put_discards(connection: sqlite3.Connection, tenant: int, problems: Sequence[Problem], now_ns: int) -> None:
    """Count what could not be kept by its reason, with the last example."""
    last = {problem.reason: problem for problem in problems}
    counts = Counter(problem.reason for problem in problems)
    connection.executemany(
        _DISCARD,
        [(tenant, reason, counts[reason], now_ns, one.where, one.detail) for reason, one in last.items()],
    )
