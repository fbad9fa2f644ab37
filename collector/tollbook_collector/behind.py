"""Behind: one thread that works things out while nobody waits. It ends with the process, whatever it is at."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future

MOST_WAITING = 64
"""Jobs that wait; of more none is taken."""

type _Job = tuple[Future[object], Callable[[], object]]


class Behind:
    """Takes one job after the other. For any thread."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: queue.Queue[_Job] = queue.Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def submit[Value](self, work: Callable[[], Value]) -> "Future[Value] | None":
        """The future of a job; `None` where too many wait."""
        done: Future[Value] = Future()
        try:
            self._jobs.put_nowait((done, work))  # type: ignore[arg-type]
        except queue.Full:
            return None
        with self._lock:
            if self._thread is None:
                # Not waited for at the end: what it is at is only worked out, and can be again.
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
        return done

    def _run(self) -> None:
        while True:
            done, work = self._jobs.get()
            try:
                done.set_result(work())
            except BaseException as fault:
                done.set_exception(fault)
