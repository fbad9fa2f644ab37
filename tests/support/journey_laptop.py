"""A developer's laptop as the journey tests see it: a folder, and the real `tollbook` in processes of its own."""

import os
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.laptop import settings_of
from tollbook.answer import day_number, moment, spend
from tollbook_agent.store import reading
from tollbook_agent.store.connect import connect_reading

PATIENCE_SECONDS = 120
"""For what has to happen at all, on a busy machine; no test measures time."""
LOOK_SECONDS = 0.02
PROGRAM = Path(sys.executable).parent / "tollbook"


class Laptop:
    """One laptop; `start` begins its resident agent."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = {**os.environ, **environment}
        self._errors = Path(environment["TOLLBOOK_HOME"] + ".stderr")
        self._agent: subprocess.Popen[str] | None = None

    @property
    def device(self) -> str:
        """This machine's id."""
        return settings_of(self.environment).device

    def run(self, *arguments: str) -> str:
        """What a command prints."""
        done = subprocess.run(
            [PROGRAM, *arguments], env=self.environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        """Run the agent, until it has read every log once."""
        with self._errors.open("w") as errors:
            self._agent = subprocess.Popen(
                [PROGRAM, "agent", "run"],
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        assert self._agent.stdout is not None
        readable, _, _ = select.select([self._agent.stdout], [], [], PATIENCE_SECONDS)
        first = self._agent.stdout.readline() if readable else ""
        assert first, f"the agent read no logs: {self._errors.read_text()}"

    def counts(self) -> dict[str, int]:
        """What the store holds, and how much of it waits for the collector."""
        return counts_of(self.environment)

    def wait_until_sent(self) -> None:
        """Until the collector has acknowledged everything."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while waiting := self.counts()["unsent"]:
            assert time.monotonic() < deadline, f"{waiting} claims wait for the collector: {self._errors.read_text()}"
            time.sleep(LOOK_SECONDS)

    def spend(self, by: str, first: str | None, last: str | None) -> dict[str, Any]:
        """What `tollbook spend` answers, without a process for it. Days as ISO dates, [first, last)."""
        span = [None if day is None else moment(day_number(day)) for day in (first, last)]
        with opened(self.environment) as connection:
            return spend(reading.rows(connection, *span), by.split(","), first, last)

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        assert self._agent is not None
        self._agent.send_signal(signal.SIGINT)
        self._agent.communicate(timeout=PATIENCE_SECONDS)
        return self._agent.returncode

    def end(self) -> None:
        """End the agent whatever a failing test left behind."""
        if self._agent is not None and self._agent.poll() is None:
            self._agent.kill()
            self._agent.communicate()


def counts_of(environment: Mapping[str, str]) -> dict[str, int]:
    """The sizes of a laptop's store, which must be there."""
    with opened(environment) as connection:
        return reading.counts(connection)


@contextmanager
def opened(environment: Mapping[str, str]) -> Generator[sqlite3.Connection]:
    """A laptop's store, read beside whoever writes it."""
    connection = connect_reading(settings_of(environment).store)
    assert connection is not None
    try:
        yield connection
    finally:
        connection.close()
