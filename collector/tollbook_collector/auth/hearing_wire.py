"""What passes between the server and its hearing processes: frames of a length and that many bytes.

Both ends are this program, started by this program, and nobody else can write into their pipes.
"""

import marshal
import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from tollbook.booked import Booked
from tollbook.heartbeat import Heartbeat
from tollbook.problem import Problem
from tollbook.ticket import TicketRule
from tollbook_collector.auth.principal import Principal
from tollbook_collector.prepared import Prepared
from tollbook_collector.receivers.door import Read
from tollbook_collector.receivers.routing import Taken

LENGTH_BYTES = 4

_new: Callable[[Any, tuple[Any, ...]], Any] = vars(tuple)["__new__"]
"""Makes a named tuple of a tuple that has all of its fields, in half the time."""


class Setup(NamedTuple):
    """What a hearing process has to know."""

    home: Path
    store: Path
    rule: TicketRule
    """Of the first tenant. A row that another rule made is not taken."""


class Asked(NamedTuple):
    """A request of somebody who may send."""

    principal: Principal
    read: Read


Answer = Taken | Problem | Exception
_Ready = tuple[int, int, str, bytes, tuple[int, ...], bytes, tuple[Any, ...] | None]
_Beside = tuple[str, tuple[Problem, ...], dict[str, int], tuple[Heartbeat, ...]]
"""By which projection the rows are, and what is not ready."""


class _Bodiless(NamedTuple):
    """A `Read` without its first argument: the body, which goes as it is, since pickling copies it twice."""

    function: Callable[..., Taken | Problem]
    others: tuple[Any, ...]
    named: dict[str, Any]


def send(stream: BinaryIO, *parts: bytes) -> None:
    """Write a frame.

    Raises:
        OSError: the other end is gone.
    """
    stream.write(b"".join((sum(map(len, parts)).to_bytes(LENGTH_BYTES), *parts)))
    stream.flush()


def receive(stream: BinaryIO) -> bytes:
    """Read a frame.

    Raises:
        EOFError: the other end is gone.
        OSError: it cannot be read.
    """
    length = int.from_bytes(_exactly(stream, LENGTH_BYTES))
    return _exactly(stream, length)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    raw = stream.read(size)
    if len(raw) < size:
        raise EOFError
    return raw


def pack_asked(asked: Asked | TicketRule) -> tuple[bytes, ...]:
    """A request, or another rule, as the parts of a frame."""
    body = b""
    if isinstance(asked, Asked):
        read = asked.read
        if isinstance(read, partial) and read.args and isinstance(read.args[0], bytes):
            body, *others = read.args
            asked = asked._replace(read=_Bodiless(read.func, tuple(others), read.keywords))
    head = pickle.dumps(asked, pickle.HIGHEST_PROTOCOL)
    return len(head).to_bytes(LENGTH_BYTES), head, body


def unpack_asked(raw: bytes) -> Asked | TicketRule:
    """What `pack_asked` packed."""
    end = LENGTH_BYTES + int.from_bytes(raw[:LENGTH_BYTES])
    asked = cast(Asked | TicketRule, pickle.loads(raw[LENGTH_BYTES:end]))
    if isinstance(asked, Asked) and isinstance(asked.read, _Bodiless):
        function, others, named = asked.read
        return asked._replace(read=partial(function, raw[end:], *others, **named))
    return asked


def pack(answer: Answer) -> bytes:
    """An answer as bytes. Claims and rows go as plain tuples and are marshalled: that is five times as fast, and both
    ends are one interpreter."""
    if not isinstance(answer, Taken):
        return marshal.dumps(([], _pickled(answer)))
    rows = [(*one[:6], None if one.row is None else tuple(one.row)) for one in answer.ready]
    by = answer.ready[0].by if answer.ready else ""
    beside: _Beside = (by, tuple(answer.problems), dict(answer.ignored), answer.beats)
    return marshal.dumps((rows, pickle.dumps(beside, pickle.HIGHEST_PROTOCOL)))


def _pickled(answer: Problem | Exception) -> bytes:
    """A fault that cannot travel as it is goes by its name."""
    try:
        raw = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
        pickle.loads(raw)
    except Exception:
        return pickle.dumps(RuntimeError(type(answer).__name__), pickle.HIGHEST_PROTOCOL)
    return raw


def unpack(raw: bytes) -> Answer:
    """What `pack` packed."""
    rows, pickled = cast(tuple[list[_Ready], bytes], marshal.loads(raw))
    answer: Any = pickle.loads(pickled)
    if not isinstance(answer, tuple):
        return cast(Answer, answer)
    by, problems, ignored, beats = cast(_Beside, answer)
    ready = [
        _new(
            Prepared, (start, end, observer, name, aliases, body, None if row is None else _new(Booked, row), by, None)
        )
        for start, end, observer, name, aliases, body, row in rows
    ]
    return Taken(claims=(), problems=problems, ignored=ignored, beats=beats, ready=tuple(ready))
