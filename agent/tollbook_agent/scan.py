"""scan: read what is new in every log file, and store it. The same code serves the command and the resident process."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import PurePath

import zstandard

from tollbook.prepare import Prepared
from tollbook.problem import Problem
from tollbook_agent.capture.logs import tail
from tollbook_agent.capture.logs.discover import Found
from tollbook_agent.capture.logs.readers import READERS
from tollbook_agent.parallel import read_all
from tollbook_agent.pipeline import Pipeline
from tollbook_agent.store.connect import FileCursor
from tollbook_agent.store.store import Discard, Store

BATCH_CLAIMS = 4096
"""Claims of one transaction, about."""
UNREADABLE = "file_unreadable"
FAULT = "reader_fault"
"""A fault in this program."""
_STATES = (UNREADABLE, FAULT)
"""Reasons of discards that say how a file is now; all others count places in it."""
_TIMES = re.compile(r"(?:^| )x([0-9]{1,15})$")

Progress = Callable[[int, int], None]
"""Called with (bytes read so far, bytes there are to read)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What one piece of one file says."""

    path: str
    batch: tuple[Prepared, ...]
    cursor: FileCursor | None
    """`None` for the unfinished last line: it will be read again."""
    discards: tuple[Discard, ...] = ()
    restarted: bool = False
    moved: str | None = None
    """Where the file was known before."""
    read_bytes: int = 0


@dataclass(slots=True)
class Scanned:
    """What a scan did."""

    files: int = 0
    read_files: int = 0
    read_bytes: int = 0
    calls: int = 0
    """New or changed."""
    discards: Counter[str] = field(default_factory=Counter[str])


def digest(
    found: Found, cursor: FileCursor | None, adopt: tail.Adopt, pipeline: Pipeline, now_ns: int
) -> Iterator[Digest]:
    """The pieces of one changed file since its cursor.

    A file that cannot be read is one discard, tried again at every look. One that has vanished since it was found is
    nothing. One that a reader fails on is tried again from its beginning when it has changed.
    """
    name = PurePath(found.path).name
    try:
        found.path.encode()  # the store keeps text; a name that is none, Linux allows that, cannot be kept
        start = tail.start(found, cursor, adopt)
        moved = _moved(cursor, start, adopt)
        state, offset, proof, restarted = start.state, start.offset, start.proof, start.restarted
        read = READERS[found.reader]
        for piece in tail.pieces(found.path, start.offset):
            result = read(piece.data, state, name=name, fallback_time=found.mtime_ns)
            batch, problems = pipeline.run(result.observations, now_ns=now_ns)
            if piece.provisional:
                yield Digest(path=found.path, batch=tuple(batch), cursor=None)
                continue
            problems += result.problems + [Problem(reason="line_too_long", where=name)] * piece.skipped_lines
            size = piece.offset - offset
            state, offset = result.state, piece.offset
            proof = tail.proof(found.path, offset, piece.data)
            yield Digest(
                path=found.path,
                batch=tuple(batch),
                cursor=_cursor(found, start.head, offset, state, proof, now_ns),
                discards=_discards(found.path, problems),
                restarted=restarted,
                moved=moved,
                read_bytes=size,
            )
            restarted, moved = False, None
        done = _cursor(found, start.head, offset, state, proof, now_ns)
        yield Digest(path=found.path, batch=(), cursor=done._replace(size=found.size), restarted=restarted, moved=moved)
    except FileNotFoundError:
        return
    except (OSError, zstandard.ZstdError, UnicodeEncodeError) as fault:
        path = found.path.encode(errors="backslashreplace").decode()
        problem = Problem(reason=UNREADABLE, where=name, detail=type(fault).__name__, permanent=False)
        yield Digest(path=path, batch=(), cursor=None, discards=_discards(path, [problem]))
    except Exception as fault:  # ours, but one file must not keep all others from being read, now and at every start
        problem = Problem(reason=FAULT, where=name, detail=type(fault).__name__, permanent=False)
        again = _cursor(found, b"", 0, "", tail.NOTHING, now_ns)._replace(size=found.size)
        yield Digest(path=found.path, batch=(), cursor=again, discards=_discards(found.path, [problem]))


def _moved(cursor: FileCursor | None, start: tail.Start, adopt: tail.Adopt) -> str | None:
    if cursor is not None or not start.head:
        return None
    before = adopt(start.head)
    return None if before is None else before.path


def _cursor(found: Found, head: bytes, offset: int, state: str, proof: bytes, now_ns: int) -> FileCursor:
    """A cursor in the middle of a file never looks unchanged: its size is impossible until the file is done."""
    return FileCursor(
        found.path, found.reader, found.device, found.inode, -1, found.mtime_ns, offset, head, proof, state, now_ns
    )


def _discards(path: str, problems: Iterable[Problem]) -> tuple[Discard, ...]:
    """Problems by reason; readers have counted those of one kind, and their detail ends in the number."""
    counted: dict[str, Discard] = {}
    for problem in problems:
        times = _TIMES.search(problem.detail)
        count, detail = (int(times[1]), problem.detail[: times.start()]) if times else (1, problem.detail)
        before = counted.get(problem.reason)
        count += 0 if before is None else before.count
        counted[problem.reason] = Discard(path=path, reason=problem.reason, count=count, detail=detail)
    return tuple(counted.values())


class _Batch:
    """Digests waiting for one transaction."""

    def __init__(self, store: Store, scanned: Scanned, known: dict[str, FileCursor], now_ns: int) -> None:
        self._store, self._scanned, self._known, self._now_ns = store, scanned, known, now_ns
        self._digests: list[Digest] = []
        self._claims = 0

    def add(self, one: Digest) -> None:
        self._digests.append(one)
        self._claims += len(one.batch)
        self._scanned.read_bytes += one.read_bytes
        for each in one.discards:
            self._scanned.discards[each.reason] += each.count
        if self._claims >= BATCH_CLAIMS:
            self.flush()

    def flush(self) -> None:
        """Store them; only then is `known` what the store has."""
        if not self._digests:
            return
        cursors = {one.path: one.cursor for one in self._digests if one.cursor is not None}
        moved = [one.moved for one in self._digests if one.moved is not None]
        self._scanned.calls += self._store.commit(
            [each for one in self._digests for each in one.batch],
            list(cursors.values()),
            [each for one in self._digests for each in one.discards],
            restarted=[one.path for one in self._digests if one.restarted],
            moved=moved,
            cleared=[(path, reason) for path in dict.fromkeys(one.path for one in self._digests) for reason in _STATES],
            now_ns=self._now_ns,
        )
        self._known.update(cursors)
        for path in moved:
            self._known.pop(path, None)
        self._digests, self._claims = [], 0


def scan(
    store: Store,
    pipeline: Pipeline,
    files: Iterable[Found],
    known: dict[str, FileCursor],
    *,
    clock: Callable[[], int] = time.time_ns,
    progress: Progress | None = None,
    parallel: bool = False,
) -> Scanned:
    """Read and store what is new in these files; `known` is brought up to date.

    `parallel` allows a large import to fork workers: only for a process that has started no thread.
    """
    scanned = Scanned()
    every = list(files)
    changed = [found for found in every if not tail.unchanged(found, known.get(found.path))]
    scanned.files, scanned.read_files = len(every), len(changed)
    to_read = sum(max(0, found.size - _offset(known.get(found.path), found)) for found in changed)
    if not changed:
        return scanned
    now_ns = clock()
    before = dict(known)
    batch = _Batch(store, scanned, known, now_ns)
    adopt = tail.gone(before)

    def read(found: Found) -> Iterator[Digest]:
        return digest(found, before.get(found.path), adopt, pipeline, now_ns)

    for one in read_all(changed, read) if parallel else chain.from_iterable(map(read, changed)):
        batch.add(one)
        if progress is not None:
            progress(scanned.read_bytes, to_read)
    batch.flush()
    return scanned


def _offset(cursor: FileCursor | None, found: Found) -> int:
    return cursor.offset if cursor is not None and cursor.offset <= found.size else 0
