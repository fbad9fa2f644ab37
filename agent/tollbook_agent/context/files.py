"""Bounded, non-blocking reads of small files, and the signatures that tell when to read them again."""

import os
import stat
from typing import NamedTuple


class Signature(NamedTuple):
    """What changes whenever a file does. git replaces its files by renaming, so the inode tells even equal times."""

    mtime_ns: int
    size: int
    inode: int


def signature(path: str) -> Signature | None:
    """The signature of a regular file; `None` where there is none that can be read."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):  # ValueError: a name that no file can have
        return None
    return Signature(found.st_mtime_ns, found.st_size, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def is_folder(path: str) -> bool:
    """Whether a folder is there."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def read(path: str, limit: int) -> bytes | None:
    """At most the first `limit` bytes; `None` where there is no regular file (a pipe would block for ever).

    Raises:
        OSError: the file is there and cannot be read.
    """
    if signature(path) is None:
        return None
    with open(path, "rb") as file:
        return file.read(limit)


def read_tail(path: str, limit: int) -> tuple[bytes, bool] | None:
    """At most the last `limit` bytes, and whether they begin inside the file; `None` where there is no regular file.

    Raises:
        OSError: the file is there and cannot be read.
    """
    if signature(path) is None:
        return None
    with open(path, "rb") as file:
        start = max(0, file.seek(0, os.SEEK_END) - limit)
        file.seek(start)
        return file.read(limit), start > 0
