"""Reading: threads that read requests, hand them to the writer, and tell the event loop what came of them.

A request changes threads three times and no more: from the event loop to a reader, from there to the writer, and back.
At each change somebody waits for the interpreter, beside a writer that computes for milliseconds; so what came of
several requests goes back at one wake-up.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from functools import partial
from queue import SimpleQueue
from typing import Any, NamedTuple

from tollbook.problem import Problem
from tollbook_collector.receivers.door import Came, RateLimited
from tollbook_collector.receivers.routing import Taken


class Unbooked(NamedTuple):
    """Nothing is known to be booked; the same may be sent again."""

    reason: str
    """`our_fault`; `store_busy` once the store was asked."""
    fault: BaseException


type Outcome = Taken | Problem | RateLimited | Unbooked
type Answered = asyncio.Future[Outcome]
type _Asked = tuple[Callable[[], Came], Answered]


class Reading:
    """To be made, asked and closed in one event loop."""

    def __init__(self, count: int, name: str, *, commit_seconds: float) -> None:
        """With `count` threads of that `name`. A request waits `commit_seconds` at most for its commit."""
        self._loop = asyncio.get_running_loop()
        self._commit_seconds = commit_seconds
        self._asked: SimpleQueue[_Asked | None] = SimpleQueue()
        self._outcomes: deque[tuple[Answered, Outcome]] = deque()
        self._rung = False
        """Whether the event loop was told that there are outcomes."""
        self._due: dict[Answered, float] = {}
        """Until when each that the writer has may wait, the oldest first, as the event loop counts seconds."""
        self._timer: asyncio.TimerHandle | None = None
        self._threads = [threading.Thread(target=self._run, name=f"{name}_{number}") for number in range(count)]
        for each in self._threads:
            each.start()

    def ask(self, read: Callable[[], Came]) -> Answered:
        """What comes of a request: when it is what the request held, that is durable. `read` is called in a thread.
        Who cancels it before the writer has it takes the request back."""
        if self._timer is None:  # whatever is asked from now on is not late before
            self._timer = self._loop.call_later(self._commit_seconds, self._look_at_clock)
        answered: Answered = self._loop.create_future()
        self._asked.put((read, answered))
        return answered

    def close(self) -> None:
        """Read what waits, end the threads."""
        for _ in self._threads:
            self._asked.put(None)
        for each in self._threads:
            each.join()
        if self._timer is not None:
            self._timer.cancel()

    def _run(self) -> None:
        while (asked := self._asked.get()) is not None:
            read, answered = asked
            if not answered.done():
                self._read(read, answered)
            del asked, read, answered  # or the bytes would be kept until the next request

    def _read(self, read: Callable[[], Came], answered: Answered) -> None:
        try:
            found, sink = read()
        except RateLimited as fault:
            return self._tell(answered, fault)
        except BaseException as fault:
            return self._tell(answered, Unbooked("our_fault", fault))
        if isinstance(found, Problem) or not (found.bookable or found.problems):
            return self._tell(answered, found)
        if answered.done():
            return None
        self._due[answered] = time.monotonic() + self._commit_seconds
        try:
            booked = sink.submit(found.bookable, found.problems)
        except BaseException as fault:
            return self._tell(answered, Unbooked("store_busy", fault))
        return booked.add_done_callback(partial(self._booked, answered, found))

    def _booked(self, answered: Answered, found: Taken, booked: "Future[Any]") -> None:
        """The commit was made, or failed; said by the writer's thread."""
        fault = CancelledError() if booked.cancelled() else booked.exception()
        self._tell(answered, found if fault is None else Unbooked("store_busy", fault))

    def _tell(self, answered: Answered, outcome: Outcome) -> None:
        """From any thread. Put down before looking whether it was rung: `_deliver` does it the other way round."""
        self._outcomes.append((answered, outcome))
        if not self._rung:
            self._rung = True
            try:
                self._loop.call_soon_threadsafe(self._deliver)
            except RuntimeError:
                return  # the event loop has ended: nobody waits

    def _deliver(self) -> None:
        self._rung = False
        while self._outcomes:
            answered, outcome = self._outcomes.popleft()
            self._due.pop(answered, None)
            if not answered.done():  # else its sender has hung up, or it came too late
                answered.set_result(outcome)

    def _look_at_clock(self) -> None:
        """Who has waited too long is answered; the writer goes on with what it has begun."""
        now = self._loop.time()
        due = self._due.copy()  # readers put more in meanwhile
        late = [answered for answered, until in due.items() if until <= now]
        for answered in late:
            del self._due[answered]
            if not answered.done():
                answered.set_result(Unbooked("store_busy", TimeoutError()))
        following = min([until for until in due.values() if until > now], default=now + self._commit_seconds)
        self._timer = self._loop.call_at(following, self._look_at_clock)
