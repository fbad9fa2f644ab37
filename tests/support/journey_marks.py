"""Where a program that is going to be killed stands: a few bytes of shared memory, which outlive it.

The program writes a mark as it passes a point; whoever kills it reads them, before and after. A point can be made a
trap: the program then stays there until it is killed, so that a kill can be sure to hit what takes microseconds.
"""

import mmap
import time
from enum import IntEnum
from pathlib import Path

SIZE = mmap.PAGESIZE
HOLD_SECONDS = 120
"""In a trap, where nobody comes to kill."""
_TRAP, _TRAPPED, _SKIP, _IN_FLIGHT, _STATES, _COUNTS = 0, 1, 2, 3, 8, 64


class Point(IntEnum):
    """What a program passes. Each is also the name of where it is until the next one."""

    STARTING = 1
    # the agent: what reads logs
    READING = 2
    COMMITTING = 3
    COMMIT_HALF_WRITTEN = 4
    """In the transaction, before one of its statements."""
    COMMIT_WRITTEN = 5
    """In the transaction, all statements done, COMMIT not yet."""
    # the agent: what sends
    SENDING = 6
    ANSWERED = 7
    """The collector has acknowledged, the outbox does not know it yet."""
    ACKNOWLEDGING = 8
    ACKNOWLEDGEMENT_WRITTEN = 9
    # the collector
    RECEIVED = 10
    BOOKING = 11
    BOOKING_HALF_WRITTEN = 12
    BOOKING_WRITTEN = 13
    BOOKED = 14
    """Committed, the sender does not know it yet."""
    # the collector: what seals days
    SEALING = 15
    """The rows of a day are about to be written into a file."""
    SEAL_WRITTEN = 16
    """The file is on the disk, the record does not name it yet."""
    SEALED = 17
    """The record names it; the file before it is still there."""


class Thread(IntEnum):
    """What a state is kept for."""

    MAIN = 0
    SENDER = 1
    SEALER = 2


class Marks:
    """The shared memory of one program; both sides make one of the same file."""

    def __init__(self, path: Path) -> None:
        with path.open("a+b") as file:
            file.truncate(SIZE)
            self._bytes = mmap.mmap(file.fileno(), SIZE)

    def close(self) -> None:
        self._bytes.close()

    # ---- the program

    def at(self, thread: Thread, point: Point | None) -> None:
        """A thread has come to a point, or has nothing to do."""
        self._bytes[_STATES + thread] = point or 0
        if point is not None:
            self.passed(point)

    def passed(self, point: Point) -> None:
        """Count a point, and stay there if it is the trap."""
        place = _COUNTS + point
        self._bytes[place] = (self._bytes[place] + 1) & 0xFF
        if self._bytes[_TRAP] != point:
            return
        if self._bytes[_SKIP]:
            self._bytes[_SKIP] -= 1
            return
        self._bytes[_TRAPPED] = point
        time.sleep(HOLD_SECONDS)

    def in_flight(self, change: int) -> None:
        """A request has been received, or answered."""
        self._bytes[_IN_FLIGHT] += change

    # ---- who kills it

    def reset(self) -> None:
        """Before a new life."""
        self._bytes[:] = bytes(SIZE)

    def trap(self, point: Point, skip: int) -> None:
        """From now on the program stays where this point is, after it has passed it `skip` times."""
        self._bytes[_SKIP] = skip
        self._bytes[_TRAP] = point

    @property
    def trapped(self) -> bool:
        return self._bytes[_TRAPPED] != 0

    def count(self, point: Point) -> int:
        """How often a point was passed, modulo 256."""
        return self._bytes[_COUNTS + point]

    @property
    def states(self) -> list[Point]:
        """Where the threads are that do something."""
        return [Point(state) for state in self._bytes[_STATES : _STATES + len(Thread)] if state]

    @property
    def requests(self) -> int:
        """How many requests have been received and not answered."""
        return self._bytes[_IN_FLIGHT]
