"""Memory: answers kept until what they were worked out from changes. Bounded; for any thread.

Whoever asks at the same time for the same thing waits for one working-out. Whoever may be told something a little old
is told it at once, while one thread behind works it out anew.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, NamedTuple

from tollbook_collector.behind import Behind

MOST_ANSWERS = 256
"""Answers kept; of more the longest unasked is forgotten."""
OLDEST_NS = 600 * 10**9
"""An answer that is out of date is told for so long at most, and only to who may be told such."""

QUICK_NS = 50 * 10**6
"""What is worked out as fast as this is never told old."""

_LOG = logging.getLogger(__name__)


class _Kept(NamedTuple):
    change: Hashable
    at: int
    took_ns: int
    value: Any


class Memory:
    """Remembers what `compute` gave. Values must not be changed by who gets them."""

    def __init__(self, *, most: int = MOST_ANSWERS, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._most = most
        self._clock = clock
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._working: dict[Hashable, Future[Any]] = {}
        self._lock = threading.Lock()
        self._behind = Behind("memory")

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
            old = kept is not None and may_be_old and self._may_tell(kept)
            waiting = self._working.get((key, change))
            mine: Future[Any] | None = None
            if waiting is None:
                mine = self._working[(key, change)] = Future()
        if old and kept is not None:
            if mine is not None:
                self._work_out_behind(key, change, mine, compute)
            return kept.value
        if mine is not None:
            self._work_out(key, change, mine, compute)
            return mine.result()
        assert waiting is not None
        return waiting.result()

    def _may_tell(self, kept: _Kept) -> bool:
        """Whether an answer that is out of date may still be told."""
        return kept.took_ns > QUICK_NS and self._clock() - kept.at < OLDEST_NS

    def _work_out(self, key: Hashable, change: Hashable, mine: Future[Any], compute: Callable[[], Any]) -> None:
        began = self._clock()
        try:
            value = compute()
        except BaseException as fault:
            with self._lock:
                del self._working[(key, change)]
            mine.set_exception(fault)
            return
        with self._lock:
            del self._working[(key, change)]
            self._kept[key] = _Kept(change, self._clock(), self._clock() - began, value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        mine.set_result(value)

    def _work_out_behind(self, key: Hashable, change: Hashable, mine: Future[Any], compute: Callable[[], Any]) -> None:
        def quietly() -> None:
            self._work_out(key, change, mine, compute)
            fault = mine.exception()
            if fault is not None:
                _LOG.warning("an answer could not be worked out anew: %s", type(fault).__name__)

        if self._behind.submit(quietly) is None:
            self._work_out(key, change, mine, compute)

    def forget(self) -> None:
        """Forget everything: the next to ask gets what is true now."""
        with self._lock:
            self._kept.clear()
