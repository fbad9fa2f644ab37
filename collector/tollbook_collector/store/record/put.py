"""Writing what a batch settles: claims, aliases, calls and the totals that run beside them."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tollbook.booking import ClusterKey, alias_keys
from tollbook.claim import key_hash
from tollbook.identity import alias_key, digest
from tollbook.problem import Problem
from tollbook_collector.booking import Alone, Grown, Settled, Settlement
from tollbook_collector.store.record import aliases
from tollbook_collector.store.record.calls import CallChanges
from tollbook_collector.store.record.devices import HELD
from tollbook_collector.store.record.held import Held
from tollbook_collector.store.record.many import Insert

_PUT_CLAIM = Insert("claim", 5, "ON CONFLICT (tenant, bucket, row, key) DO UPDATE SET body = excluded.body")
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
    unpriced_calls: int
    aliases: Sequence[int]
    """Hashes it inserted, and those it moved: a larger filter may have read the day they came to."""


def put_settled(connection: sqlite3.Connection, tenant: int, settled: Settled, held: Held) -> Put:
    """Write a plan over what the record held of the clusters it touches."""
    pointers: list[aliases.Entry] = []
    claims: list[tuple[object, ...]] = []
    former: list[tuple[object, ...]] = []
    moved: list[int] = []
    changes = CallChanges(tenant)
    observers = _found(tenant, settled.alone, pointers, claims, changes)
    observers += _grown(tenant, settled.grown, held, pointers, claims, changes)
    changed_calls = sum([one.cluster in held.claims for one in settled.grown])
    new_calls = called = len(settled.alone) + len(settled.grown) - changed_calls
    added = len(claims)
    orphans = 0
    unpriced = sum([one.call.unpriced > 0 for one in (*settled.alone, *settled.grown)])
    for one in settled.others:
        cluster, _, changed, bodies, hashes, calls, size, lost = one
        bucket, row = cluster
        pointers += [(tenant, bucket, hash_, row) for hash_ in hashes]
        for claim, body in zip(changed, bodies, strict=True):
            claims.append((tenant, bucket, row, key_hash(*claim.key), body))
        added += size
        orphans += lost
        called += len(calls)
        unpriced += sum([call.unpriced > 0 for call in calls])
        observers += _new_observers(one, held)
        if cluster not in held.claims:
            changes.add(cluster, calls)
            new_calls += len(calls)
            continue
        before = held.total((cluster, *one.losers))
        new_calls += max(0, len(calls) - before.calls)
        changed_calls += min(before.calls, len(calls))
        called -= before.calls
        added -= before.claims
        orphans -= before.orphans
        changes.replace(cluster, held.calls[cluster], calls)
        former += [(tenant, *cluster, hash_) for hash_ in _dropped(one, held)]
        for loser in one.losers:
            changes.replace(loser, held.calls[loser], ())
            moved += _move(connection, tenant, loser, cluster, held)
    totals = Counter({HELD + name: number for name, number in Counter(observers).items()})
    totals.update({"calls": called, "claims": added, "orphans": orphans, "aliases": len(pointers)})
    aliases.put(connection, pointers)
    _PUT_CLAIM.run(connection, claims)
    connection.executemany(_PUT_FORMER, former)
    changes.write(connection)
    count(connection, tenant, totals)
    noted = [*[hash_ for _, _, hash_, _ in pointers], *moved]
    return Put(new_calls, changed_calls, len(claims), unpriced, noted)


def _found(
    tenant: int,
    alone: Sequence[Alone],
    pointers: list[aliases.Entry],
    claims: list[tuple[object, ...]],
    changes: CallChanges,
) -> list[str]:
    """Gather what new clusters of one claim insert; their observers."""
    for (bucket, row), arrived, call in alone:
        pointers += [(tenant, bucket, hash_, row) for hash_ in arrived.aliases]
        claims.append((tenant, bucket, row, arrived.name, arrived.body))
        changes.found(bucket, row, call)
    return [one.arrived.observer for one in alone]


def _grown(
    tenant: int,
    grown: Sequence[Grown],
    held: Held,
    pointers: list[aliases.Entry],
    claims: list[tuple[object, ...]],
    changes: CallChanges,
) -> list[str]:
    """Gather what more observers of calls insert and change; these observers."""
    observers: list[str] = []
    for cluster, arrived, call, hashes in grown:
        bucket, row = cluster
        pointers += [(tenant, bucket, hash_, row) for hash_ in hashes]
        for one in arrived:
            claims.append((tenant, bucket, row, one.name, one.body))
            observers.append(one.observer)
        if cluster in held.claims:
            changes.replace(cluster, held.calls[cluster], (call,))
        else:
            changes.found(bucket, row, call)
    return observers


def _new_observers(settled: Settlement, held: Held) -> list[str]:
    """Who says what nobody had said: the observer of each claim that is new."""
    if settled.cluster not in held.claims:
        return [claim.key.observer for claim in settled.changed]
    known = {claim.key for each in (settled.cluster, *settled.losers) for claim in held.claims[each]}
    return [claim.key.observer for claim in settled.changed if claim.key not in known]


def _dropped(settled: Settlement, held: Held) -> Iterator[int]:
    """Hashes of ids that a claim has no longer: a corrected reader's claim replaces the earlier one. They still lead to
    the cluster, so that every former call_id resolves."""
    for cluster in (settled.cluster, *settled.losers):
        for before in held.claims[cluster]:
            for now in settled.changed:
                if now.key == before.key and now.ids != before.ids:
                    yield from [alias_key(digest(one)) for one in before.ids if one not in now.ids]


def _move(connection: sqlite3.Connection, tenant: int, loser: ClusterKey, cluster: ClusterKey, held: Held) -> list[int]:
    """Give a cluster's claims and aliases to another; the hashes of these."""
    hashes = [hash_ for claim in held.claims[loser] for hash_ in alias_keys(claim)]
    hashes += [hash_ for (hash_,) in connection.execute(_FORMER, (tenant, *loser))]
    aliases.move(connection, tenant, hashes, loser, cluster)
    connection.execute(_MOVE_CLAIMS, (*cluster, tenant, *loser))
    connection.execute(_MOVE_FORMER, (*cluster, tenant, *loser))
    return hashes


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
