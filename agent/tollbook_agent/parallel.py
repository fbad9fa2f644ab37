"""A first import on all cores: the pure half of a scan (read, place, prepare) in forked workers, the store stays here.

Only where a process can be forked safely: on Linux, from a command that has started no thread. Everywhere else, and
whenever a worker fails, the same work is done in this process; the result does not depend on which.
"""

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

from tollbook_agent.capture.logs.discover import Found

WORTH_BYTES = 24 * 1024 * 1024
"""Less than this is read here sooner than workers are started."""
MOST_WORKERS = 4
SHARE_BYTES = 4 * 1024 * 1024
"""Files are handed out in lumps of about this size."""

type Read[T] = Callable[[Found], Iterable[T]]

_read: Callable[[Found], Iterable[object]] | None = None
"""What a worker does with a file; set before the fork, so that nothing has to be sent to it."""


def can_fork() -> bool:
    """Whether workers can be forked here and now."""
    return sys.platform == "linux" and threading.active_count() == 1 and (os.cpu_count() or 1) > 1


def read_all[T](files: Sequence[Found], read: Read[T]) -> Iterator[T]:
    """What `read` gives for every file, in any order of files."""
    global _read
    if sum(found.size for found in files) < WORTH_BYTES or not can_fork():
        for found in files:
            yield from read(found)
        return
    _read = read  # type: ignore[assignment]
    left = dict(enumerate(_shares(files)))
    try:
        with multiprocessing.get_context("fork").Pool(min(os.cpu_count() or 1, MOST_WORKERS)) as pool:
            for number, results in pool.imap_unordered(_work, left.items()):
                del left[number]
                yield from results  # type: ignore[misc]
    except (OSError, EOFError, multiprocessing.ProcessError):
        for share in list(left.values()):
            for found in share:
                yield from read(found)
    finally:
        _read = None


def _work(task: tuple[int, list[Found]]) -> tuple[int, list[object]]:
    """In a worker: one lump of files."""
    number, share = task
    assert _read is not None
    return number, [result for found in share for result in _read(found)]


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
