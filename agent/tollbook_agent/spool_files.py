"""Takes away spool files that have been read and that nobody writes any more: they hold folders, and would fill the
disk.

The engine writes files of its own, named by its process and counted up. Hooks share one, which is put aside under
another name first: who had it open still writes into it, and it is read on until it has been quiet for a while.
"""

import contextlib
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from tollbook_agent.capture.spool import SUFFIX
from tollbook_agent.store.connect import FileCursor

QUIET_SECONDS = 60.0
"""After the last write, for a writer that is slow to close the file."""
ASIDE_BYTES = 256 * 1024
_ENGINE = re.compile(r"engine-([0-9]+)-([0-9]+)\.spool")
_ASIDE = re.compile(r".+\.aside-[0-9]+\.spool")


def tidy(folder: Path, known: Mapping[str, FileCursor]) -> int:
    """Remove what is done with; how many files. To be called after everything in the folder was read and stored."""
    removed = 0
    newest = _newest(folder)
    for path in folder.glob(f"*{SUFFIX}"):
        with contextlib.suppress(OSError):
            found = path.stat()
            cursor = known.get(str(path))
            read = cursor is not None and cursor.offset == found.st_size == cursor.size
            if not read or time.time() - found.st_mtime < QUIET_SECONDS:
                continue
            engine = _ENGINE.fullmatch(path.name)
            if _ASIDE.fullmatch(path.name) or (engine is not None and _is_over(engine, newest)):
                path.unlink()
                removed += 1
            elif engine is None and found.st_size > ASIDE_BYTES:
                path.rename(path.with_name(f"{path.name.removesuffix(SUFFIX)}.aside-{time.time_ns()}{SUFFIX}"))
    return removed


def _newest(folder: Path) -> Mapping[int, int]:
    """The number of the file that each engine writes to now."""
    numbers: dict[int, int] = {}
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            match = _ENGINE.fullmatch(name)
            if match:
                pid, number = int(match[1]), int(match[2])
                numbers[pid] = max(number, numbers.get(pid, 0))
    return numbers


def _is_over(engine: re.Match[str], newest: Mapping[int, int]) -> bool:
    pid, number = int(engine[1]), int(engine[2])
    return number < newest.get(pid, 0) or not psutil.pid_exists(pid)
