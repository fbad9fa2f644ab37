"""Months: the books of each tenant's months, worked out behind the pages by its finance desk, one at a time, and kept.

What a month says depends on its calls and on the finance file. A month is worked out anew when either changes, yet no
oftener than `REST` times as long as it took: pages must not keep a collector from collecting.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tollbook.problem import Problem
from tollbook_collector.auth.principal import Principal
from tollbook_collector.auth.service import Service
from tollbook_collector.auth.view import EVERYTHING
from tollbook_collector.behind import Behind
from tollbook_collector.finance_desk import tenant_home
from tollbook_collector.ledger.periods import next_month
from tollbook_collector.month_books import Books
from tollbook_collector.store.finance.sqlite import FILE_NAME
from tollbook_collector.store.record.errors import EngineError, RecordError

MOST_MONTHS = 24
"""Months kept, of all tenants."""
RELOAD_SECONDS = 3
"""After which a page looks again for a month that is being worked out."""
PATIENCE_SECONDS = 2.0
"""How long a page waits for a month before it says that it is being worked out."""
REST = 30
RETRY_SECONDS = 3.0
"""After which a month that could not be worked out may be tried again."""

type _Key = tuple[int, str]
"""(tenant, month)"""


class Told(NamedTuple):
    """A month, or why there is none, and the moment (UTC nanoseconds) up to which everything is in it."""

    books: Books | Problem
    as_of: int


class _Kept(NamedTuple):
    change: object
    rests_until: float
    """The moment (monotonic) from which it may be worked out anew."""
    told: Told


class Months:
    """For any thread."""

    def __init__(self, service: Callable[[], Service | None]) -> None:
        self._service = service
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._running: dict[_Key, Future[_Kept]] = {}
        self._lock = threading.Lock()
        self._behind = Behind("months")

    @property
    def are_kept(self) -> bool:
        """Whether this collector keeps books at all."""
        service = self._service()
        return service is not None and service.home is not None

    def any_bills(self, tenant: int) -> bool:
        """Whether any bill of a tenant was imported; also where that cannot be known now: its months say why."""
        service = self._service()
        if service is None or service.posted is None:
            return False
        try:
            return service.posted.any_bills(tenant)
        except (RecordError, EngineError):
            return True

    def books(self, tenant: int, period: str, patience: float = PATIENCE_SECONDS) -> Told | None:
        """A month; `None` where it is still being worked out for the first time after `patience` seconds.

        Raises:
            Retryable: the collector is starting or stopping, or has no room for another tenant.
        """
        service = self._service()
        if service is None:
            return None
        key, change = (tenant, period), _change(service, tenant)
        with self._lock:
            kept, running = self._kept.get(key), self._running.get(key)
            stale = kept is None or (kept.change != change and time.monotonic() >= kept.rests_until)
            if stale and running is None:
                running = self._behind.submit(lambda: self._work_out(service, key, change))
                if running is not None:
                    self._running[key] = running
        if running is not None:
            with suppress(NotYet):
                kept = running.result(patience)
        if kept is None:
            return None
        return kept.told._replace(as_of=service.directory.now_ns) if kept.change == change else kept.told

    def _work_out(self, service: Service, key: _Key, change: object) -> _Kept:
        began, as_of = time.monotonic(), service.directory.now_ns
        try:
            found = _books(service, *key)
        except BaseException:
            with self._lock:
                self._running.pop(key, None)
            raise
        now = time.monotonic()
        lasts = not isinstance(found, Problem) or found.permanent
        rests = REST * (now - began) if lasts else RETRY_SECONDS
        kept = _Kept(change if lasts else object(), now + rests, Told(found, as_of))
        with self._lock:
            self._kept[key] = kept
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_MONTHS:
                self._kept.popitem(last=False)
            self._running.pop(key, None)
        return kept


def _change(service: Service, tenant: int) -> object:
    """Changes whenever a month of a tenant may."""
    counts = service.tenants.record(tenant).counts()
    calls = tuple(counts[name] for name in ("calls", "claims", "last_booked_at"))
    home = service.home
    if home is None:
        return calls, ()
    own = tenant_home(home, tenant)
    paths = (home / FILE_NAME, home / f"{FILE_NAME}-wal", own / "rules.yaml", own / "outcomes")
    return calls, tuple(map(_stamp, paths))


def _stamp(path: Path) -> tuple[int, int] | None:
    """When a file was last written, and its size; nothing where it is not there."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _books(service: Service, tenant: int, period: str) -> Books | Problem:
    """The tenant's finance desk, asked by the collector itself: who looks is judged by the page."""
    try:
        desk = service.answers_of(Principal(tenant=tenant, kind=None), EVERYTHING).finance()
        return desk if isinstance(desk, Problem) else desk.books(period)
    except (RecordError, OSError) as fault:
        return Problem(reason="not_ready", where=FILE_NAME, detail=str(fault), permanent=False)


def months_between(first: str, last: str) -> list[str]:
    """The months of two ISO dates and all between them."""
    found = [first[:7]]
    while found[-1] < last[:7]:
        found.append(next_month(found[-1]))
    return found
