"""What the ledger says of a ticket or a branch, read beside whoever writes: for an answer in milliseconds."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tollbook_collector.bills.settle import TRACKED, UNTRACKED
from tollbook_collector.bills.vendor_rows import VendorRow
from tollbook_collector.ledger.entries import PAYABLE
from tollbook_collector.ledger.periods import State
from tollbook_collector.store.finance import schema
from tollbook_collector.store.finance.vendor import VendorUsage
from tollbook_collector.store.record.connect import connect_reading
from tollbook_collector.store.record.readers import Readers
from tollbook_collector.work_cost import MonthBill, WorkQuestion

_SCHEMA_WITH_STATES = 3
_POSTED = f"""
SELECT e.about, SUM(p.nano_usd) FROM posting p JOIN entry e ON e.tenant = p.tenant AND e.number = p.entry
WHERE p.tenant = ? AND p.ticket = ? AND p.ticket <> '' AND p.account NOT LIKE '{PAYABLE}:%'
  AND (? IS NULL OR p.engineer IN (SELECT value FROM json_each(?)))
GROUP BY e.about
"""
_CHANNEL = "substr(e.cell, 1, instr(e.cell, char(31)) - 1)"
"""The first part of a cell's key."""
_OF_TICKET = "p.ticket = ? AND p.ticket <> '' AND ? IS NULL"
_OF_BRANCH = "p.branch = ? AND p.repo = ? COLLATE NOCASE"
_OF_WORK = f"""
SELECT e.about, {_CHANNEL}, SUM(p.nano_usd), SUM(p.list_nano_usd)
FROM posting p JOIN entry e ON e.tenant = p.tenant AND e.number = p.entry
WHERE p.tenant = ? AND p.account NOT LIKE '{PAYABLE}:%' AND e.about IN (SELECT value FROM json_each(?)) AND """
_BY_MONTH = " GROUP BY 1, 2"
_OF_USE = f"""
SELECT e.about, {_CHANNEL}, p.account, SUM(p.nano_usd)
FROM entry e JOIN posting p ON p.tenant = e.tenant AND p.entry = e.number
WHERE e.tenant = ? AND e.about IN (SELECT value FROM json_each(?)) AND p.account IN ('{TRACKED}', '{UNTRACKED}')
GROUP BY 1, 2, 3
"""


class Posted(NamedTuple):
    """Of one ticket, by month such as 2026-10."""

    nano_usd: dict[str, int]
    states: dict[str, str]
    """Of every reconciled month, whether the ticket is in it or not."""


NOTHING = Posted({}, {})


class PostedTickets:
    """Looks tickets up in a finance file, which may come to be later. For any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._readers = Readers(lambda: connect_reading(path))
        self._vendor = VendorUsage(self._readers)

    def of(self, tenant: int, ticket: str, engineers: frozenset[str] | None = None) -> Posted:
        """What is posted to a ticket; `engineers` are those whose part counts (`None`: all).

        Raises:
            sqlite3.Error: the file cannot be read now.
        """
        if not self._path.exists():
            return NOTHING
        allowed = None if engineers is None else json.dumps(sorted(engineers))
        with self._readers.connection() as connection:
            if schema.version(connection) < _SCHEMA_WITH_STATES:
                return NOTHING
            found = connection.execute(_POSTED, (tenant, ticket, allowed, allowed)).fetchall()
            states = connection.execute("SELECT period, state FROM month WHERE tenant = ?", (tenant,)).fetchall()
        return Posted({str(month): int(amount) for month, amount in found}, dict(states))

    def of_work(self, tenant: int, question: WorkQuestion, months: Sequence[str]) -> list[MonthBill]:
        """What is posted to some work in those of the months that were reconciled.

        Raises:
            sqlite3.Error: the file cannot be read now.
        """
        if not self._path.exists():
            return []
        asked = json.dumps(list(months))
        branch = question.ticket is None
        owner = (question.branch, question.repo) if branch else (question.ticket, None)
        with self._readers.connection() as connection:
            if schema.version(connection) < _SCHEMA_WITH_STATES:
                return []
            states = dict(connection.execute("SELECT period, state FROM month WHERE tenant = ?", (tenant,)).fetchall())
            sql = _OF_WORK + (_OF_BRANCH if branch else _OF_TICKET) + _BY_MONTH
            mine = connection.execute(sql, (tenant, asked, *owner)).fetchall()
            use = connection.execute(_OF_USE, (tenant, asked)).fetchall() if mine else []
        return [_bill(month, State(states[month]), mine, use) for month in months if month in states]

    def any_bills(self, tenant: int) -> bool:
        """Whether any bill was ever imported.

        Raises:
            RecordError, sqlite3.Error: the file cannot be read now.
        """
        if not self._path.exists():
            return False
        with self._readers.connection() as connection:
            if not schema.version(connection):
                return False
            sql = "SELECT EXISTS (SELECT 1 FROM document WHERE tenant = ?)"
            return bool(connection.execute(sql, (tenant,)).fetchone()[0])

    def vendor_rows(self, tenant: int) -> tuple[VendorRow, ...]:
        """What the vendors' usage reports say, by day; nothing where no bill was ever imported.

        Raises:
            sqlite3.Error: the file cannot be read now.
        """
        return self._vendor.of(tenant) if self._path.exists() else ()

    def close(self) -> None:
        """Let go of the file."""
        self._readers.close()


def _bill(month: str, state: State, mine: Sequence[Sequence[Any]], use: Sequence[Sequence[Any]]) -> MonthBill:
    """One month of the sums by month and channel."""
    here = [row for row in mine if row[0] == month]
    channels = {row[1] for row in here}
    amounts = {TRACKED: 0, UNTRACKED: 0}
    for about, channel, account, amount in use:
        if about == month and channel in channels:
            amounts[account] += int(amount)
    billed = sum(int(row[2]) for row in here) if here else None
    return MonthBill(month, state, billed, sum(int(row[3]) for row in here), amounts[TRACKED], amounts[UNTRACKED])
