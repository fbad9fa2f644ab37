"""The engine as the relay sees it: a process started when first needed, watched, replaced, stopped when idle."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

import psutil

from tollbook_agent.capture.proxy import dial, head
from tollbook_agent.capture.proxy.breaker import Breaker

log = logging.getLogger(__name__)

START_SECONDS = 4.0
"""Python and mitmproxy have to be read from the disk once; then connections go through."""
CONNECT_SECONDS = 0.25
"""For the engine to accept a connection and answer the relay."""
PROBE_SECONDS = 2.0
PROBE_TIMEOUT_SECONDS = 1.5
PROBE_MISSES = 2
"""After as many the engine is hung, and killed: its clients get a reset and try again."""
IDLE_SECONDS = 600.0
STOP_SECONDS = 3.0
MAX_RSS_BYTES = 250 * 1024 * 1024
HEALTH = head.Target("health.tollbook.invalid", 443)
"""A CONNECT to this name is answered by engine and relay themselves."""
TOKEN = "X-Tollbook-Token"
CONNECTION = "X-Tollbook-Connection"
GENERATION = "X-Tollbook-Generation"

_PASSED_ON = frozenset(
    {
        "HOME",
        "LANG",
        "LD_LIBRARY_PATH",
        "PATH",
        "SYSTEMROOT",
        "TEMP",
        "TMP",
        "TMPDIR",
        "TZ",
        "USERPROFILE",
        "VIRTUAL_ENV",
    }
)
_PASSED_ON_GROUPS = ("LC_", "PYTHON")
"""Of the environment, what a Python program may need to start. No keys of the shell the agent was started in, and no
SSLKEYLOGFILE, to which the engine would write what decrypts its connections."""

type Note = Callable[[dict[str, Any]], None]


def _environment() -> dict[str, str]:
    """The engine's: all that it is to know it reads on its standard input."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _PASSED_ON or name.startswith(_PASSED_ON_GROUPS)
    }


class EngineDown(Exception):
    """The engine takes no connection now."""


class EngineProcess:
    """Belongs to the relay's event loop. `config` is what the engine reads on its standard input."""

    def __init__(self, config: Mapping[str, Any], note: Note, program: tuple[str, ...] | None = None) -> None:
        self._config, self._note = config, note
        self._program = program or (sys.executable, "-m", "tollbook_agent.capture.proxy.engine")
        self._process: asyncio.subprocess.Process | None = None
        self._port = 0
        self._starting: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._used = time.monotonic()
        self._active = 0
        self.breaker = Breaker()
        self.starts = 0

    @property
    def pid(self) -> int | None:
        """Of the running engine."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    @property
    def starting(self) -> bool:
        """Whether it has been started and has not said yet that it is ready."""
        return self._starting is not None and not self._starting.done()

    async def warm(self) -> bool:
        """Start it if it is not running; whether it runs."""
        if self._port and self.pid is not None:
            return True
        if not self.breaker.allows(time.monotonic()):
            return False
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._start())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                await asyncio.shield(self._starting)
        return self._port != 0 and self.pid is not None

    async def connect(self, target: head.Target, connection: str, generation: str) -> dial.Streams:
        """A connection on which the engine plays the target, with the leaves of a generation.

        Raises:
            EngineDown: go to the target directly.
        """
        if not self.breaker.allows(time.monotonic()) or not await self.warm():
            raise EngineDown
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await self._ask(target, connection, generation)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, EngineDown) as fault:
            self.failed()
            raise EngineDown from fault

    async def _ask(self, target: head.Target, connection: str, generation: str | None = None) -> dial.Streams:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=dial.LIMIT)
        try:
            more: dict[str, str | None] = {
                TOKEN: str(self._config["token"]), CONNECTION: connection, GENERATION: generation,
            }  # fmt: skip
            if await dial.connect(reader, writer, target, more) == 200:
                return reader, writer
            raise EngineDown
        except BaseException:
            writer.close()
            raise

    def failed(self) -> None:
        """A connection could not be handed over, or got no answer."""
        self.breaker.fault(time.monotonic())

    @contextlib.contextmanager
    def using(self) -> Any:
        """While a connection goes through the engine."""
        self._active += 1
        try:
            yield
        finally:
            self._active -= 1
            self._used = time.monotonic()

    async def _start(self) -> None:
        self._port = 0
        self.starts += 1
        process = await asyncio.create_subprocess_exec(
            *self._program,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
        self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(dict(self._config)).encode() + b"\n")
            await process.stdin.drain()
            first = cast(dict[str, Any], json.loads(await process.stdout.readline()))
            self._port = int(first["port"])
        except (OSError, ValueError, KeyError, TypeError) as fault:
            self._note({"engine": "did not start", "detail": type(fault).__name__})
            self._kill()
            self.failed()
            return
        self._used = time.monotonic()
        self._watch = asyncio.create_task(self._care(process))

    async def _care(self, process: asyncio.subprocess.Process) -> None:
        """Read what it says, ask whether it lives, stop it when nobody needs it."""
        assert process.stdout is not None
        notes = asyncio.create_task(self._notes(process.stdout))
        misses = 0
        try:
            while process.returncode is None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PROBE_SECONDS):
                        await process.wait()
                if process.returncode is not None:
                    break
                misses = 0 if await self._alive() else misses + 1
                if misses >= PROBE_MISSES:
                    self._note({"engine": "hung"})
                    self.failed()
                    self._kill()
                elif self._active == 0 and self._too_much():
                    await self.stop()
        finally:
            notes.cancel()
            if self._process is process:
                self._port = 0

    async def _notes(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            with contextlib.suppress(ValueError):
                note = json.loads(line)
                if isinstance(note, dict):
                    self._note(cast(dict[str, Any], note))

    def _too_much(self) -> bool:
        if time.monotonic() - self._used > IDLE_SECONDS:
            return True
        pid = self.pid
        try:
            return pid is not None and psutil.Process(pid).memory_info().rss > MAX_RSS_BYTES
        except psutil.Error:
            return False

    async def _alive(self) -> bool:
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_SECONDS):
                _, writer = await self._ask(HEALTH, "health")
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, EngineDown):
            return False
        writer.close()
        return True

    def _kill(self) -> None:
        self._port = 0
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    async def stop(self) -> None:
        """End it: its standard input closes, which it takes as the end; then by force."""
        process, self._port = self._process, 0
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
                return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
