"""Programs that are killed and begin again: on the same home, on the same ports, under the eyes of who kills them."""

import multiprocessing
import random
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

from tests.support.journey_laptop import PATIENCE_SECONDS
from tests.support.journey_marks import Marks, Point
from tests.support.journey_runner import COLLECTOR, live

LOOK_SECONDS = 0.0002
MOST_DELAY_SECONDS = 0.003
"""From a point to the kill."""
MOST_START_SECONDS = 0.06
"""The same where the beginning of a life is aimed at."""
LOG_BYTES = 4_000
PORTS = range(20_000, 32_000)
"""Below those that systems give to outgoing connections: nobody takes the port of a collector that is down."""
PRELOAD = ["pytest", "tests.collector.serve_bench", "tests.support.journey_runner"]


class Aim(NamedTuple):
    """Where to kill."""

    point: Point
    trap: bool = False
    """Make it stay at the point. Otherwise it goes on, and the kill comes somewhere after it."""
    most_skipped: int = 0
    """How often it may pass the point before it is trapped there."""


class Life:
    """A program, life after life. Every kill is a SIGKILL to the one process that was started here."""

    def __init__(self, name: str, role: str, environment: Mapping[str, str], folder: Path) -> None:
        self.name, self.role = name, role
        self.environment = dict(environment)
        self._marks_file, self._output = folder / f"{name}.marks", folder / f"{name}.output"
        self.marks = Marks(self._marks_file)
        self._forks = multiprocessing.get_context("forkserver")
        self._forks.set_forkserver_preload(PRELOAD)
        self._process: BaseProcess | None = None

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Begin a life; returns before the program is ready."""
        self.marks.reset()
        what = (self.role, self.environment, self._marks_file, self._output)
        self._process = self._forks.Process(target=live, args=what, daemon=True)
        self._process.start()

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
            for each in (self, *others):
                each.expect_alive()
            assert time.monotonic() < deadline, f"{self.name} does not come to {what}: {self.where()}; {self.told()}"
            time.sleep(look)

    def expect_alive(self) -> None:
        """It has not ended by itself."""
        code = None if self._process is None else self._process.exitcode
        assert code is None, f"{self.name} ended with {code}: {self.told()}"

    def kill(self) -> str:
        """kill -9; where it stood."""
        assert self._process is not None
        self._process.kill()
        self._process.join(PATIENCE_SECONDS)
        assert self._process.exitcode == -signal.SIGKILL, f"{self.name} ended: {self.told()}"
        self._process.close()
        self._process = None
        return self.where()

    def where(self) -> str:
        """Where the program is, or was killed, in words."""
        states = [state.name.lower().replace("_", " ") for state in self.marks.states]
        if self.role == COLLECTOR and self.marks.requests and not states:
            states = ["received"]
        return " and ".join(states) or "between"

    @property
    def answering(self) -> bool:
        """Of a collector: whether a request has been received and not answered."""
        return self.marks.requests > 0

    def told(self) -> str:
        """The end of what it printed."""
        return self._output.read_text(errors="replace")[-LOG_BYTES:] if self._output.exists() else ""

    def stop(self) -> None:
        """SIGTERM; it leaves cleanly."""
        assert self._process is not None
        self._process.terminate()
        self._process.join(PATIENCE_SECONDS)
        assert self._process.exitcode == 0, f"{self.name} left with {self._process.exitcode}: {self.told()}"
        self.end()

    def end(self) -> None:
        """Whatever a failing test left behind."""
        if self._process is not None:
            self._process.kill()
            self._process.join(PATIENCE_SECONDS)
            self._process.close()
            self._process = None
        self.marks.close()


def free_port(chance: random.Random) -> int:
    """A port of the loopback that nobody has, and nobody is given by chance."""
    for port in chance.sample(PORTS, len(PORTS)):
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise AssertionError("no port is free")
