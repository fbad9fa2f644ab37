"""Logs that grow: the demo again and again with other ids, byte by byte as a tool would write it, cut anywhere.

Each step brings at least one call that was not there before, and often the beginning of the next line.
"""

import random
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from benchmarks.recast import Age, Copy, pieces
from tests.support.demo_story import HOME
from tests.support.make_demo import RECORDINGS

OPEN_FILES = 4
"""Files that grow at the same time."""
OVERHANG_BYTES = 2_000
"""Of what follows a new call, at most so much is written with it."""
_CALL = re.compile(rb'"(?:id":"msg_01|response_id":"resp_)[A-Za-z0-9]+"')
_TOTAL = re.compile(rb'"total_token_usage":\{[^}]*\}')
_USAGE = re.compile(rb'"usage":\{|"type":"token_usage_record"|"type":"token_count","info":\{')


class _Growing:
    """One log file that is being written."""

    def __init__(self, path: Path, data: bytes) -> None:
        self._path, self._data = path, data
        self._place = 0
        self._stops = _new_calls(data)

    @property
    def has_calls(self) -> bool:
        """Whether a call is still to come."""
        return bool(self._stops)

    def grow(self, chance: random.Random) -> None:
        """Write up to the next call and a little more, but never the whole of another one."""
        stop = self._stops.pop(0)
        most = (self._stops[0] if self._stops else len(self._data)) - 1
        self._write(max(stop, min(most, stop + chance.randrange(OVERHANG_BYTES))))

    def finish(self) -> None:
        """Write the rest."""
        self._write(len(self._data))

    def _write(self, end: int) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(self._data[self._place : end])
        self._place = end


def _new_calls(data: bytes) -> list[int]:
    """Where lines end that tell of a call for the first time."""
    ids = _CALL if _CALL.search(data) else _TOTAL
    known: set[bytes] = set()
    stops: list[int] = []
    place = 0
    for line in data.splitlines(keepends=True):
        place += len(line)
        found = ids.search(line) if _USAGE.search(line) else None
        if found is not None and found.group() not in known:
            known.add(found.group())
            stops.append(place)
    return stops


class Stream:
    """The logs of one laptop, in its folder. Copies with the same number are the same calls on every laptop."""

    def __init__(self, scratch: Path, numbers: Iterable[int], chance: random.Random) -> None:
        """`numbers`: the copies this laptop may come to, in order."""
        self._scratch, self._numbers, self._chance = scratch, iter(numbers), chance
        self._home = str(scratch / "src").encode()
        self._paths = [path for tool in ("claude", "codex") for path in sorted((RECORDINGS / tool).rglob("*.json*"))]
        self._waiting: list[_Growing] = []
        self._growing: list[_Growing] = []
        self.begun: set[int] = set()
        """The copies that are there, in part or whole."""

    def grow(self) -> None:
        """A call more, at least."""
        while len(self._growing) < OPEN_FILES:
            if not self._waiting:
                self._begin(next(self._numbers))
            self._growing.append(self._waiting.pop())
        one = self._chance.choice(self._growing)
        one.grow(self._chance)
        if not one.has_calls:
            one.finish()
            self._growing.remove(one)

    def finish(self) -> None:
        """Write whatever has been begun to its end."""
        for one in (*self._growing, *self._waiting):
            one.finish()
        self._growing, self._waiting = [], []

    def _begin(self, number: int) -> None:
        self.begun.add(number)
        age = Age(salt=f"copy {number}", back=timedelta())
        copy = Copy(shared=age, own=age, sessions=frozenset())
        for path in self._paths:
            name = copy.render(pieces(path.relative_to(RECORDINGS).as_posix().encode())).decode()
            data = copy.render(pieces(path.read_bytes().replace(HOME.encode(), self._home)))
            one = _Growing(self._scratch / name, data)
            if one.has_calls:
                self._waiting.append(one)
            else:
                one.finish()
        self._chance.shuffle(self._waiting)
