"""The engine as a process: started once, watched, replaced after a crash or a hang, stopped when idle."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import psutil
import pytest

from tollbook_agent.capture.proxy import engine_process, head
from tollbook_agent.capture.proxy.engine_process import EngineDown, EngineProcess

TARGET = head.Target("api.anthropic.com", 443)
GENERATION = "0123456789abcdef"


def with_engine(what: str, check: Callable[[EngineProcess, list[dict[str, Any]]], Awaitable[None]]) -> None:
    async def run() -> None:
        notes: list[dict[str, Any]] = []
        program = (sys.executable, "-m", "tests.support.proxy_child", "engine", what)
        engine = EngineProcess({"token": "secret"}, notes.append, program)
        try:
            await check(engine, notes)
        finally:
            await engine.stop()

    asyncio.run(run())


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine starts Python slowly."""
    for name in ("START_SECONDS", "CONNECT_SECONDS", "PROBE_TIMEOUT_SECONDS"):
        monkeypatch.setattr(engine_process, name, 30.0)


async def connects(engine: EngineProcess) -> None:
    _, writer = await engine.connect(TARGET, "c", GENERATION)
    writer.close()


def test_it_is_started_once_when_first_needed() -> None:
    async def check(engine: EngineProcess, notes: list[dict[str, Any]]) -> None:
        assert engine.pid is None
        await asyncio.gather(connects(engine), connects(engine), engine.warm())
        await connects(engine)
        assert engine.starts == 1
        await until(lambda: notes)
        assert notes == [{"token": "secret", "calls": 3}]

    with_engine("works", check)


@pytest.mark.parametrize("what", ["crashes", "rubbish"])
def test_one_that_does_not_start_is_left_alone_for_a_while(what: str) -> None:
    async def check(engine: EngineProcess, notes: list[dict[str, Any]]) -> None:
        for _ in range(3):
            with pytest.raises(EngineDown):
                await engine.connect(TARGET, "c", GENERATION)
        assert (engine.starts, engine.breaker.faults) == (1, 1)
        assert [each["engine"] for each in notes] == ["did not start"]
        await until(lambda: engine.pid is None)

    with_engine(what, check)


def test_one_that_never_says_its_port_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_process, "START_SECONDS", 0.05)

    async def check(engine: EngineProcess, _notes: list[dict[str, Any]]) -> None:
        with pytest.raises(EngineDown):
            await engine.connect(TARGET, "c", GENERATION)

    with_engine("mute", check)


def test_after_a_crash_the_next_connection_starts_another() -> None:
    async def check(engine: EngineProcess, _notes: list[dict[str, Any]]) -> None:
        await connects(engine)
        first = engine.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: engine.pid is None)
        await connects(engine)
        assert engine.pid not in (None, first)
        assert engine.starts == 2

    with_engine("works", check)


def test_one_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_process, "PROBE_SECONDS", 0.02)

    async def check(engine: EngineProcess, notes: list[dict[str, Any]]) -> None:
        await connects(engine)
        first = engine.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        monkeypatch.setattr(engine_process, "PROBE_TIMEOUT_SECONDS", 0.05)
        await until(lambda: engine.pid is None)
        assert {"engine": "hung"} in notes
        assert engine.breaker.faults == 1
        assert not psutil.pid_exists(first)

    with_engine("works", check)


def test_one_that_nobody_needs_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_process, "PROBE_SECONDS", 0.02)
    monkeypatch.setattr(engine_process, "IDLE_SECONDS", 0.0)

    async def check(engine: EngineProcess, _notes: list[dict[str, Any]]) -> None:
        with engine.using():
            await connects(engine)
            await asyncio.sleep(0.3)
            assert engine.pid is not None
        await until(lambda: engine.pid is None)
        assert engine.breaker.faults == 0

    with_engine("works", check)


def test_one_that_has_grown_is_replaced_when_it_is_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_process, "PROBE_SECONDS", 0.02)
    monkeypatch.setattr(engine_process, "MAX_RSS_BYTES", 1)

    async def check(engine: EngineProcess, _notes: list[dict[str, Any]]) -> None:
        await connects(engine)
        await until(lambda: engine.pid is None)
        monkeypatch.setattr(engine_process, "MAX_RSS_BYTES", 1 << 40)
        await connects(engine)
        assert engine.starts == 2

    with_engine("works", check)


@pytest.mark.parametrize("what", ["works", "stubborn"])
def test_it_ends_with_its_standard_input_or_by_force(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.setattr(engine_process, "STOP_SECONDS", 30.0 if what == "works" else 0.1)

    async def check(engine: EngineProcess, _notes: list[dict[str, Any]]) -> None:
        await connects(engine)
        first = engine.pid
        assert first is not None
        await engine.stop()
        await until(lambda: not psutil.pid_exists(first))
        await engine.stop()

    with_engine(what, check)
