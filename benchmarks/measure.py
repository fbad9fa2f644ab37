"""Running a program and measuring it: time, processor time, memory."""

import os
import statistics
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.01
"""Between two looks at a program's memory."""


class Failed(Exception):
    """A measured program ended with an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of all its processes, user and system."""
    peak: float
    """Bytes of its largest process, as the system counts at its end."""


def run(command: list[str], environment: Mapping[str, str], output: Path | None = None) -> Measured:
    """Run a program to its end. Its output goes to a file or nowhere.

    Raises:
        Failed: it did not end with 0.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    to_file = (os.POSIX_SPAWN_OPEN, 1, str(output or os.devnull), flags, 0o600)
    begin = time.perf_counter()
    process = os.posix_spawn(command[0], command, environment, file_actions=[to_file])
    _, status, used = os.wait4(process, 0)
    wall = time.perf_counter() - begin
    if status:
        raise Failed(f"{' '.join(command)} ended with status {os.waitstatus_to_exitcode(status)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Measured(wall=wall, cpu=used.ru_utime + used.ru_stime, peak=used.ru_maxrss * unit)


def peak_of_all(command: list[str], environment: Mapping[str, str]) -> float | None:
    """Bytes that a program and all processes it starts use at most at one time; shared pages count once.

    Run by itself, because looking costs time. `None` where the system does not tell (it needs Linux's /proc).
    """
    if not Path("/proc/self/smaps_rollup").exists():
        return None
    to_nowhere = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
    process = os.posix_spawn(command[0], command, environment, file_actions=[to_nowhere])
    ended = threading.Event()
    peak = [0.0]

    def look() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            peak[0] = max(peak[0], sum(map(proportional, _family(process))))

    watcher = threading.Thread(target=look)
    watcher.start()
    os.waitpid(process, 0)
    ended.set()
    watcher.join()
    return peak[0]


def _family(process: int) -> list[int]:
    """A process and its descendants."""
    found = [process]
    for one in found:
        for task in _listed(f"/proc/{one}/task"):
            try:
                found += [int(child) for child in Path(f"/proc/{one}/task/{task}/children").read_text().split()]
            except OSError:
                continue
    return found


def _listed(folder: str) -> Iterable[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return ()


def proportional(process: int) -> float:
    """Bytes of a process, each page divided by how many share it."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))


def median(runs: Sequence[Measured]) -> Measured:
    """Value by value."""
    return Measured(
        wall=statistics.median(one.wall for one in runs),
        cpu=statistics.median(one.cpu for one in runs),
        peak=statistics.median(one.peak for one in runs),
    )


def row(name: str, one: Measured) -> str:
    """A line of a report."""
    return f"  {name:<34}{one.wall:8.2f} s {one.cpu:8.2f} s {one.peak / 1e6:8.1f} MB"


HEAD = f"  {'':<34}{'wall':>10} {'processor':>10} {'largest':>11}"
