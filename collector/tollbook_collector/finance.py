"""Finance: bills imported, months reconciled, posted, verified and closed. What commands and API ask."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from tollbook.prices.book import PriceBook
from tollbook.problem import Problem
from tollbook_collector.allocate.rows import AllocationRow
from tollbook_collector.bills.admit import Admission, admit
from tollbook_collector.bills.balances import Movement, balances_json, of_month
from tollbook_collector.bills.catalogue import document_rows
from tollbook_collector.bills.effective import Current, current
from tollbook_collector.bills.engine import reconcile
from tollbook_collector.bills.items import items_of, summed
from tollbook_collector.bills.lines import BillDocument
from tollbook_collector.bills.models import model_keys
from tollbook_collector.bills.read import BillFile, read_files
from tollbook_collector.bills.reconcile import Inputs, Reconciled
from tollbook_collector.bills.report import report
from tollbook_collector.bills.rows import calls_behind, carried_rows, effective_rows, posted_rows, unbilled_rows
from tollbook_collector.bills.scopes import Scopes
from tollbook_collector.bills.seats import SeatPolicy
from tollbook_collector.bills.texts import month_days
from tollbook_collector.bills.units import list_rates
from tollbook_collector.bills.unowned import unowned
from tollbook_collector.engines import Engine
from tollbook_collector.ledger import verify as checks
from tollbook_collector.ledger.entries import Entry
from tollbook_collector.ledger.periods import State, finishes, month_state, open_month
from tollbook_collector.ledger.post import changes, entries, input_hash, ledger_hash
from tollbook_collector.store.finance.sqlite import FinanceFile

CallsOf = Callable[[int | None, int | None], Iterable[Mapping[str, Any]]]
"""(first day, end day) -> the documents of the calls of those UTC days; `None` is open."""


class Snapshot(Protocol):
    """A record that gives the calls of a span of days as of one moment."""

    def month(self, start: int | None, end: int | None) -> Iterator[dict[str, Any]]: ...


def calls_of(record: Snapshot | None) -> CallsOf:
    """The calls of a span of days from a record, as of one moment; none where there is no record."""
    return lambda start, end: iter(()) if record is None else record.month(start, end)


class Imported(NamedTuple):
    """What an import did, or would do."""

    admissions: tuple[Admission, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A month as reconciled, and what that wrote."""

    reconciled: Reconciled
    state: State
    booked_in: str
    """The month that changes are posted to."""
    written: int
    """Entries written; 0 where nothing changed."""
    blocked: bool
    """A finding kept it from being posted."""
    balances: tuple[Movement, ...] = ()
    """What was paid ahead, and what the month drew from it."""

    def as_json(self, *, explain: bool = False) -> dict[str, Any]:
        answer = report(self.reconciled, self.state.value, explain=explain)
        answer["balances"] = balances_json(self.balances)
        return {**answer, "booked_in": self.booked_in, "entries_written": self.written, "posted": not self.blocked}


class Finance:
    """One company's bills and ledger."""

    def __init__(
        self,
        file: FinanceFile,
        *,
        calls: CallsOf,
        book: PriceBook,
        policy: SeatPolicy = SeatPolicy.EVEN,
        clock: Callable[[], int] = time.time_ns,
        engine: Engine = Engine.AUTO,
    ) -> None:
        self.file = file
        self._calls = calls
        self._list_rates = list_rates(book)
        self._key = model_keys(book)
        self._policy = policy
        self._clock = clock
        self.engine = engine

    def import_files(
        self,
        files: Sequence[BillFile],
        *,
        pulled_at: str,
        scope: str | None = None,
        dry_run: bool = False,
        pulled: bool = False,
    ) -> Imported:
        """Read files and keep their documents: each that is admitted, all in one transaction.

        `pulled`: they are what the provider says now, and not a copy of some day.
        """
        found, problems = read_files(files, self._list_rates, scope)
        known = self.file.documents()
        closed = frozenset(self.file.closed())
        admissions: list[Admission] = []
        for document in found:
            beside = [one.document for one in admissions]
            admissions.append(admit(document, pulled_at, known, beside, closed, pulled=pulled))
        problems += [one.problem for one in admissions if one.problem is not None]
        taken: list[BillDocument] = [one.document for one in admissions if one.taken]
        if taken and not dry_run:
            self.file.add_documents(taken, pulled_at, self._clock())
        finished = [one.same.number for one in admissions if one.same is not None and finishes(one.same, pulled_at)]
        if pulled and finished and not dry_run:
            self.file.confirm(finished, pulled_at)
        return Imported(tuple(admissions), tuple(problems))

    def billed_days(self, source: str, scope: str | None, span: tuple[int, int]) -> set[int]:
        """The days of a span on which documents of a source have money. Without a scope, of any."""
        return {
            line.day
            for one in self._current()
            if one.stored.document.source == source and scope in (None, one.stored.document.scope)
            for _, line in one.lines
            if line.amount_nano and span[0] <= line.day < span[1]
        }

    def documents(self) -> list[dict[str, Any]]:
        """The documented rows of `bills list`."""
        return document_rows(self._current(), self.file.rates(), frozenset(self.file.closed()))

    def reconcile(self, period: str, *, post: bool = True) -> Posted:
        """Reconcile a month and post what changed. The same inputs write nothing."""
        inputs = self._inputs(period)
        found = reconcile(inputs, self.engine)
        closed = frozenset(self.file.closed())
        state, booked_in = month_state(period, inputs.documents, closed), open_month(period, closed)
        blocked = any(finding.blocks for finding in found.findings)
        written = 0
        hash_ = input_hash(inputs)
        if post and not blocked and self.file.last_hash(period) != hash_:
            made = entries(found, self.file.standing(period), booked_in)
            self.file.put_run(period, hash_, made, self._clock())
            written = len(made)
        if post and not blocked:
            self.file.put_state(period, state.value)
        return Posted(
            reconciled=found,
            state=state,
            booked_in=booked_in,
            written=written,
            blocked=blocked or not post,
            balances=tuple(of_month(inputs.documents, inputs.rates, period)),
        )

    def close(self, period: str) -> Problem | str:
        """Close a month after a last reconciliation; gives the hash its entries must have from now on."""
        if period in self.file.closed():
            return _cannot(period, "it is closed already", "Corrections go to the next open month by themselves.")
        if not self.file.documents():
            return _cannot(period, "no bill has been imported", "Import the month's bills: `bills import FILE...`.")
        done = self.reconcile(period)
        blocking = [finding for finding in done.reconciled.findings if finding.blocks]
        if blocking:
            return _cannot(period, blocking[0].detail, blocking[0].remedy)
        if done.state is not State.FINAL:
            remedy = "Pull its bills again once the provider has finished them, then close."
            return _cannot(period, f"it is {done.state}: a bill may still change or has not come", remedy)
        faults = self.verify()
        if faults:
            return _cannot(period, faults[0], "Run `verify`: nothing can be closed while the ledger is not whole.")
        hash_ = self._hash(period)
        self.file.close_month(period, hash_, self._clock())
        self.file.put_state(period, State.CLOSED.value)
        return hash_

    def verify(self) -> list[str]:
        """What is wrong with the ledger, in words; empty when nothing is."""
        documents = self._current()
        found = checks.documents_add_up(documents)
        pairs = ((n, one.postings if isinstance(one, Entry) else one) for n, one in self.file.entries())
        found += checks.unbalanced(pairs)
        whole = (one for _, one in self.file.entries() if isinstance(one, Entry))
        found += checks.traceable(whole, (one.stored.number for one in documents))
        for period in self.file.months():
            standing = self.file.standing(period)
            found += checks.crossfoots(standing, period)
            inputs = self._inputs(period)
            if self.file.last_hash(period) == input_hash(inputs):
                again = reconcile(inputs, self.engine)
                owed = _owed(again)
                found += checks.documents_posted(owed, checks.payable(standing))
                if changes(again, standing):
                    found.append(f"{period}: reconciling the same inputs again gives other postings")
        closed = self.file.closed()
        found += checks.closed_unchanged(checks.Closed(period, closed[period], self._hash(period)) for period in closed)
        return found

    def unowned(self) -> list[dict[str, Any]]:
        """The documented rows of `scopes check`: hints of bills and calls that have no owner."""
        return unowned(self._current(), Scopes(self.file.scopes()))

    def rows(self, period: str) -> list[AllocationRow]:
        """A month's rows for allocation: what is booked in it, corrections of closed months included.

        A closed month's are those it was closed with. Over all months they sum to the bills, to the nano-dollar; what
        fees of earlier months cost on its days has no bill in it.
        """
        carried = list(carried_rows((one for _, one in self.file.fees(period) if isinstance(one, Entry)), period))
        found = reconcile(self._inputs(period), self.engine)
        booked = [one for _, one in self.file.entries(period) if isinstance(one, Entry)]
        if period in self.file.closed():
            return [*posted_rows(booked, calls_behind(found)), *carried, *unbilled_rows(found.unbilled)]
        corrections = posted_rows(one for one in booked if one.correction)
        return [*effective_rows(found), *corrections, *carried, *unbilled_rows(found.unbilled)]

    def _hash(self, period: str) -> str:
        return ledger_hash(one for _, one in self.file.entries(period) if isinstance(one, Entry))

    def _current(self) -> list[Current]:
        return current(self.file.documents())

    def _inputs(self, period: str) -> Inputs:
        scopes = Scopes(self.file.scopes())
        calls = self._calls(*month_days(period))
        return Inputs(
            period=period,
            documents=self._current(),
            items=summed(item for call in calls for item in items_of(call, self._key, scopes)),
            key=self._key,
            scopes=scopes,
            rates=self.file.rates(),
            seats=self.file.seats(),
            policy=self._policy,
        )


def _owed(reconciled: Reconciled) -> dict[int, int]:
    """Document -> nano-dollars that its cells bill."""
    sums: dict[int, int] = {}
    for settled in reconciled.cells:
        for document, amount in settled.cell.by_document.items():
            sums[document] = sums.get(document, 0) + amount
    return {document: amount for document, amount in sums.items() if amount}


def _cannot(period: str, detail: str, remedy: str) -> Problem:
    return Problem(reason="period_not_closed", where=period, detail=detail, remedy=remedy)
