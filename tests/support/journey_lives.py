"""Programs that are killed and begin again: on the same home, on the same ports, under the eyes of who kills them."""

import os
import random
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.support.journey_marks import Marks, Point
from tests.support.journey_runner import COLLECTOR, SEALING_COLLECTOR, live
from tests.support.journey_zygote import PATIENCE_SECONDS, Program, Zygote

LOOK_SECONDS = 0.0002
MOST_DELAY_SECONDS = 0.003
"""From a point to the kill."""
MOST_START_SECONDS = 0.06
"""The same where the beginning of a life is aimed at."""
ALIVE_SECONDS = 0.1
"""Between looks whether a program has ended by itself."""
LOG_BYTES = 4_000
PORTS = range(20_000, 32_000)
"""Below those that systems give to outgoing connections: nobody takes the port of a collector that is down."""


class Aim(NamedTuple):
    """Where to kill."""

    point: Point
    trap: bool = False
    """Make it stay at the point. Otherwise it goes on, and the kill comes somewhere after it."""
    most_skipped: int = 0
    """How often it may pass the point before it is trapped there."""


class Life:
    """A program, life after life. Every kill is a SIGKILL to the one process that was started here."""

    def __init__(self, name: str, role: str, environment: Mapping[str, str], folder: Path, zygote: Zygote) -> None:
        self.name, self.role = name, role
        self.environment = dict(environment)
        self._zygote = zygote
        self._marks_file, self._output = folder / f"{name}.marks", folder / f"{name}.output"
        self.marks = Marks(self._marks_file)
        self.pid: int | None = None
        self._look_again = 0.0

    def start(self) -> None:
        """Begin a life; returns before the program is ready."""
        self.marks.reset()
        self.pid = self._zygote.fork(Program(live, (self.role, self.environment, self._marks_file), self._output))

    def reach(self, aim: Aim, stir: Callable[[], None], others: Sequence["Life"], chance: random.Random) -> None:
        """Wait until the program is where the kill is aimed at; `stir` gives it something to do."""
        starting = aim.point is Point.STARTING
        before = 0 if starting else self.marks.count(aim.point)
        if aim.trap:
            self.marks.trap(aim.point, chance.randint(0, aim.most_skipped))
        stir()
        there = (lambda: self.marks.trapped) if aim.trap else (lambda: self.marks.count(aim.point) != before)
        self.wait_for(there, aim.point.name, others)
        time.sleep(chance.uniform(0, MOST_START_SECONDS if starting else MOST_DELAY_SECONDS))

    def wait_for(
        self, condition: Callable[[], bool], what: str, others: Sequence["Life"], *, look: float = LOOK_SECONDS
    ) -> None:
        """Look every `look` seconds until it is so; no program may end by itself meanwhile."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            now = time.monotonic()
            assert now < deadline, f"{self.name} does not come to {what}: {self.where()}; {self.told()}"
            for each in (self, *others):
                each.expect_alive(now)
            time.sleep(look)

    def expect_alive(self, now: float) -> None:
        """It has not ended by itself; looks now and then."""
        if self.pid is None or now < self._look_again:
            return
        self._look_again = now + ALIVE_SECONDS
        code = self._zygote.ended(self.pid, wait=False)
        if code is not None:
            self.pid = None
        assert code is None, f"{self.name} ended with {code}: {self.told()}"

    def kill(self) -> str:
        """kill -9; where it stood."""
        code = self._send(signal.SIGKILL)
        assert code == -signal.SIGKILL, f"{self.name} had ended with {code}: {self.told()}"
        return self.where()

    def stop(self) -> None:
        """SIGTERM; it leaves cleanly."""
        code = self._send(signal.SIGTERM)
        assert code == 0, f"{self.name} left with {code}: {self.told()}"

    def end(self) -> None:
        """Whatever a failing test left behind."""
        if self.pid is not None:
            self._send(signal.SIGKILL)
        self.marks.close()

    def _send(self, number: signal.Signals) -> int | None:
        """Send a signal; the exit code."""
        assert self.pid is not None
        pid, self.pid = self.pid, None
        os.kill(pid, number)
        return self._zygote.ended(pid, wait=True)

    def where(self) -> str:
        """Where the program is, or was killed, in words."""
        states = [state.name.lower().replace("_", " ") for state in self.marks.states]
        if self.role in (COLLECTOR, SEALING_COLLECTOR) and self.marks.requests and not states:
            states = ["received"]
        return " and ".join(states) or "between"

    def told(self) -> str:
        """The end of what it printed."""
        return self._output.read_text(errors="replace")[-LOG_BYTES:] if self._output.exists() else ""


def free_port(chance: random.Random) -> int:
    """A port of the loopback that nobody has, and nobody is given by chance."""
    for port in chance.sample(PORTS, len(PORTS)):
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise AssertionError("no port is free")
