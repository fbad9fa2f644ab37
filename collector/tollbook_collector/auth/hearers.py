"""Hearing processes: they read requests and make their claims ready, on processors that the writer leaves free.

The server judges who sends, keeps all counts and limits, and writes; a hearing process holds nothing that was
acknowledged. One that dies costs the requests it was given, which are sent again, and is started anew. They end when
their pipe is closed, and so when the server dies, however it does.
"""

import contextlib
import logging
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, cast

from tollbook.problem import Problem
from tollbook.ticket import TicketRule
from tollbook_collector.auth.hearing_wire import Asked, Setup, pack_asked, receive, send, unpack
from tollbook_collector.auth.principal import Principal
from tollbook_collector.receivers.door import Read
from tollbook_collector.receivers.routing import Taken

PROGRAM = ("-P", "-m", "tollbook_collector.auth.hearer")
PIPE_BYTES = 1 << 20
"""A request and its answer fit into a pipe, so that neither end waits for the other in the middle."""
AT_ONCE = 4
"""Requests that a process is given before it has answered the first: as many as wait for the interpreter meanwhile."""
STOP_SECONDS = 10

_SET_PIPE_SIZE = 1031
"""Linux: F_SETPIPE_SZ."""
_LOG = logging.getLogger(__name__)


class Lost(Exception):
    """A hearing process died while it read; the same may be sent again."""


class _Life:
    """A process from its start to its end."""

    def __init__(self, setup: Setup) -> None:
        """Raises OSError: it cannot be started."""
        self.rule = setup.rule
        """What the process was told last."""
        self.ended = False
        self.last = threading.Lock()
        """Is free once the answer was read to the last who asked."""
        command = [sys.executable, *PROGRAM]
        self.process = subprocess.Popen(command, bufsize=PIPE_BYTES, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.asked, self.answers = _open(self.process.stdin), _open(self.process.stdout)
        for pipe in (self.asked, self.answers):
            _widen(pipe)
        try:
            send(self.asked, pickle.dumps(setup, pickle.HIGHEST_PROTOCOL))
        except OSError:
            _LOG.warning("hearing process %d ended at once", self.process.pid)

    def close(self) -> None:
        """End it: it has nothing to finish."""
        self.ended = True
        with contextlib.suppress(OSError):  # what could not be flushed was for a process that is gone
            self.asked.close()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.answers.close()


class _Hearer:
    """One process after another. For any thread: several ask before the first is answered, so that the process goes on
    while the server comes round to them; it answers in their order."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._life = _Life(setup)
        self._asking = threading.Lock()

    @property
    def pid(self) -> int:
        return self._life.process.pid

    def hear(self, parts: Sequence[bytes], rule: TicketRule) -> bytes:
        """The answer to a request, both packed.

        Raises:
            Lost, OSError: the process ended, or could not be started again.
        """
        mine = threading.Lock()
        with mine:
            with self._asking:
                life = self._living(rule)
                before, life.last = life.last, mine
                fault = _sent(life, parts, rule)
            if fault is None:
                with before:
                    answer = _received(life)
                if isinstance(answer, bytes):
                    return answer
                fault = answer
            self._lost(life)
        raise Lost("a hearing process ended") from fault

    def _living(self, rule: TicketRule) -> _Life:
        if self._life.ended:
            self._life = _Life(self._setup._replace(rule=rule))
        return self._life

    def _lost(self, life: _Life) -> None:
        """The first to notice that a process is gone starts the next."""
        with self._asking:
            if not life.ended:
                _LOG.warning("hearing process %d is gone; another is started", life.process.pid)
                life.process.kill()
                life.close()
                self._living(life.rule)

    def close(self) -> None:
        self._life.close()


def _sent(life: _Life, parts: Sequence[bytes], rule: TicketRule) -> BaseException | None:
    """Ask; what went wrong."""
    try:
        if rule is not life.rule:
            send(life.asked, *pack_asked(rule))
            life.rule = rule
        send(life.asked, *parts)
    except BaseException as fault:  # after half a request nothing can be understood
        return fault
    return None


def _received(life: _Life) -> bytes | BaseException:
    """The answer, or what went wrong."""
    try:
        return receive(life.answers)
    except BaseException as fault:  # after half an answer nothing it says can be understood
        return fault


class Hearers:
    """Several processes. For any thread; each waits for one that may be asked."""

    def __init__(self, home: Path, store: Path, rule: Callable[[], TicketRule], count: int) -> None:
        """Start them; they are ready some time later and hear what waits then. `rule` judges the tickets of calls now.

        Raises:
            OSError: they cannot be started.
        """
        self._rule = rule
        self._places: SimpleQueue[_Hearer] = SimpleQueue()
        """Each is there as often as it may be asked now."""
        self._all: list[_Hearer] = []
        self._closing = threading.Lock()
        for _ in range(count):
            self._all.append(_Hearer(Setup(home, store, rule())))
        for one in self._all * AT_ONCE:
            self._places.put(one)

    @property
    def pids(self) -> list[int]:
        """Of the processes."""
        return [one.pid for one in self._all]

    def hear(self, principal: Principal, read: Read) -> Taken | Problem:
        """See `Ear.hear`; `read` must be such that it can be pickled.

        Raises:
            Lost, OSError: a process died, or could not be started again.
        """
        parts = pack_asked(Asked(principal, read))
        one = self._places.get()
        try:
            found = one.hear(parts, self._rule())
        finally:
            self._places.put(one)
        answer = unpack(found)
        if isinstance(answer, Exception):
            raise answer
        return answer

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
