"""A first import on all cores: the pure half of a scan (read, place, prepare) in forked workers, the store stays here.

Only where a process can be forked safely: on Linux, from a command that has started no thread. Everywhere else, and
whenever a worker fails, the same work is done in this process; the result does not depend on which. A worker whose
parent is gone ends at its next lump, so that it never holds the parent's lock for long.
"""

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any

from tollbook_agent.capture.logs.discover import Found

WORTH_BYTES = 24 * 1024 * 1024
"""Less than this is read here sooner than workers are started."""
MOST_WORKERS = 4
SHARE_BYTES = 4 * 1024 * 1024
"""Files are handed out, and their results handed back, in lumps of about this size."""

type Read[T] = Callable[[Found], Iterable[T]]


def can_fork() -> bool:
    """Whether workers can be forked here and now."""
    return sys.platform == "linux" and threading.active_count() == 1 and (os.cpu_count() or 1) > 1


def read_all[T](files: Sequence[Found], read: Read[T]) -> Iterator[T]:
    """What `read` gives for every file, in any order of files."""
    if sum(found.size for found in files) < WORTH_BYTES or not can_fork():
        for found in files:
            yield from read(found)
        return
    left = dict(enumerate(_shares(files)))
    yield from _by_workers(left, read)
    for share in left.values():  # whatever a worker that failed did not get to
        for found in share:
            yield from read(found)


def _by_workers[T](left: dict[int, list[Found]], read: Read[T]) -> Iterator[T]:
    """What the workers make of the shares; those that are `left` afterwards are still to be read."""
    count = min(os.cpu_count() or 1, MOST_WORKERS)
    context = multiprocessing.get_context("fork")
    workers: list[Any] = []
    waiting: list[Connection] = []
    try:
        for number in range(count):
            receiver, sender = context.Pipe(duplex=False)
            waiting.append(receiver)
            with sender, contextlib.suppress(OSError):  # no process to be had: what it would have done is left
                worker = context.Process(target=_work, args=(list(left.items())[number::count], read, sender))
                worker.start()
                workers.append(worker)
        while waiting:
            for ready in multiprocessing.connection.wait(waiting):
                assert isinstance(ready, Connection)
                try:
                    number, results = ready.recv()
                except (EOFError, OSError):
                    ready.close()
                    waiting.remove(ready)
                    continue
                del left[number]
                yield from results
    finally:
        for receiver in waiting:
            receiver.close()
        for worker in workers:
            worker.terminate()
            worker.join()


def _work[T](shares: list[tuple[int, list[Found]]], read: Read[T], sender: Connection) -> None:
    """In a worker: its shares, one answer each. The parent decides what Ctrl-C means."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(BrokenPipeError):
        for number, share in shares:
            sender.send((number, [result for found in share for result in read(found)]))


def _shares(files: Sequence[Found]) -> list[list[Found]]:
    """Lumps of similar size, the largest files first."""
    shares: list[list[Found]] = []
    size = SHARE_BYTES
    for found in sorted(files, key=lambda each: -each.size):
        if size >= SHARE_BYTES:
            shares.append([])
            size = 0
        shares[-1].append(found)
        size += found.size
    return shares
