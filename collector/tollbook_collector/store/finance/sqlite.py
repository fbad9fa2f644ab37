"""The finance file on one machine: `finance.sqlite` beside the record."""

import sqlite3
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from tollbook_collector.bills.convert import Rate
from tollbook_collector.bills.effective import Stored
from tollbook_collector.bills.lines import BillDocument
from tollbook_collector.bills.scopes import ScopeRow
from tollbook_collector.bills.seats import SeatRow
from tollbook_collector.ledger.entries import Amounts, Entry, Place, Posting
from tollbook_collector.store.finance import documents, postings, schema
from tollbook_collector.store.finance.pulls import PullMarks
from tollbook_collector.store.record.connect import open_file, prepare_writing, transaction
from tollbook_collector.store.record.errors import RecordError

FILE_NAME = "finance.sqlite"
DEFAULT_TENANT = 1
_SCOPE = "channel, hint, workspace, project, principal, owner, valid_from, valid_to"
_SEAT = "channel, period, plan, email, assigned_from, assigned_to, active_days"


class FinanceFile(PullMarks):
    """Keeps documents, scopes, rates, seats and the ledger. For one thread at a time; processes take turns."""

    def __init__(self, path: Path, tenant: int = DEFAULT_TENANT) -> None:
        """Open the file, made where there is none, and bring it to the newest schema.

        Raises:
            RecordError: it is another file, a newer version wrote it, or it cannot be opened.
            OSError: the folder cannot be made.
        """
        self.path = path
        self._tenant = tenant
        try:
            self._connection = open_file(path)
        except sqlite3.Error as fault:
            raise RecordError(f"it cannot be opened: {fault}") from fault
        try:
            schema.version(self._connection)
            prepare_writing(self._connection)
            schema.migrate(self._connection)
        except sqlite3.Error as fault:
            self._connection.close()
            raise RecordError(f"it cannot be opened: {fault}") from fault
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        self._connection.close()

    def add_documents(self, found: Sequence[BillDocument], pulled_at: str, now_ns: int) -> list[int]:
        """Add documents, all or none; returns their numbers."""
        with transaction(self._connection):
            return [documents.put_document(self._connection, self._tenant, one, pulled_at, now_ns) for one in found]

    def documents(self) -> list[Stored]:
        """Every document, in the order of import."""
        return documents.documents(self._connection, self._tenant)

    def put_scopes(self, rows: Sequence[ScopeRow]) -> None:
        """Replace the scopes table."""
        self._replace("scope", _SCOPE, rows)

    def scopes(self) -> list[ScopeRow]:
        """The scopes table."""
        return [ScopeRow(*row) for row in self._rows("scope", _SCOPE)]

    def put_seats(self, rows: Sequence[SeatRow]) -> None:
        """Replace the seats of the months that `rows` are of; those of other months stay."""
        months = {row.period for row in rows}
        kept = [seat for seat in self.seats() if seat.period not in months]
        numbered = [(n, *row) for n, row in enumerate([*kept, *rows])]
        self._replace("seat", f"n, {_SEAT}", numbered)

    def seats(self) -> list[SeatRow]:
        """The seats of every month."""
        return [SeatRow(*row) for row in self._rows("seat", _SEAT)]

    def put_rate(self, rate: Rate) -> None:
        """Add a rate, or replace the one of its currency and day."""
        with transaction(self._connection):
            values = (self._tenant, rate.currency, rate.day, str(rate.usd), rate.source)
            self._connection.execute("INSERT OR REPLACE INTO rate VALUES (?, ?, ?, ?, ?)", values)

    def rates(self) -> list[Rate]:
        """Every rate."""
        rows = self._rows("rate", "currency, day, usd, source")
        return [Rate(currency, day, Decimal(usd), source) for currency, day, usd, source in rows]

    def put_run(self, period: str, input_hash: str, entries: Sequence[Entry], now_ns: int) -> int:
        """Add a run with its entries; returns its number."""
        with transaction(self._connection):
            return postings.put_run(self._connection, self._tenant, period, input_hash, entries, now_ns)

    def put_state(self, period: str, state: str) -> None:
        """Say how far a month has come; the same again writes nothing."""
        known = "SELECT state FROM month WHERE tenant = ? AND period = ?"
        row = self._connection.execute(known, (self._tenant, period)).fetchone()
        if row is None or row[0] != state:
            with transaction(self._connection):
                values = (self._tenant, period, state)
                self._connection.execute("INSERT OR REPLACE INTO month VALUES (?, ?, ?)", values)

    def last_hash(self, period: str) -> str | None:
        """The input hash of a month's last run."""
        return postings.last_hash(self._connection, self._tenant, period)

    def standing(self, about: str) -> dict[str, dict[Place, Amounts]]:
        """What stands about a month."""
        return postings.standing(self._connection, self._tenant, about)

    def entries(self, booked_in: str | None = None) -> Iterator[tuple[int, Entry | tuple[Posting, ...]]]:
        """Entries by number, of one month or all; one out of balance comes as its bare postings."""
        return postings.entries(self._connection, self._tenant, booked_in)

    def fees(self, before: str) -> Iterator[tuple[int, Entry | tuple[Posting, ...]]]:
        """As `entries`, of the fees posted to months before one."""
        return postings.fees(self._connection, self._tenant, before)

    def months(self) -> list[str]:
        """The months that were reconciled, or have entries about them."""
        return postings.months(self._connection, self._tenant)

    def close_month(self, period: str, ledger_hash: str, now_ns: int) -> None:
        """Say that a month is closed; never undone."""
        with transaction(self._connection):
            values = (self._tenant, period, ledger_hash, now_ns)
            self._connection.execute("INSERT INTO period VALUES (?, ?, ?, ?)", values)

    def closed(self) -> dict[str, str]:
        """Closed month -> the hash of its entries when it was closed."""
        return dict(self._rows("period", "period, ledger_hash"))

    def _replace(self, table: str, columns: str, rows: Sequence[tuple[object, ...]]) -> None:
        with transaction(self._connection):
            self._connection.execute(f"DELETE FROM {table} WHERE tenant = ?", (self._tenant,))
            marks = ", ".join("?" * (columns.count(",") + 2))
            sql = f"INSERT INTO {table} (tenant, {columns}) VALUES ({marks})"
            self._connection.executemany(sql, [(self._tenant, *row) for row in rows])

    def _rows(self, table: str, columns: str) -> list[Any]:
        sql = f"SELECT {columns} FROM {table} WHERE tenant = ? ORDER BY 1, 2"
        return self._connection.execute(sql, (self._tenant,)).fetchall()
