"""Hearing processes: they read requests and make their claims ready, on processors that the writer leaves free.

The server judges who sends, keeps all counts and limits, and writes; a hearing process holds nothing that was
acknowledged. One that dies costs the requests it was reading, which are sent again, and is started anew. They end when
their pipe is closed, and so when the server dies, however it does.
"""

import logging
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, cast

from tollbook.problem import Problem
from tollbook.ticket import TicketRule
from tollbook_collector.auth.hearing_wire import Asked, Setup, receive, send, unpack
from tollbook_collector.auth.principal import Principal
from tollbook_collector.receivers.door import Read
from tollbook_collector.receivers.routing import Taken

PROGRAM = ("-P", "-m", "tollbook_collector.auth.hearer")
PIPE_BYTES = 1 << 20
"""A request and its answer fit into a pipe, so that neither end waits for the other in the middle."""
STOP_SECONDS = 10

_SET_PIPE_SIZE = 1031
"""Linux: F_SETPIPE_SZ."""
_LOG = logging.getLogger(__name__)


class Lost(Exception):
    """A hearing process died while it read; the same may be sent again."""


class _Hearer:
    """One process. For one thread at a time."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        """What the process was told."""
        self._process = self._started()
        self._ended = False
        """Whether there is none because it could not be started again."""

    @property
    def pid(self) -> int:
        return self._process.pid

    def _started(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, *PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for pipe in (process.stdin, process.stdout):
            _widen(pipe)
        try:
            send(_open(process.stdin), pickle.dumps(self._setup, pickle.HIGHEST_PROTOCOL))
        except OSError:
            _LOG.warning("hearing process %d ended at once", process.pid)
        return process

    def hear(self, asked: Asked, rule: TicketRule) -> Taken | Problem:
        if self._ended:
            self._restart()
        raw = pickle.dumps(asked, pickle.HIGHEST_PROTOCOL)
        try:
            if rule is not self._setup.rule:
                self._setup = self._setup._replace(rule=rule)
                send(_open(self._process.stdin), pickle.dumps(rule, pickle.HIGHEST_PROTOCOL))
            send(_open(self._process.stdin), raw)
            found = receive(_open(self._process.stdout))
        except BaseException as fault:  # after half an answer nothing it says can be understood
            _LOG.warning("hearing process %d is gone; another is started", self._process.pid)
            self.close()
            self._ended = True
            self._restart()
            raise Lost("a hearing process ended") from fault
        answer = unpack(found)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _restart(self) -> None:
        self._process = self._started()
        self._ended = False

    def close(self) -> None:
        """End it: it has nothing to finish."""
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                _open(pipe).close()
            except OSError:
                continue  # what could not be flushed was for a process that is gone
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Hearers:
    """Several processes. For any thread; each waits for one that is idle."""

    def __init__(self, home: Path, store: Path, rule: Callable[[], TicketRule], count: int) -> None:
        """Start them; they are ready some time later and hear what waits then. `rule` judges the tickets of calls now.

        Raises:
            OSError: they cannot be started.
        """
        self._rule = rule
        self._idle: SimpleQueue[_Hearer] = SimpleQueue()
        self._all: list[_Hearer] = []
        self._closing = threading.Lock()
        for _ in range(count):
            self._all.append(_Hearer(Setup(home, store, rule())))
            self._idle.put(self._all[-1])

    @property
    def pids(self) -> list[int]:
        """Of the processes."""
        return [one.pid for one in self._all]

    def hear(self, principal: Principal, read: Read) -> Taken | Problem:
        """See `Ear.hear`; `read` must be such that it can be pickled.

        Raises:
            Lost, OSError: a process died, or could not be started again.
        """
        one = self._idle.get()
        try:
            return one.hear(Asked(principal, read), self._rule())
        finally:
            self._idle.put(one)

    def close(self) -> None:
        """End the processes. To be called when nobody hears any longer."""
        with self._closing:
            ending, self._all = self._all, []
        for one in ending:
            one.close()


def _open(pipe: object) -> BinaryIO:
    assert pipe is not None  # both were asked for
    return cast(BinaryIO, pipe)


def _widen(pipe: object) -> None:
    """Make a pipe hold a whole request, where the system can."""
    if sys.platform == "linux":
        import fcntl

        try:
            fcntl.fcntl(_open(pipe), _SET_PIPE_SIZE, PIPE_BYTES)
        except OSError:
            return  # the user has many pipes; a narrow one does it too
