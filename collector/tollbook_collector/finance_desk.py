"""The finance desk: one tenant's bills, reconciliation, allocation and exports, as far as whoever asks may see them."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tollbook.prices import default_book
from tollbook.problem import Problem
from tollbook_collector.allocate.engine import allocate
from tollbook_collector.allocate.explain import explain
from tollbook_collector.allocate.report import tabulate
from tollbook_collector.auth.table import WITHHELD
from tollbook_collector.bills.admit import admission_json
from tollbook_collector.bills.read import BillFile
from tollbook_collector.bills.texts import is_month, month_days
from tollbook_collector.export.files import focus_csv, focus_json
from tollbook_collector.export.focus import focus_rows
from tollbook_collector.finance import CallsOf, Finance
from tollbook_collector.ground import Ground, read_ground
from tollbook_collector.month_books import Books, read_books
from tollbook_collector.nearest import suggestion
from tollbook_collector.outcomes.unit_answer import UNITS, months_for, unit_answer
from tollbook_collector.store.finance.sqlite import DEFAULT_TENANT, FILE_NAME, FinanceFile
from tollbook_collector.store.record.errors import RecordError, Retryable

WAIT_SECONDS = 60.0
"""How long a question waits for the one before it: each may read a month of calls."""
PERSONAL = "engineer"
"""The dimension whose values are people."""
_TURN = threading.Lock()

type Note = Callable[[str, str], None]
"""(action, detail) into the audit log."""
type Answer = dict[str, Any] | Problem


class Download(NamedTuple):
    """A file as an answer."""

    name: str
    media_type: str
    text: str


def tenant_home(home: Path, tenant: int) -> Path:
    """Where a tenant's rules and outcomes lie: the collector's home for the first, a folder of its own for others."""
    return home if tenant == DEFAULT_TENANT else home / "tenants" / str(tenant)


class FinanceDesk:
    """Answers one question at a time. Amounts are integer nano-dollars."""

    def __init__(
        self, home: Path, tenant: int, calls: CallsOf, *, names: Callable[[str], str] | None, note: Note
    ) -> None:
        """`names` gives the name of an engineer to be shown, `None` where people are not to be seen."""
        self._home = home
        self._tenant = tenant
        self._calls = calls
        self._names = names
        self._note = note

    def bills(self) -> Answer:
        """Every document and what became of it."""
        with self._finance() as finance:
            return {"documents": finance.documents()}

    def reconciliation(self, period: str, *, explained: bool = False) -> Answer:
        """A month's cells as they would be posted now; nothing is."""
        return self._reconciled(period, post=False, explained=explained)

    def post(self, period: str) -> Answer:
        """Reconcile a month and post what changed."""
        answer = self._reconciled(period, post=True, explained=False)
        if not isinstance(answer, Problem):
            self._note("reconcile", period)
        return answer

    def _reconciled(self, period: str, *, post: bool, explained: bool) -> Answer:
        if not is_month(period):
            return _no_month(period)
        with self._finance(made=post) as finance:
            answer = finance.reconcile(period, post=post).as_json(explain=explained)
        for row in answer["rows"]:
            row["owner"] = self._person(row["owner"])
            for share in row.get("shares", ()):
                share["engineer"], share["owner"] = self._person(share["engineer"]), self._person(share["owner"])
        return answer

    def books(self, period: str) -> Books | Problem:
        """A month as it stands, for pages: what is shown of its people is theirs to decide."""
        if not is_month(period):
            return _no_month(period)
        with self._finance() as finance:
            return read_books(tenant_home(self._home, self._tenant), finance, period)

    def faults(self) -> Answer:
        """What is wrong with the ledger."""
        with self._finance() as finance:
            return {"faults": finance.verify()}

    def take(self, name: str, raw: bytes, scope: str | None) -> Answer:
        """Keep the documents of a file, all of them or none."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        with self._finance(made=True) as finance:
            found = finance.import_files([BillFile(name, raw)], pulled_at=now, scope=scope)
        if found.problems:
            return found.problems[0]
        self._note("bill_import", name)
        return {"documents": [admission_json(one) for one in found.admissions]}

    def close(self, period: str) -> Answer:
        """Close a month for good."""
        if not is_month(period):
            return _no_month(period)
        with self._finance(made=True) as finance:
            done = finance.close(period)
        if isinstance(done, Problem):
            return done
        self._note("period_close", period)
        return {"period": period, "state": "closed", "ledger_hash": done}

    def allocation(self, period: str, dimension: str) -> Answer:
        """A month's money by a dimension of the rules."""
        ground = self._ground(period, dimension)
        if isinstance(ground, Problem):
            return ground
        table = tabulate(allocate(ground.rows, ground.bundle.rules), [dimension])
        return {"period": period, "bundle": ground.bundle.id, **self._table(table.as_json(), dimension)}

    def explanation(self, period: str, dimension: str, value: str | None) -> Answer:
        """Which rules brought a value its money."""
        ground = self._ground(period, dimension)
        if isinstance(ground, Problem):
            return ground
        allocation = allocate(ground.rows, ground.bundle.rules)
        found = explain(allocation, ground.bundle.rules, dimension, value)
        return {"period": period, "bundle": ground.bundle.id, **found.as_json()}

    def unit_cost(self, period: str, per: str, team: str | None) -> Answer:
        """What one unit of `UNITS` cost."""
        if per not in UNITS:
            return _wrong("per", f"{per[:40]!r} is no unit", suggestion(per, UNITS))
        ground = self._ground(period, None, months_for(per))
        return ground if isinstance(ground, Problem) else unit_answer(ground, per=per, period=period, team=team)

    def focus(self, period: str, form: str) -> Download | Problem:
        """A month's FOCUS rows."""
        if form not in ("csv", "json"):
            return _wrong("format", f"{form[:40]!r} is no format here", "It is csv or json.")
        ground = self._ground(period, None)
        if isinstance(ground, Problem):
            return ground
        allocation = allocate(ground.rows, ground.bundle.rules)
        rows = list(focus_rows(allocation, *month_days(period), ground.bundle.id, self._shown_engineer))
        self._note("export", f"focus {period}")
        if form == "csv":
            return Download(f"focus-{period}.csv", "text/csv", focus_csv(rows))
        return Download(f"focus-{period}.json", "application/json", focus_json(rows))

    def _ground(self, period: str, dimension: str | None, months: int = 1) -> Ground | Problem:
        if not is_month(period):
            return _no_month(period)
        if dimension == PERSONAL and self._names is None:
            return Problem(
                reason="forbidden", where="by", detail="this role sees no single people", remedy="Ask by team."
            )
        with self._finance() as finance:
            home = tenant_home(self._home, self._tenant)
            ground, problems = read_ground(home, finance.rows, period, months=months)
        if ground is None:
            return problems[0]
        names = ground.bundle.rules.names
        if dimension is not None and dimension not in names:
            return _wrong("by", f"{dimension[:40]!r} is no dimension of the rules", suggestion(dimension, names))
        return ground

    def _table(self, answer: dict[str, Any], dimension: str) -> dict[str, Any]:
        if dimension == PERSONAL:
            for row in answer["rows"]:
                row["key"] = [self._person(each) for each in row["key"]]
        return answer

    def _person(self, value: str | None) -> str | None:
        """An owner or an engineer as it may be shown; owners that are no people stay as they are."""
        if not value or not ("@" in value or value.startswith("person-")):
            return value
        return self._shown_engineer(value)

    def _shown_engineer(self, engineer: str) -> str:
        return WITHHELD if self._names is None else self._names(engineer)

    @contextmanager
    def _finance(self, *, made: bool = False) -> Generator[Finance]:
        """The finance file, opened for one question; where there is none an empty one, which is kept where it is to be
        `made`: who only reads leaves no file behind.

        Raises:
            Retryable: it is in use, or cannot be opened now.
        """
        if not _TURN.acquire(timeout=WAIT_SECONDS):
            raise Retryable("another question about bills is being answered")
        path = self._home / FILE_NAME
        try:
            with TemporaryDirectory(prefix="tollbook-") as scratch:
                try:
                    file = FinanceFile(path if made or path.exists() else Path(scratch) / FILE_NAME, self._tenant)
                except (RecordError, OSError) as fault:
                    raise Retryable(str(fault)) from fault
                try:
                    yield Finance(file, calls=self._calls, book=default_book())
                finally:
                    file.close()
        finally:
            _TURN.release()


def _no_month(period: str) -> Problem:
    return _wrong("period", f"{period[:40]!r} is no month", "Write it as 2026-10.")


def _wrong(name: str, what: str, remedy: str) -> Problem:
    return Problem(reason="parameter_wrong", where=name, detail=what, remedy=remedy)
