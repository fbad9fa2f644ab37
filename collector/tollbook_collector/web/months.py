"""Months: the reconciliation and allocation of each, worked out behind the pages, one at a time, and kept.

What a month says depends on its calls and on the finance file. A month is worked out anew when either changes, yet no
oftener than `REST` times as long as it took: pages must not keep a collector from collecting.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tollbook.prices import default_book
from tollbook.problem import Problem
from tollbook_collector.allocate.check import check
from tollbook_collector.allocate.engine import allocate
from tollbook_collector.allocate.open_rules import Bundle, rules_in_force
from tollbook_collector.allocate.result import Allocation
from tollbook_collector.allocate.rows import AllocationRow, leaves
from tollbook_collector.behind import Behind
from tollbook_collector.finance import Finance, calls_of
from tollbook_collector.ledger.periods import next_month
from tollbook_collector.outcomes.hierarchy import tickets
from tollbook_collector.outcomes.shelf import read_shelf
from tollbook_collector.store.finance.sqlite import FILE_NAME, FinanceFile
from tollbook_collector.store.record.errors import RecordError
from tollbook_collector.store.record.sqlite import Record

MOST_MONTHS = 24
"""Months kept."""
PATIENCE_SECONDS = 2.0
"""How long a page waits for a month before it says that it is being worked out."""
REST = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """A month as it stands."""

    period: str
    report: dict[str, Any]
    """The documented JSON of `reconcile`."""
    rows: tuple[AllocationRow, ...]
    bundle: Bundle
    allocation: Allocation
    worked_out_at: float
    """UTC seconds."""


class _Kept(NamedTuple):
    change: object
    rests_until: float
    """The moment (monotonic) from which it may be worked out anew."""
    value: Books | Problem


class Months:
    """For any thread."""

    def __init__(self, home: Callable[[], Path | None], record: Callable[[], Record | None]) -> None:
        self._home = home
        self._record = record
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._running: dict[str, Future[Books | Problem]] = {}
        self._lock = threading.Lock()
        self._behind = Behind("months")

    def any_bills(self) -> bool:
        """Whether there is a finance file at all."""
        home = self._home()
        return home is not None and (home / FILE_NAME).exists()

    def books(self, period: str, patience: float = PATIENCE_SECONDS) -> Books | Problem | None:
        """A month; `None` where it is still being worked out for the first time after `patience` seconds."""
        change = self._change()
        with self._lock:
            kept, running = self._kept.get(period), self._running.get(period)
            stale = kept is None or (kept.change != change and time.monotonic() >= kept.rests_until)
            if stale and running is None:
                running = self._behind.submit(lambda: self._work_out(period, change))
                if running is not None:
                    self._running[period] = running
        if running is not None:
            try:
                return running.result(patience)
            except NotYet:
                pass
        return None if kept is None else kept.value

    def _change(self) -> object:
        """Changes whenever a month may."""
        record, home = self._record(), self._home()
        counts = () if record is None else record.counts()
        calls = tuple(counts[name] for name in ("calls", "claims", "last_booked_at")) if counts else ()
        files: list[tuple[str, int, int]] = []
        for name in (FILE_NAME, f"{FILE_NAME}-wal", "rules.yaml", "outcomes"):
            path = None if home is None else home / name
            if path is not None and path.exists():
                stat = path.stat()
                files.append((name, stat.st_mtime_ns, stat.st_size))
        return calls, tuple(files)

    def _work_out(self, period: str, change: object) -> Books | Problem:
        began = time.monotonic()
        try:
            found = self._books(period)
        except (RecordError, OSError) as fault:
            found = Problem(reason="not_ready", where=FILE_NAME, detail=str(fault), permanent=False)
        except BaseException:
            with self._lock:
                self._running.pop(period, None)
            raise
        now = time.monotonic()
        with self._lock:
            self._kept[period] = _Kept(change, now + REST * (now - began), found)
            self._kept.move_to_end(period)
            while len(self._kept) > MOST_MONTHS:
                self._kept.popitem(last=False)
            self._running.pop(period, None)
        return found

    def _books(self, period: str) -> Books | Problem:
        home = self._home()
        if home is None:
            return Problem(reason="page_unknown", where="", detail="there is no home folder")
        outcomes, _ = read_shelf(home)
        opened = rules_in_force(home, {"tickets": tickets(outcomes)})
        problems = [*opened.problems, *(() if opened.bundle is None else check(opened.bundle.rules).errors)]
        if opened.bundle is None or problems:
            first = problems[0]
            remedy = first.remedy or "tollbook-collector rules check says more."
            return Problem(reason="rules_wrong", where=first.where, detail=first.detail, remedy=remedy)
        with _finance_file(home) as file:
            finance = Finance(file, calls=calls_of(self._record()), book=default_book())
            report = finance.reconcile(period, post=False).as_json()
            rows = tuple(leaves(finance.rows(period)))
        allocation = allocate(rows, opened.bundle.rules)
        return Books(
            period=period,
            report=report,
            rows=rows,
            bundle=opened.bundle,
            allocation=allocation,
            worked_out_at=time.time(),
        )


@contextmanager
def _finance_file(home: Path) -> Generator[FinanceFile]:
    """The finance file; where no bill was ever imported an empty one, since a page that is read makes no file."""
    path = home / FILE_NAME
    with TemporaryDirectory(prefix="tollbook-") as scratch:
        file = FinanceFile(path if path.exists() else Path(scratch) / FILE_NAME)
        try:
            yield file
        finally:
            file.close()


def months_between(first: str, last: str) -> list[str]:
    """The months of two ISO dates and all between them."""
    found = [first[:7]]
    while found[-1] < last[:7]:
        found.append(next_month(found[-1]))
    return found
