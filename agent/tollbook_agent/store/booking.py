"""Booking on the laptop: prepared sightings become claims, aliases and calls, inside the caller's transaction.

A sighting that shares no id with anything known is written as it was prepared. Whatever meets something takes the
general path: load what its ids reach, join, group, conclude, write.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from tollbook.booked import COLUMNS, Booked, book_row
from tollbook.booking import ClusterKey, Settled, alias_keys, day_of, plan
from tollbook.canonical import parse, write
from tollbook.claim import Claim, key_hash, merge
from tollbook.conclude import conclude
from tollbook.group import Group, group
from tollbook.prepare import Prepared
from tollbook.prices.book import PriceBook
from tollbook.prices.price import price
from tollbook.ticket import TicketRule
from tollbook_agent.store.reading import last_row

LOOKUP_CHUNK = 500
"""Host parameters of one statement."""

_PUT_ALIAS = "INSERT OR REPLACE INTO alias VALUES (?,?,?)"
_PUT_CLAIM = "INSERT OR REPLACE INTO claim VALUES (?,?,?,?,?)"
_PUT_CALL = f"INSERT INTO call VALUES ({','.join('?' * (len(COLUMNS) + 3))})"


class Booker:
    """Holds the counters of rows and of the outbox; one per store."""

    def __init__(self, connection: sqlite3.Connection, rule: TicketRule, book: PriceBook) -> None:
        self._connection, self._rule, self._book = connection, rule, book
        self._row = last_row(connection)
        self._sequence = self._one("SELECT COALESCE(MAX(CAST(value AS INTEGER)), 0) FROM meta WHERE key = 'sequence'")

    def _one(self, sql: str) -> int:
        return int(self._connection.execute(sql).fetchone()[0])

    def book(self, batch: Sequence[Prepared]) -> int:
        """Write a batch; returns how many calls are new or changed."""
        if not batch:
            return 0
        aliases = self._aliases({key for one in batch for key in one.aliases})
        alone, meeting = _apart(batch, aliases)
        self._put_alone(alone)
        changed = len(alone)
        if meeting:
            changed += self._settle(meeting, aliases)
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES ('sequence', ?)", (str(self._sequence),))
        return changed

    def _put_alone(self, alone: Sequence[Prepared]) -> None:
        aliases: list[tuple[int, int, int]] = []
        claims: list[tuple[int, int, bytes, bytes, int]] = []
        calls: list[tuple[object, ...]] = []
        row, sequence = self._row, self._sequence
        for one in alone:
            row += 1
            sequence += 1
            bucket = day_of(one.started_at)
            for key in one.aliases:
                aliases.append((key, bucket, row))
            claims.append((bucket, row, one.key, one.body, sequence))
            if one.booked is not None:
                calls.append((bucket, row, 0, *one.booked))
        self._row, self._sequence = row, sequence
        aliases.sort()
        self._put(aliases, claims, calls)

    def _put(
        self,
        aliases: list[tuple[int, int, int]],
        claims: list[tuple[int, int, bytes, bytes, int]],
        calls: list[tuple[object, ...]],
    ) -> None:
        self._connection.executemany(_PUT_ALIAS, aliases)
        self._connection.executemany(_PUT_CLAIM, claims)
        self._connection.executemany(_PUT_CALL, calls)

    def _settle(self, meeting: Sequence[Prepared], aliases: dict[int, ClusterKey]) -> int:
        """The general path: what these claims and all they reach come to."""
        claims = merge(parse(one.body) for one in meeting).values()
        batch = [(claim, alias_keys(claim)) for claim in claims]
        stored = {cluster: self._claims(cluster) for cluster in set(aliases.values())}
        rows = iter(range(self._row + 1, self._row + 1 + len(batch)))
        changed = 0
        new_aliases: list[tuple[int, int, int]] = []
        new_claims: list[tuple[int, int, bytes, bytes, int]] = []
        new_calls: list[tuple[object, ...]] = []
        for one in plan(batch, aliases, stored, rows):
            bucket, row = one.cluster
            self._row = max(self._row, row)
            if one.cluster in stored:
                self._clear(one)
            new_aliases += [(key, bucket, row) for key in one.aliases]
            for claim in one.changed:
                self._sequence += 1
                key = key_hash(claim.key.observer, claim.key.source, claim.key.id)
                new_claims.append((bucket, row, key, write(claim), self._sequence))
            calls = [(bucket, row, part, *self._booked(each)) for part, each in enumerate(one.grouping.groups)]
            changed += len(calls)
            new_calls += calls
        self._put(new_aliases, new_claims, new_calls)
        return changed

    def _booked(self, members: Group) -> Booked:
        call = conclude(members, self._rule)
        return book_row(call, price(call, self._book))

    def _clear(self, one: Settled) -> None:
        """Remove the calls of a cluster and of those united into it; move the losers' claims and aliases."""
        connection = self._connection
        connection.execute("DELETE FROM call WHERE bucket = ? AND row = ?", one.cluster)
        for loser in one.losers:
            connection.execute("DELETE FROM call WHERE bucket = ? AND row = ?", loser)
            moved = connection.execute("SELECT key, body, unsent FROM claim WHERE bucket = ? AND row = ?", loser)
            for key, body, unsent in moved.fetchall():
                connection.execute(_PUT_CLAIM, (*one.cluster, key, body, unsent))
                hashes = alias_keys(parse(body))
                connection.executemany(_PUT_ALIAS, [(each, *one.cluster) for each in hashes])
            connection.execute("DELETE FROM claim WHERE bucket = ? AND row = ?", loser)

    def _aliases(self, keys: Iterable[int]) -> dict[int, ClusterKey]:
        found: dict[int, ClusterKey] = {}
        if self._row == 0:
            return found  # nothing was ever booked
        wanted = sorted(keys)
        for start in range(0, len(wanted), LOOKUP_CHUNK):
            some = wanted[start : start + LOOKUP_CHUNK]
            marks = ",".join("?" * len(some))
            for key, bucket, row in self._connection.execute(f"SELECT * FROM alias WHERE hash IN ({marks})", some):
                found[key] = ClusterKey(bucket, row)
        return found

    def _claims(self, cluster: ClusterKey) -> list[Claim]:
        rows = self._connection.execute("SELECT body FROM claim WHERE bucket = ? AND row = ?", cluster)
        return [parse(body) for (body,) in rows]

    def reproject(self) -> None:
        """Book every cluster anew from its claims."""
        for cluster in self._clusters():
            calls = enumerate(group(self._claims(cluster)).groups)
            self._connection.execute("DELETE FROM call WHERE bucket = ? AND row = ?", cluster)
            self._connection.executemany(_PUT_CALL, [(*cluster, part, *self._booked(one)) for part, one in calls])

    def _clusters(self) -> Iterator[ClusterKey]:
        for bucket, row in self._connection.execute("SELECT DISTINCT bucket, row FROM claim").fetchall():
            yield ClusterKey(bucket, row)


def _apart(batch: Sequence[Prepared], known: dict[int, ClusterKey]) -> tuple[list[Prepared], list[Prepared]]:
    """Those that share no alias with anything, and those that do; the latter with all they meet in the batch."""
    first: dict[int, int] = {}
    meets = bytearray(len(batch))
    for place, one in enumerate(batch):
        if one.booked is None:
            meets[place] = 1
        for key in one.aliases:
            if key in known:
                meets[place] = 1
            other = first.setdefault(key, place)
            if other != place:
                meets[place] = meets[other] = 1
    return [one for one, met in zip(batch, meets, strict=True) if not met], [
        one for one, met in zip(batch, meets, strict=True) if met
    ]
