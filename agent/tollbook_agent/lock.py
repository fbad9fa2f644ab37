"""One writer process a store: a lock held by the operating system, gone with its process however it ends."""

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import IO, Any


class Locked(Exception):
    """Another process writes to this store."""


_held: set[IO[Any]] = set()
_BUSY = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)


class StoreLock:
    """Held while the object lives. Processes forked from this one do not hold it.

    Raises:
        Locked: another process holds it.
        OSError: the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file: IO[Any] = open(path, "a+", opener=_private)  # noqa: SIM115 - held for the life of the lock
        try:
            _lock(self._file)
        except OSError as fault:
            self._file.close()
            if fault.errno not in _BUSY:
                raise
            raise Locked(f"another process is writing to {path.parent}") from fault
        _held.add(self._file)
        with contextlib.suppress(OSError):  # a full disk: the number is for people
            self._file.seek(0)
            self._file.truncate()
            self._file.write(str(os.getpid()))
            self._file.flush()

    def release(self) -> None:
        """Let the next writer in."""
        _held.discard(self._file)
        with contextlib.suppress(OSError):
            self._file.close()


def _private(path: str, flags: int) -> int:
    """As everything in the agent's home, for this user only."""
    return os.open(path, flags, 0o600)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[Any]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: IO[Any]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _let_go() -> None:
        """A fork shares the lock: a worker that outlives its parent would keep the next writer out."""
        for file in _held:
            file.close()

    os.register_at_fork(after_in_child=_let_go)
