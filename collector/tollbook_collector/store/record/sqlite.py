"""The record on one machine: an SQLite file that one thread writes and any number of readers read."""

import itertools
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tollbook.booked import Booked
from tollbook.claim import Claim
from tollbook.prices.book import PriceBook
from tollbook.problem import Problem
from tollbook.ticket import TicketRule
from tollbook_collector.booking import Booking, settle
from tollbook_collector.collection import no_collection
from tollbook_collector.prepared import Prepared, prepare
from tollbook_collector.projection import Projection
from tollbook_collector.store.record import aliases, read, reproject, schema, verify
from tollbook_collector.store.record.connect import (
    BESIDE_PAGES,
    COPY,
    connect_reading,
    open_file,
    prepare_writing,
    transaction,
)
from tollbook_collector.store.record.held import held
from tollbook_collector.store.record.known import Known
from tollbook_collector.store.record.observers import count_observers
from tollbook_collector.store.record.pages import claims_behind, one_document, page
from tollbook_collector.store.record.put import put_discards, put_settled, set_tally
from tollbook_collector.store.record.readers import Readers

DEFAULT_TENANT = 1
PAGE = 2_000
"""Calls concluded at a time while a month streams."""

_LOG = logging.getLogger(__name__)


class Record:
    """Books claims once each, and answers what was booked.

    `book` is for one thread at a time. Everything else may be called from any thread, and from other processes with a
    Record of their own: readers see the last commit and never block the writer.
    """

    def __init__(self, path: Path, *, rule: TicketRule, book: PriceBook, tenant: int = DEFAULT_TENANT) -> None:
        """Open the record, make it where there is none, bring it to the newest schema, and book all calls anew where
        another price book or list of project keys made them.

        Raises:
            WrongSchema: the file is no record, or a newer version wrote it.
            OSError, sqlite3.Error, Retryable: it cannot be opened.
        """
        self.path = path
        self._tenant = tenant
        self._book_of_prices = book
        self._projection = Projection(rule, book)
        self._known: Known | None = None
        self._due: threading.Event | None = None
        self._connection = open_file(path)
        try:
            schema.version(self._connection)
            prepare_writing(self._connection)
            schema.migrate(self._connection)
            reproject.bring_up_to_date(self._connection, tenant, self._projection)
            count_observers(self._connection, tenant, self._projection.shapes.parse)
        except BaseException:
            self._connection.close()
            raise
        self._readers = Readers(lambda: connect_reading(path))

    def close(self) -> None:
        """Close every connection. Nothing is pending between calls of `book`."""
        self._readers.close()
        if self._known is not None:
            self._known.close()
        self._connection.close()

    def copied_beside(self, due: threading.Event) -> None:
        """From now on another thread copies the log of writes, and sets `due` when little of it is left: that much is
        copied here before the next batch. To be called before anything is booked."""
        self._connection.execute(f"PRAGMA wal_autocheckpoint = {BESIDE_PAGES}")
        self._due = due

    @property
    def rule(self) -> TicketRule:
        """What judges the tickets of calls that come."""
        return self._projection.rule

    def take_rule(self, rule: TicketRule) -> None:
        """Judge by another rule from the next batch on; `book_anew` brings up what was booked before. Any thread."""
        self._projection = Projection(rule, self._book_of_prices)

    def book_anew(self, going_on: Callable[[], bool]) -> bool:
        """Compute every call again by the present rule, beside whoever books: a slice is a transaction, and others have
        their turn between two. Whether it came to its end. From any thread, one at a time.

        Raises:
            Retryable, sqlite3.Error: it cannot go on now; asked again, it begins anew.
        """
        projection = Projection(self._projection.rule, self._book_of_prices)
        with closing(open_file(self.path)) as connection:
            return reproject.book_anew(connection, self._tenant, projection, going_on)

    def book(self, claims: Sequence[Claim | Prepared], problems: Sequence[Problem] = (), *, now_ns: int) -> Booking:
        """Book a batch in one transaction. When this returns, it is on the disk; when it raises, nothing of it is.

        Order, repeats and batching never change what is stored. `now_ns` (UTC ns) is when it is booked.

        Raises:
            Retryable: nothing was booked; the same batch may succeed later.
        """
        if self._due is not None and self._due.is_set():
            self._due.clear()
            self._copy_rest()
        with no_collection():
            return self._book(claims, problems, now_ns)

    def _copy_rest(self) -> None:
        try:
            self._connection.execute(COPY).fetchone()
        except sqlite3.Error as fault:  # who copies beside says what is wrong, and asks again
            _LOG.info("the rest of the log of writes was not copied: %s", fault)

    def _book(self, claims: Sequence[Claim | Prepared], problems: Sequence[Problem], now_ns: int) -> Booking:
        connection, tenant, shapes = self._connection, self._tenant, self._projection.shapes
        self._projection.forget()
        arriving = [one if isinstance(one, Prepared) else prepare(one, shapes) for one in claims]
        hashes = {hash_ for one in arriving for hash_ in one.aliases}
        with transaction(connection):
            known = self._known_aliases()
            rows = itertools.count(read.tally(connection, tenant, "last_row") + 1)
            own = [(one.started_at, one.aliases) for one in arriving]
            clusters = aliases.find(connection, tenant, own, known.among(hashes))
            before = held(connection, tenant, set(clusters.values()), shapes.parse)
            projection = self._projection  # under the lock: what books anew comes after it
            settled = settle(arriving, clusters, before.claims, rows, projection)
            put = put_settled(connection, tenant, settled, before)
            known.note(put.aliases)
            put_discards(connection, tenant, problems, now_ns)
            set_tally(connection, tenant, {"last_row": next(rows) - 1, "booked_at": now_ns})
        known.confirm()
        return Booking(
            put.new_calls,
            put.changed_calls,
            len(claims) - put.changed_claims,
            len(problems),
            put.unpriced_calls,
        )

    def _known_aliases(self) -> Known:
        """The filter of aliases, brought up to date; only who books has one."""
        if self._known is None:
            self._known = Known(self._connection, self._tenant, lambda: connect_reading(self.path))
        self._known.refresh()
        return self._known

    def calls_of_ticket(self, key: str) -> list[Booked]:
        """Every call that names the ticket, oldest first."""
        with self._readers.connection() as connection:
            return read.calls_of_ticket(connection, self._tenant, key)

    def rows(self, start_day: int | None, end_day: int | None) -> Iterator[Booked]:
        """The calls of accounting days [start, end), oldest first, as of the moment of the first row. Streams; read it
        to its end, since the log of writes cannot be shortened while a reader stands in it."""
        with self._readers.connection() as connection:
            yield from read.rows(connection, self._tenant, start_day, end_day)

    def documents(
        self,
        *,
        limit: int,
        before: str | None = None,
        start: int | None = None,
        end: int | None = None,
        **filters: str,
    ) -> list[dict[str, Any]]:
        """Calls as their documents, newest first.

        `before` is the call_id (present or former) of the last call of the page before; `start` and `end` are days,
        [start, end); `filters` are of `pages.FILTERS`. An unknown `before` gives no calls.

        Raises:
            KeyError: a filter of another name.
        """
        with self._readers.connection() as connection:
            return page(connection, self._tenant, self._projection, limit, before, (start, end), filters)

    def month(self, start: int | None, end: int | None) -> Iterator[dict[str, Any]]:
        """The documents of all calls of days [start, end), newest first, as of the moment of the first. Streams; read
        it to its end, as `rows`."""
        before: str | None = None
        with self._readers.connection() as connection:
            while True:
                some = page(connection, self._tenant, self._projection, PAGE, before, (start, end), {})
                yield from some
                if len(some) < PAGE:
                    return
                before = some[-1]["call_id"]

    def document(self, call_id: str) -> dict[str, Any] | None:
        """One call by its present or any former call_id (hexadecimal)."""
        with self._readers.connection() as connection:
            return one_document(connection, self._tenant, self._projection, call_id)

    def claims_behind(self, call_id: str) -> tuple[Claim, ...]:
        """What a call, by its present or any former call_id, is concluded from."""
        with self._readers.connection() as connection:
            return claims_behind(connection, self._tenant, call_id)

    def counts(self) -> dict[str, Any]:
        """What the record holds."""
        with self._readers.connection() as connection:
            return read.counts(connection, self._tenant) | {
                "schema": schema.NEWEST,
                "price_book": self._projection.price_book,
            }

    def verify(self) -> list[str]:
        """What is wrong with the record, in words; empty when nothing is. Reads all of it."""
        with self._readers.connection() as connection:
            return verify.verify(connection, self._tenant, self._projection)
