"""The one thread that writes the record: groups what waits into one transaction, answers after its commit."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import NamedTuple, Protocol

from tollbook.claim import Claim
from tollbook.problem import Problem
from tollbook_collector.booking import Booking
from tollbook_collector.prepared import Prepared
from tollbook_collector.store.record.errors import Overloaded, Retryable

MAX_WAITING = 50_000
"""Claims and problems that may wait; more are refused with `Overloaded`. About 100 MB at most."""
GROUP = 2_000
"""Claims and problems after which a transaction takes no further submission."""
CLOSE_SECONDS = 60
"""How long closing waits for the last commits."""

_LOG = logging.getLogger(__name__)


class Book(Protocol):
    """Where batches are booked: the record."""

    def book(self, claims: Sequence[Claim | Prepared], problems: Sequence[Problem] = (), *, now_ns: int) -> Booking: ...


class _Submission(NamedTuple):
    claims: Sequence[Claim | Prepared]
    problems: Sequence[Problem]
    done: "Future[Booking]"

    @property
    def size(self) -> int:
        return len(self.claims) + len(self.problems)


class Writer:
    """Group commit. `submit` may be called from any thread; `close` commits what waits and ends the thread."""

    def __init__(self, record: Book, *, clock: Callable[[], int] = time.time_ns) -> None:
        self._record = record
        self._clock = clock
        self._waiting: deque[_Submission] = deque()
        self._size = 0
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="record-writer", daemon=True)
        self._thread.start()

    def submit(self, claims: Sequence[Claim | Prepared], problems: Sequence[Problem] = ()) -> "Future[Booking]":
        """A future that is done after the commit that holds the claims, with what that whole commit changed.

        Raises:
            Overloaded: too much waits, or the writer is closing; send the same again later.
        """
        one = _Submission(claims, problems, Future())
        with self._changed:
            if self._closing:
                raise Overloaded("the collector is stopping")
            if self._waiting and self._size + one.size > MAX_WAITING:
                raise Overloaded(f"{self._size} claims wait to be booked")
            self._waiting.append(one)
            self._size += one.size
            self._changed.notify()
        return one.done

    def close(self) -> None:
        """Refuse what comes, commit what waits, end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while (group := self._next_group()) is not None:
            if group:
                self._book(group)

    def _next_group(self) -> list[_Submission] | None:
        """What waits, up to the size of a group; `None` when closing and nothing waits."""
        with self._changed:
            while not self._waiting:
                if self._closing:
                    return None
                self._changed.wait()
            group: list[_Submission] = []
            size = 0
            while self._waiting and (not group or size + self._waiting[0].size <= GROUP):
                one = self._waiting.popleft()
                self._size -= one.size
                if one.done.set_running_or_notify_cancel():
                    group.append(one)
                    size += one.size
            return group

    def _book(self, group: list[_Submission]) -> None:
        try:
            booking = self._record.book(
                [claim for one in group for claim in one.claims],
                [problem for one in group for problem in one.problems],
                now_ns=self._clock(),
            )
        except Retryable as fault:
            for one in group:
                one.done.set_exception(fault)
        except Exception as fault:
            _LOG.exception("a batch of %d submissions could not be booked", len(group))
            if len(group) == 1:
                group[0].done.set_exception(fault)
                return
            for one in group:  # one bad submission must not take its neighbours along
                self._book([one])
        else:
            for one in group:
                one.done.set_result(booking)
