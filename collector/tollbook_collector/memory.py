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
OLDEST_NS = 60 * 10**9
"""An answer that is out of date is told for so long after it was begun, and only to who may be told such. Who keeps
answers warm may allow more, up to `LONGEST_NS`: see `Memory.allow`."""
LONGEST_NS = 600 * 10**9
REST = 4
"""An answer that may be told old is worked out anew behind after so many times as long as it took: one that changes
all the time and is asked for all the time takes a fifth of one processor."""
QUICK_NS = 5 * 10**6
"""What is worked out as fast as this is never told old: the nine answers of a page are a twentieth of a second then."""

_LOG = logging.getLogger(__name__)


class Told[Value](NamedTuple):
    """A value, and how long ago (nanoseconds) everything was in it; 0 where nothing has changed since."""

    value: Value
    age_ns: int


class _Kept(NamedTuple):
    change: Hashable
    begun: int
    took_ns: int
    value: Any


class Memory:
    """Remembers what `compute` gave. Values must not be changed by who gets them."""

    def __init__(self, *, most: int = MOST_ANSWERS, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._most = most
        self._clock = clock
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._working: dict[Hashable, Future[Any]] = {}
        self._refreshed: set[Hashable] = set()
        """Keys that are being worked out behind, or wait for it."""
        self._lock = threading.Lock()
        self._behind = Behind("memory")
        self._oldest_ns = OLDEST_NS

    def allow(self, age_ns: int) -> None:
        """Let answers be told until they are so old, within `OLDEST_NS` and `LONGEST_NS`."""
        self._oldest_ns = min(max(age_ns, OLDEST_NS), LONGEST_NS)

    def get[Value](
        self, key: Hashable, change: Hashable, compute: Callable[[], Value], *, may_be_old: bool = False
    ) -> Value:
        """The value of a key as of a change, or a little older.

        Raises:
            whatever `compute` raises; nothing is remembered then.
        """
        return self.told(key, change, compute, may_be_old=may_be_old).value

    def told[Value](
        self, key: Hashable, change: Hashable, compute: Callable[[], Value], *, may_be_old: bool = False
    ) -> Told[Value]:
        """The value of a key with its age.

        Raises:
            whatever `compute` raises; nothing is remembered then.
        """
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                if kept.change == change:
                    return Told(kept.value, 0)
                if may_be_old and self._may_tell(kept):
                    age_ns = self._clock() - kept.begun
                    if key not in self._refreshed and age_ns >= (1 + REST) * kept.took_ns:
                        self._refresh(key, change, compute)
                    return Told(kept.value, age_ns)
            waiting = self._working.get((key, change))
            mine: Future[Any] | None = None
            if waiting is None:
                mine = self._working[(key, change)] = Future()
        if mine is not None:
            self._work_out(key, change, mine, compute)
            return Told(mine.result(), 0)
        assert waiting is not None
        return Told(waiting.result(), 0)

    def _may_tell(self, kept: _Kept) -> bool:
        """Whether an answer that is out of date may still be told."""
        return kept.took_ns > QUICK_NS and self._clock() - kept.begun < self._oldest_ns

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
            self._kept[key] = _Kept(change, began, self._clock() - began, value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        mine.set_result(value)

    def _refresh(self, key: Hashable, change: Hashable, compute: Callable[[], Any]) -> None:
        """Have it worked out anew behind. Under the lock; where too much waits already, it is left to who asks next."""

        def quietly() -> None:
            try:
                self.get(key, change, compute)
            except Exception as fault:  # whatever it is: who asks when the old answer has run out is told
                _LOG.warning("an answer could not be worked out anew: %s", type(fault).__name__)
            finally:
                with self._lock:
                    self._refreshed.discard(key)

        if self._behind.submit(quietly) is not None:
            self._refreshed.add(key)

    def forget(self) -> None:
        """Forget everything: the next to ask gets what is true now."""
        with self._lock:
            self._kept.clear()
