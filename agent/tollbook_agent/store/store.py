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

from tollbook.canonical import parse
from tollbook.claim import Claim
from tollbook.prepare import Prepared
from tollbook.prices.book import PriceBook
from tollbook.ticket import TicketRule
from tollbook_agent.store import reading, schema
from tollbook_agent.store.booking import Booker
from tollbook_agent.store.connect import FileCursor, connect


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
    """The writer's view of the store."""

    def __init__(self, path: Path, *, rule: TicketRule, book: PriceBook) -> None:
        self._connection = connect(path)
        self._lock = threading.RLock()
        """The scanning and the sending thread share the one writer connection."""
        schema.migrate(self._connection)
        self._booker = Booker(self._connection, rule, book)
        self._reproject_if_stale(rule, book)

    def close(self) -> None:
        """Close the connection; nothing is pending between calls."""
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
        now_ns: int,
    ) -> int:
        """Store a batch in one transaction; returns how many calls are new or changed.

        `restarted` names files read again from their beginning: their discards are counted anew. `moved` names paths
        whose file is known under another path now.
        """
        with self._lock, self._transaction() as connection:
            changed = self._booker.book(batch)
            connection.executemany("INSERT OR REPLACE INTO file VALUES (?,?,?,?,?,?,?,?,?,?,?)", cursors)
            connection.executemany("DELETE FROM file WHERE path = ?", [(path,) for path in moved])
            connection.executemany("DELETE FROM discard WHERE path = ?", [(path,) for path in (*restarted, *moved)])
            connection.executemany(
                "INSERT INTO discard VALUES (?,?,?,?,?) ON CONFLICT (path, reason) DO UPDATE SET"
                " count = count + excluded.count, last_at = excluded.last_at, detail = excluded.detail",
                [(one.path, one.reason, one.count, now_ns, one.detail) for one in discards],
            )
        return changed

    @contextlib.contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        """All or nothing, on disk when it returns."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    # ---- the outbox

    def unsent(self, limit: int) -> list[Unsent]:
        """The oldest claims the collector has not acknowledged."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT unsent, body FROM claim WHERE unsent IS NOT NULL ORDER BY unsent LIMIT ?", (limit,)
            ).fetchall()
        return [Unsent(sequence=sequence, claim=parse(body)) for sequence, body in rows]

    def acknowledge(self, sequences: Iterable[int]) -> None:
        """Forget versions the collector has; a claim that changed meanwhile has a new sequence and stays."""
        with self._lock, self._transaction() as connection:
            connection.executemany("UPDATE claim SET unsent = NULL WHERE unsent = ?", [(one,) for one in sequences])

    def backlog(self) -> int:
        """How many claims wait for the collector."""
        with self._lock:
            return self._one("SELECT COUNT(*) FROM claim WHERE unsent IS NOT NULL")

    # ---- what people said

    def set_ticket(self, folder: str, since: int, tickets: str) -> None:
        """From `since` on, calls made in `folder` belong to these tickets; empty ends it."""
        with self._lock, self._transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO explicit_ticket VALUES (?,?,?)", (folder, since, tickets))

    def explicit_tickets(self) -> Mapping[str, list[tuple[int, str]]]:
        """Folder -> [(since, tickets), ...] in order of time."""
        with self._lock:
            return reading.explicit_tickets(self._connection)

    # ---- projections

    def _reproject_if_stale(self, rule: TicketRule, book: PriceBook) -> None:
        """Calls are a projection: a new price book or project-key list books them anew from the stored claims."""
        keys = rule.project_keys
        now = f"{book.version} {'*' if keys is None else ','.join(sorted(keys))}"
        stored = self._connection.execute("SELECT value FROM meta WHERE key = 'projection'").fetchone()
        if stored is not None and stored[0] == now:
            return
        with self._transaction() as connection:
            self._booker.reproject()
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('projection', ?)", (now,))
