"""Runs our own programs in a child process, with marks at the points where a kill would hurt most.

The programs are the ones people run, command line and all. Only here, only in this process, some of their functions are
wrapped to leave a mark, and what they wait for after a failure is shortened.
"""

import contextlib
import importlib
import inspect
import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc

from tests.support.journey_marks import Marks, Point, Thread
from tollbook.prices import default_book
from tollbook_agent import daemon, export, scan
from tollbook_agent.cli.main import main as tollbook
from tollbook_agent.store import store
from tollbook_collector.cli.main import main as tollbook_collector
from tollbook_collector.receivers import otlp_grpc
from tollbook_collector.store.record import sqlite

AGENT, COLLECTOR, SEALING_COLLECTOR = "agent", "collector", "collector that seals"
SEAL_TURN_SECONDS = 0.1
POLL_SECONDS = 0.1
BACKOFF_FIRST_SECONDS, BACKOFF_MOST_SECONDS = 0.02, 0.2
RECONNECT = {"grpc.initial_reconnect_backoff_ms": 50, "grpc.max_reconnect_backoff_ms": 200}

_WRITES = {
    Thread.MAIN: (Point.COMMIT_HALF_WRITTEN, Point.COMMIT_WRITTEN),
    Thread.SENDER: (Point.ACKNOWLEDGING, Point.ACKNOWLEDGEMENT_WRITTEN),
}


def preload() -> None:
    """Import and read what the programs need, before any of them begins."""
    for module in ("tollbook_agent.cli.agent", "tollbook_collector.app", "tollbook_collector.store.reader.sealer"):
        importlib.import_module(module)
    default_book()


def live(role: str, environment: Mapping[str, str], marks: Path) -> int:
    """One life: `tollbook agent run` or `tollbook-collector serve`; its exit code."""
    os.environ.clear()
    os.environ.update(environment)
    mine = Marks(marks)
    mine.at(Thread.MAIN, Point.STARTING)
    if role == AGENT:
        mark_agent(mine)
        return tollbook(["agent", "run"])
    mark_collector(mine)
    if role == SEALING_COLLECTOR:
        mark_sealer(mine)
    return tollbook_collector(["serve"])


def _wrap(place: Any, name: str, wrapper: Callable[..., Any]) -> None:
    """Replace a function by one that is given the original first. Fails where there is no such function."""
    original = getattr(place, name)

    def wrapped(*arguments: Any, **named: Any) -> Any:
        return wrapper(original, *arguments, **named)

    async def awaited(*arguments: Any, **named: Any) -> Any:
        return await wrapper(original, *arguments, **named)

    setattr(place, name, awaited if inspect.iscoroutinefunction(original) else wrapped)


@contextlib.contextmanager
def _statements(connection: Any, mark: Callable[[], None]) -> Generator[None]:
    """Leave a mark before each statement."""

    def before(_statement: str) -> None:
        mark()

    connection.set_trace_callback(before)
    try:
        yield
    finally:
        connection.set_trace_callback(None)


def mark_agent(marks: Marks) -> None:
    """Marks in the agent: read, commit, send, acknowledge."""

    def thread() -> Thread:
        return Thread.SENDER if threading.current_thread().name == "sender" else Thread.MAIN

    def digest(original: Callable[..., Iterator[Any]], *arguments: Any) -> Iterator[Any]:
        marks.at(Thread.MAIN, Point.READING)
        yield from original(*arguments)

    def commit(original: Callable[..., int], *arguments: Any, **named: Any) -> int:
        marks.at(thread(), Point.COMMITTING)
        changed = original(*arguments, **named)
        marks.at(thread(), None)
        return changed

    def scanned(original: Callable[..., Any], *arguments: Any) -> Any:
        done = original(*arguments)
        marks.at(Thread.MAIN, None)
        return done

    def send(original: Callable[..., Any], *arguments: Any) -> Any:
        marks.at(Thread.SENDER, Point.SENDING)
        try:
            answer = original(*arguments)
        except export.CannotSend:
            marks.at(Thread.SENDER, None)
            raise
        marks.at(Thread.SENDER, Point.ANSWERED)
        return answer

    def acknowledge(original: Callable[..., None], *arguments: Any, **named: Any) -> None:
        original(*arguments, **named)
        marks.at(Thread.SENDER, None)

    @contextlib.contextmanager
    def transaction(original: Callable[..., Any], connection: Any) -> Generator[None]:
        mine = thread()
        half, written = _WRITES[mine]
        with original(connection), _statements(connection, lambda: marks.at(mine, half)):
            yield
            marks.at(mine, written)

    def channel(original: Callable[..., Any], target: str, options: Iterable[tuple[str, Any]]) -> Any:
        return original(target, options=list({**dict(options), **RECONNECT}.items()))

    _wrap(scan, "digest", digest)
    _wrap(daemon.Agent, "scan", scanned)
    _wrap(store.Store, "commit", commit)
    _wrap(store.Store, "acknowledge", acknowledge)
    _wrap(store, "transaction", transaction)
    _wrap(export.GrpcTransport, "send", send)
    _wrap(grpc, "insecure_channel", channel)
    daemon.POLL_SECONDS = POLL_SECONDS
    export.BACKOFF_FIRST_SECONDS, export.BACKOFF_MOST_SECONDS = BACKOFF_FIRST_SECONDS, BACKOFF_MOST_SECONDS


def mark_collector(marks: Marks) -> None:
    """Marks in the collector: received, booked, answered."""

    async def start(original: Callable[..., Any], *arguments: Any) -> Any:
        address = await original(*arguments)
        marks.at(Thread.MAIN, None)
        return address

    async def receive(original: Callable[..., Any], *arguments: Any) -> Any:
        marks.in_flight(1)
        marks.passed(Point.RECEIVED)
        try:
            return await original(*arguments)
        finally:
            marks.at(Thread.MAIN, None)
            marks.in_flight(-1)

    def book(original: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        marks.at(Thread.MAIN, Point.BOOKING)
        booking = original(*arguments, **named)
        marks.at(Thread.MAIN, Point.BOOKED)
        return booking

    @contextlib.contextmanager
    def transaction(original: Callable[..., Any], connection: Any) -> Generator[None]:
        half = Point.BOOKING_HALF_WRITTEN
        with original(connection), _statements(connection, lambda: marks.at(Thread.MAIN, half)):
            yield
            marks.at(Thread.MAIN, Point.BOOKING_WRITTEN)

    _wrap(otlp_grpc.GrpcReceiver, "start", start)
    _wrap(otlp_grpc.GrpcReceiver, "_export", receive)
    _wrap(sqlite.Record, "book", book)
    _wrap(sqlite, "transaction", transaction)


def mark_sealer(marks: Marks) -> None:
    """Seal days beside the collector as soon as they are written, with marks: before the file, after it, when named."""
    from tollbook_collector import app
    from tollbook_collector.store.reader import background, day_files, opening, sealer

    async def collect(original: Callable[..., Any], settings: Any, *rest: Any) -> Any:
        files = opening.open_files(settings.store)
        if files is None:
            raise RuntimeError("DuckDB is not installed")
        alone = sealer.Sealer(files, settings.store, quiet_seconds=0)
        running = background.BackgroundSealer(alone, turn_seconds=SEAL_TURN_SECONDS)
        try:
            return await original(settings, *rest)
        finally:
            running.close()
            files.close()

    def write(original: Callable[..., Any], *arguments: Any) -> Any:
        marks.at(Thread.SEALER, Point.SEALING)
        done = original(*arguments)
        marks.at(Thread.SEALER, Point.SEAL_WRITTEN)
        return done

    def seal(original: Callable[..., bool], *arguments: Any) -> bool:
        sealed = original(*arguments)
        marks.at(Thread.SEALER, Point.SEALED if sealed else None)
        return sealed

    def delete(original: Callable[..., int], *arguments: Any) -> int:
        deleted = original(*arguments)
        marks.at(Thread.SEALER, None)
        return deleted

    _wrap(app, "_collect", collect)
    _wrap(day_files.DayFiles, "write", write)
    _wrap(sealer.Sealer, "_seal", seal)
    _wrap(sealer.Sealer, "_delete", delete)
