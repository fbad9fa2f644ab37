"""The laptop's store: cursor, claim, call and outbox row commit in one transaction.

One writer process at a time (`lock.py`); readers open their own connection and never block it. Everything a kill can
interrupt is inside one transaction, so a restart continues where the last commit ended: nothing lost, nothing twice.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tollbook
from tollbook.canonical import parse
from tollbook.claim import Claim
from tollbook.prepare import Prepared
from tollbook.prices.book import PriceBook
from tollbook.ticket import TicketRule
from tollbook_agent.store import fresh, reading, schema
from tollbook_agent.store.booking import Booker
from tollbook_agent.store.connect import FileCursor, connect, transaction

MAX_RECENT = 2_000
"""Calls that a report without an id may be of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discard:
    """Something that could not be read, already counted per file and reason."""

    path: str
    reason: str
    count: int
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """One claim the collector has not acknowledged in this version."""

    sequence: int
    claim: Claim


class Store:
    """The writer's view of the store.

    Raises:
        NewerStore: a newer Tollbook wrote it.
        sqlite3.Error: it cannot be used.
    """

    def __init__(self, path: Path, *, rule: TicketRule, book: PriceBook) -> None:
        self._connection = connect(path)
        self._lock = threading.RLock()
        """The scanning and the sending thread share the one writer connection."""
        self._tallied = -1
        self._tally: tuple[int, int, dict[str, int]] = (0, 0, {})
        try:
            schema.migrate(self._connection)
            self._booker = Booker(self._connection, rule, book)
            self._reproject_if_stale(rule, book)
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the connection, after whoever is using it; nothing is pending between calls."""
        with self._lock:
            self._connection.close()

    def _one(self, sql: str, *arguments: object) -> int:
        return int(self._connection.execute(sql, arguments).fetchone()[0])

    # ---- writing

    def commit(
        self,
        batch: Sequence[Prepared],
        cursors: Sequence[FileCursor] = (),
        discards: Sequence[Discard] = (),
        *,
        restarted: Sequence[str] = (),
        moved: Sequence[str] = (),
        cleared: Sequence[tuple[str, str]] = (),
        now_ns: int,
    ) -> int:
        """Store a batch in one transaction; returns how many calls are new or changed.

        `restarted` names files read again from their beginning: their discards are counted anew. `moved` names paths
        whose file is known under another path now. `cleared` names (path, reason) of discards that do not hold any
        more, unless `discards` has them again.
        """
        with self._lock, self._transaction() as connection:
            changed = self._booker.book(batch)
            connection.executemany("INSERT OR REPLACE INTO file VALUES (?,?,?,?,?,?,?,?,?,?,?)", cursors)
            connection.executemany("DELETE FROM file WHERE path = ?", [(path,) for path in moved])
            connection.executemany("DELETE FROM discard WHERE path = ?", [(path,) for path in (*restarted, *moved)])
            connection.executemany("DELETE FROM discard WHERE path = ? AND reason = ?", cleared)
            _put_discards(connection, discards, now_ns)
        return changed

    @contextlib.contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        """All or nothing, on disk when it returns."""
        with transaction(self._connection):
            yield self._connection

    # ---- the outbox

    def unsent(self, limit: int) -> list[Unsent]:
        """The oldest claims the collector has not acknowledged."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT unsent, body FROM claim WHERE unsent IS NOT NULL ORDER BY unsent LIMIT ?", (limit,)
            ).fetchall()
        return [Unsent(sequence=sequence, claim=parse(body)) for sequence, body in rows]

    def acknowledge(self, sequences: Iterable[int], discards: Sequence[Discard] = (), *, now_ns: int = 0) -> None:
        """Forget versions the collector has; a claim that changed meanwhile has a new sequence and stays.

        `discards` are what it refused for good, counted in the same transaction.
        """
        with self._lock, self._transaction() as connection:
            connection.executemany("UPDATE claim SET unsent = NULL WHERE unsent = ?", [(one,) for one in sequences])
            _put_discards(connection, discards, now_ns)

    def backlog(self) -> int:
        """How many claims wait for the collector."""
        with self._lock:
            return self._one("SELECT COUNT(*) FROM claim WHERE unsent IS NOT NULL")

    def tally(self) -> tuple[int, int, dict[str, int]]:
        """How many claims there are, how many of them wait for the collector, and what was discarded by reason."""
        with self._lock:
            # Counting reads the whole table: an idle laptop must not do that every minute.
            if self._tallied != self._connection.total_changes:
                self._tallied = self._connection.total_changes
                made = self._one("SELECT COUNT(*) FROM claim")
                discards = self._connection.execute("SELECT reason, SUM(count) FROM discard GROUP BY reason")
                self._tally = made, self.backlog(), dict(discards.fetchall())
            return self._tally

    # ---- what people said

    def explicit_tickets(self) -> Mapping[str, list[tuple[int, str]]]:
        """Folder -> [(since, tickets), ...] in order of time."""
        with self._lock:
            return reading.explicit_tickets(self._connection)

    def recent_claims(self, tool: str, since_ns: int) -> list[Claim]:
        """The claims of a tool's newest calls, started since a moment (UTC nanoseconds)."""
        with self._lock:
            return reading.recent_claims(self._connection, tool, since_ns, MAX_RECENT)

    # ---- projections

    def _reproject_if_stale(self, rule: TicketRule, book: PriceBook) -> None:
        """Calls are a projection: another program, price book or list of project keys books them anew from claims."""
        keys = rule.project_keys
        now = f"{tollbook.__version__} {book.version} {'*' if keys is None else ','.join(sorted(keys))}"
        stored = self._connection.execute("SELECT value FROM meta WHERE key = 'projection'").fetchone()
        if stored is not None and stored[0] == now:
            return
        with self._transaction() as connection:
            self._booker.reproject()
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('projection', ?)", (now,))

    def take_rule(self, rule: TicketRule, book: PriceBook) -> None:
        """Judge tickets by another rule from now on; calls that are stored are booked anew by it."""
        with self._lock:
            self._booker = Booker(self._connection, rule, book)
            self._reproject_if_stale(rule, book)

    def remember_stamp(self, stamp: str) -> None:
        """These calls are what the program and settings of this stamp make of the claims (`fresh.py`)."""
        with self._lock, self._transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (fresh.KEY, stamp))


def _put_discards(connection: sqlite3.Connection, discards: Sequence[Discard], now_ns: int) -> None:
    connection.executemany(
        "INSERT INTO discard VALUES (?,?,?,?,?) ON CONFLICT (path, reason) DO UPDATE SET"
        " count = count + excluded.count, last_at = excluded.last_at, detail = excluded.detail",
        [(one.path, one.reason, one.count, now_ns, one.detail) for one in discards],
    )
