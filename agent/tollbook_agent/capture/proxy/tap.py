"""The tap: what the engine saw of the traffic goes through readers into the spool, off the engine's event loop.

The loop only puts a copy of each chunk into a bounded queue and goes on. A queue that is full costs the call its
ending, never the stream its speed: the exchange is then read no further, and counted. One thread reads; nothing it does
can reach the connection.
"""

import collections
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace

from tollbook.problem import Problem
from tollbook_agent.capture.observation import Observation
from tollbook_agent.capture.wire.codings import Decoder, decoder
from tollbook_agent.capture.wire.exchange import NOTHING, Found, Opened, Reader, Request, Response, SocketReader

MAX_QUEUED_BYTES = 32 * 1024 * 1024
MAX_EXCHANGES = 4_096
"""Open at once; a further one is not read, and counted."""

type Emit = Callable[[Sequence[Observation]], None]
type Open = Callable[[Request], Opened | None]


@dataclass(slots=True)
class _Exchange:
    reader: Reader | None
    socket: SocketReader | None
    connection: str | None
    request_coding: Decoder | None = None
    response_coding: Decoder | None = None


class Tap:
    """Belongs to the engine. Its methods are called on the event loop, take microseconds and never raise.

    Args:
        open_exchange: the reader for a request; asked on the loop, pure.
        emit: keeps observations; called on the tap's thread; may raise OSError.
    """

    def __init__(self, open_exchange: Open, emit: Emit) -> None:
        self._open, self._emit = open_exchange, emit
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._taken, self._done = 0, 0
        """Bytes put into the queue and bytes out of it: each is changed by one thread only."""
        self._exchanges: dict[str, _Exchange] = {}
        self.problems: collections.Counter[str] = collections.Counter()
        self.calls = 0
        self._thread = threading.Thread(target=self._run, name="tap", daemon=True)
        self._thread.start()

    def close(self, seconds: float) -> None:
        """End what is open, write what is found."""
        for name in list(self._exchanges):
            self.end(name, complete=False)
        self._queue.put(None)
        self._thread.join(seconds)

    def open(self, name: str, request: Request, connection: str | None) -> bool:
        """An exchange begins; whether anybody reads it."""
        opened = self._open(request)
        if opened is None:
            return False
        if len(self._exchanges) >= MAX_EXCHANGES:
            self.problems["too_many_exchanges"] += 1
            return False
        exchange = _Exchange(opened.reader, opened.socket, connection)
        coding = request.headers.get("content-encoding")
        if opened.reader is not None and coding:
            exchange.request_coding = decoder(coding, where=request.host)
        self._exchanges[name] = exchange
        return True

    def request_data(self, name: str, data: bytes) -> None:
        """The next bytes of a request's body."""
        if data:
            self._put(name, len(data), lambda one: self._read_request(one, data))

    def response(self, name: str, head: Response) -> None:
        """A response begins."""
        self._put(name, 0, lambda one: self._read_head(one, head))

    def response_data(self, name: str, data: bytes) -> None:
        """The next bytes of a response's body."""
        if data:
            now = time.time_ns()
            self._put(name, len(data), lambda one: self._read_response(one, data, now))

    def message(self, name: str, data: bytes, *, from_client: bool) -> None:
        """A message of a socket."""
        now = time.time_ns()
        self._put(name, len(data), lambda one: self._read_message(one, data, now, from_client))

    def end(self, name: str, *, complete: bool) -> None:
        """Nothing more comes."""
        now = time.time_ns()
        self._put(name, 0, lambda one: self._read_end(one, now, complete))
        self._exchanges.pop(name, None)

    def _put(self, name: str, size: int, step: Callable[[_Exchange], Found]) -> None:
        exchange = self._exchanges.get(name)
        if exchange is None:
            return
        if self._taken - self._done + size > MAX_QUEUED_BYTES:
            self.problems["tap_overflow"] += 1
            now = time.time_ns()
            del self._exchanges[name]
            size, step = 0, lambda one: self._read_end(one, now, False)
        self._taken += size

        def work() -> None:
            self._done += size
            self._keep(exchange, step)

        self._queue.put(work)

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            work()

    def _keep(self, exchange: _Exchange, step: Callable[[_Exchange], Found]) -> None:
        """Run one step and keep what it found. A fault of a reader ends the reading of its exchange only."""
        try:
            found = step(exchange)
        except Exception:  # ours; the stream has long gone on
            self.problems["reader_fault"] += 1
            exchange.reader = exchange.socket = None
            return
        self._count(found.problems)
        if found.observations:
            self.calls += len(found.observations)
            try:
                self._emit([replace(each, connection=exchange.connection) for each in found.observations])
            except OSError as fault:
                self.problems[f"spool_{type(fault).__name__}"] += len(found.observations)

    def _count(self, problems: Sequence[Problem]) -> None:
        for problem in problems:
            self.problems[problem.reason] += 1

    @staticmethod
    def _read_request(one: _Exchange, data: bytes) -> Found:
        if one.reader is not None:
            if one.request_coding is not None:
                data = one.request_coding.feed(data)
            one.reader.request_data(data)
        return NOTHING

    @staticmethod
    def _read_head(one: _Exchange, head: Response) -> Found:
        if one.reader is not None:
            coding = head.headers.get("content-encoding")
            one.response_coding = decoder(coding, where="response") if coding else None
            one.reader.response(head)
        return NOTHING

    @staticmethod
    def _read_response(one: _Exchange, data: bytes, now: int) -> Found:
        if one.reader is None:
            return NOTHING
        if one.response_coding is not None:
            data = one.response_coding.feed(data)
        return one.reader.response_data(data, now)

    @staticmethod
    def _read_message(one: _Exchange, data: bytes, now: int, from_client: bool) -> Found:
        return NOTHING if one.socket is None else one.socket.message(data, now, from_client=from_client)

    @staticmethod
    def _read_end(one: _Exchange, now: int, complete: bool) -> Found:
        found = NOTHING
        if one.reader is not None:
            found = one.reader.end(now, complete=complete)
        elif one.socket is not None:
            found = one.socket.end(now)
        codings = (one.request_coding, one.response_coding)
        damaged = [each.problem for each in codings if each is not None and each.problem is not None]
        one.reader = one.socket = one.request_coding = one.response_coding = None
        return Found(found.observations, (*found.problems, *damaged))


def read_headers(pairs: Sequence[tuple[str, str]], names: frozenset[str], longest: int) -> Mapping[str, str]:
    """Of all headers those with these names, in lower case; the first of several; none that is too long."""
    kept: dict[str, str] = {}
    for name, value in pairs:
        lower = name.lower()
        if lower in names and len(value) <= longest:
            kept.setdefault(lower, value)
    return kept


@contextlib.contextmanager
def never_raises(problems: collections.Counter[str]) -> Generator[None]:
    """Around everything that runs inside a stream of the tool: an exception there would cut the stream."""
    try:
        yield
    except Exception:
        problems["tee_fault"] += 1
