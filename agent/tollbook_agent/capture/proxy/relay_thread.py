"""The relay inside the resident process: an event loop on a thread of its own, and its heart beat."""

import asyncio
import contextlib
import os
import secrets
import socket
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import CancelledError
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tollbook_agent.capture.proxy import dial, files, generations
from tollbook_agent.capture.proxy.engine_process import HEALTH, EngineProcess
from tollbook_agent.capture.proxy.owner import Owner
from tollbook_agent.capture.proxy.relay import PROGRAMS, Relay

BEAT_SECONDS = 1.0
START_SECONDS = 10.0
STOP_SECONDS = 5.0
WARM_SECONDS = 10.0
"""For the engine to start where somebody waits for it; a tool's own connection never waits so long."""
SWITCH_SECONDS = 0.001
"""How long another thread may keep the interpreter while a tunnel has bytes to move."""

MAX_FILES = 8_192
"""Open at once: a tunnel holds two, and a login session often gets 1,024, on macOS 256."""


def allow_files(most: int) -> None:
    """Raise this process's own limit of open files, as far as it may: without one no tunnel can be opened."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class RelayThread:
    """Starts at once and serves until it is stopped.

    Args:
        beat: a file descriptor that gets a byte a second for as long as the loop turns.
    """

    def __init__(self, home: Path, state: files.ProxyState, listening: socket.socket, beat: int | None = None) -> None:
        self._home, self._state, self._listening, self._beat = home, state, listening, beat
        self._noted: dict[str, Any] = {}
        self._drain_seconds = 0.0
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._relay: Relay | None = None
        self._engine: EngineProcess | None = None
        self._in_use = generations.InUse(home)
        sys.setswitchinterval(SWITCH_SECONDS)
        allow_files(MAX_FILES)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="relay", daemon=True)
        self._thread.start()
        self._ready.wait(START_SECONDS)

    def stop(self, drain_seconds: float = 0.0) -> None:
        """Take no more connections, give those that are open so long to end by themselves, then end all."""
        self._drain_seconds = drain_seconds
        if self._loop is not None and self._stop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(STOP_SECONDS + drain_seconds)

    def owner(self, connection: str) -> Owner | None:
        """The process that a captured connection belongs to."""
        return None if self._relay is None else self._relay.owner_of(connection)

    def warm(self) -> bool:
        """Start the engine, so that the first calls need not go past it; whether it runs, in `WARM_SECONDS` at most."""
        if self._loop is None or self._engine is None or not generations.InUse(self._home).capture():
            return False
        waiting = self._warmed(self._engine)
        try:
            return asyncio.run_coroutine_threadsafe(waiting, self._loop).result(WARM_SECONDS + STOP_SECONDS)
        except RuntimeError:  # the loop has ended meanwhile
            waiting.close()
            return False
        except (TimeoutError, CancelledError):
            return False

    @staticmethod
    async def _warmed(engine: EngineProcess) -> bool:
        """Tells at once where the engine may not be started, and goes on waiting where it is slow."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WARM_SECONDS):
                while not (warm := await engine.warm()) and engine.starting:
                    pass
                return warm
        return False

    def status(self) -> Mapping[str, Any]:
        """What `tollbook status` shows."""
        relay, engine = self._relay, self._engine
        if relay is None or engine is None:
            return {"running": False}
        return {
            "running": True,
            "port": self._state.port,
            "capture": generations.InUse(self._home).capture(),
            "engine": engine.pid,
            "engine_starts": engine.starts,
            "engine_faults": engine.breaker.faults,
            **asdict(relay.counts),
            "calls": self._noted.get("calls", 0),
            "problems": self._noted.get("problems", {}),
        }

    def _config(self) -> dict[str, Any]:
        """What the engine is told."""
        folder = files.folder(self._home)
        parent = dial.Parent.of(self._state.upstream_proxy)
        return {
            "token": secrets.token_hex(16),
            "leaves": str(folder / files.LEAVES),
            "upstream_ca": str(folder / files.UPSTREAM_BUNDLE),
            "folder": str(folder),
            "spool": str(files.spool(self._home)),
            "health": HEALTH.host,
            "parent": None if parent is None else f"http://{parent.host}:{parent.port}",
            "parent_auth": dial.user_of(self._state.upstream_proxy),
        }

    def _note(self, said: dict[str, Any]) -> None:
        self._noted.update(said)
        if self._relay is not None:
            self._relay.note(said)

    async def _serve(self) -> None:
        state = self._state
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._engine = EngineProcess(self._config(), self._note)
        self._relay = Relay(
            user=files.USER,
            password=state.password,
            serving=self._in_use.serving,
            capture=self._in_use.capture,
            engine=self._engine,
            parent=dial.Parent.of(state.upstream_proxy),
            programs=PROGRAMS | frozenset(state.programs),
        )
        server = await self._relay.serve(self._listening)
        beating = asyncio.create_task(self._beats())
        self._ready.set()
        async with server:
            await self._stop.wait()
            server.close()
            await self._relay.drain(self._drain_seconds)
            beating.cancel()
            await self._relay.close()

    async def _beats(self) -> None:
        while self._beat is not None:
            with contextlib.suppress(BlockingIOError):  # nobody has read the last ones yet
                os.write(self._beat, b".")
            await asyncio.sleep(BEAT_SECONDS)
