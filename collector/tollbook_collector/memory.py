"""Memory: answers kept until what they were worked out from changes. Bounded; for any thread.

Whoever asks at the same time for the same thing waits for one working-out. Whoever may be told something a little old
is told it at once, while one thread behind works it out anew.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

MOST_ANSWERS = 256
"""Answers kept; of more the longest unasked is forgotten."""
OLDEST_NS = 60 * 10**9
"""An answer that is out of date is told for so long at most, and only to who may be told such."""

_LOG = logging.getLogger(__name__)


class _Kept(NamedTuple):
    change: Hashable
    at: int
    value: Any


class Memory:
    """Remembers what `compute` gave. Values must not be changed by who gets them."""

    def __init__(self, *, most: int = MOST_ANSWERS, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._most = most
        self._clock = clock
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._working: dict[Hashable, Future[Any]] = {}
        self._lock = threading.Lock()
        self._behind: ThreadPoolExecutor | None = None

    def get[Value](
        self, key: Hashable, change: Hashable, compute: Callable[[], Value], *, may_be_old: bool = False
    ) -> Value:
        """The value of a key as of a change.

        Raises:
            whatever `compute` raises; nothing is remembered then.
        """
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                if kept.change == change:
                    return kept.value
            old = kept is not None and may_be_old and self._clock() - kept.at < OLDEST_NS
            waiting = self._working.get((key, change))
            mine: Future[Any] | None = None
            if waiting is None:
                mine = self._working[(key, change)] = Future()
                if old:
                    self._behind = self._behind or ThreadPoolExecutor(1, thread_name_prefix="memory")
                    self._behind.submit(self._quietly, key, change, mine, compute)
        if old and kept is not None:
            return kept.value
        if mine is not None:
            self._work_out(key, change, mine, compute)
            return mine.result()
        assert waiting is not None
        return waiting.result()

    def _work_out(self, key: Hashable, change: Hashable, mine: Future[Any], compute: Callable[[], Any]) -> None:
        try:
            value = compute()
        except BaseException as fault:
            with self._lock:
                del self._working[(key, change)]
            mine.set_exception(fault)
            return
        with self._lock:
            del self._working[(key, change)]
            self._kept[key] = _Kept(change, self._clock(), value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        mine.set_result(value)

    def _quietly(self, key: Hashable, change: Hashable, mine: Future[Any], compute: Callable[[], Any]) -> None:
        self._work_out(key, change, mine, compute)
        fault = mine.exception()
        if fault is not None:
            _LOG.warning("an answer could not be worked out anew: %s", type(fault).__name__)

    def forget(self) -> None:
        """Forget everything: the next to ask gets what is true now."""
        with self._lock:
            self._kept.clear()

    def close(self) -> None:
        """End the thread behind; what it works on is finished first."""
        with self._lock:
            behind, self._behind = self._behind, None
        if behind is not None:
            behind.shutdown(cancel_futures=False)
