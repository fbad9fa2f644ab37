"""The resident process: watches the logs, stores what is new, sends it. Builds the parts, interprets nothing."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import grpc
from opentelemetry.sdk.resources import Resource
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

import tollbook
from tollbook.prices import default_book
from tollbook_agent import home as places
from tollbook_agent.capture.logs.discover import Root, discover, roots
from tollbook_agent.compose import pipeline_of
from tollbook_agent.control import ControlServer
from tollbook_agent.export import GrpcTransport, Sender
from tollbook_agent.lock import StoreLock
from tollbook_agent.scan import Progress, Scanned, scan
from tollbook_agent.settings import Settings
from tollbook_agent.store.connect import connect_reading, cursors
from tollbook_agent.store.store import Store

POLL_SECONDS = 5.0
"""A full look at every file, whatever the operating system reported: network homes and missed events."""
SETTLE_SECONDS = 0.005
"""After an event, to let a tool finish its line."""
DRAIN_SECONDS = 2.0


class _Changed(FileSystemEventHandler):
    """Wakes the loop; which file changed does not matter, a look costs a stat each."""

    def __init__(self, wake: threading.Event) -> None:
        self._wake = wake

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type not in ("opened", "closed_no_write"):
            self._wake.set()


class Agent:
    """All parts of the resident process.

    Raises:
        Locked: another process writes to this store.
    """

    def __init__(self, settings: Settings, environment: dict[str, str]) -> None:
        self._settings = settings
        self._lock = StoreLock(settings.home / places.LOCK)
        self._store = Store(settings.store, rule=settings.rule, book=default_book())
        self._environment = environment
        self._decided = self._store.explicit_tickets()
        self._pipeline = pipeline_of(settings, environment, self._decided)
        self._roots: Sequence[Root] = roots(environment, os.path.expanduser("~"))
        self._known = _known(settings.store)
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._scanning = threading.Lock()
        self._observer: Any = None
        self._sender: Sender | None = None
        if settings.collector:
            self._sender = Sender(
                self._store, GrpcTransport(settings.collector, resource(settings)), clock=time.time_ns
            )
        self._control = ControlServer(settings.home / places.CONTROL, self._command)

    def run(self, *, progress: Progress | None = None, ready: Callable[[Scanned], None] | None = None) -> None:
        """Import what is there, then watch until `stop`."""
        if self._sender is not None:
            self._sender.start()
        first = self.scan(progress)
        self._observer = self._watch()
        if ready is not None:
            ready(first)
        while not self._stopping.is_set():
            if self._wake.wait(POLL_SECONDS) and not self._stopping.is_set():
                time.sleep(SETTLE_SECONDS)
            self._wake.clear()
            if not self._stopping.is_set():
                self.scan()
        self._close()

    def scan(self, progress: Progress | None = None) -> Scanned:
        """One look at every log file."""
        with self._scanning:
            self._refresh()
            done = scan(self._store, self._pipeline, discover(list(self._roots)), self._known, progress=progress)
        if done.calls and self._sender is not None:
            self._sender.wake()
        return done

    def _refresh(self) -> None:
        """What `tollbook ticket set` said since the last look."""
        decided = self._store.explicit_tickets()
        if decided != self._decided:
            self._decided = decided
            self._pipeline = pipeline_of(self._settings, self._environment, decided)

    def stop(self) -> None:
        """Ask the loop to end; safe in a signal handler."""
        self._stopping.set()
        self._wake.set()

    def _watch(self) -> Any:
        """Watch the folders that exist; the poll finds the others when they appear."""
        observer = Observer()
        handler = _Changed(self._wake)
        for root in self._roots:
            if os.path.isdir(root.path):
                observer.schedule(handler, root.path, recursive=True)
        try:
            observer.start()
        except OSError:
            return None  # no watches left on this machine: the poll does the work
        return observer

    def _command(self, command: str) -> dict[str, Any]:
        if command == "scan":
            done = self.scan()
            return {
                "files": done.files,
                "read_files": done.read_files,
                "read_bytes": done.read_bytes,
                "calls": done.calls,
            }
        if command == "status":
            error = None if self._sender is None else self._sender.last_error
            return {"pid": os.getpid(), "collector": self._settings.collector, "collector_error": error}
        return {"error": "unknown command"}

    def _close(self) -> None:
        self._control.close()
        if self._observer is not None:
            self._observer.stop()
            self._observer.join(DRAIN_SECONDS)
        if self._sender is not None:
            self._sender.stop(drain_seconds=DRAIN_SECONDS)
        self._store.close()
        self._lock.release()


def _known(store: Path) -> dict[str, Any]:
    connection = connect_reading(store)
    if connection is None:
        return {}
    try:
        return cursors(connection)
    finally:
        connection.close()


def resource(settings: Settings) -> Resource:
    """The standard description of this process."""
    return Resource.create(
        {
            "service.name": "tollbook-agent",
            "service.version": tollbook.__version__,
            "service.instance.id": settings.device,
            "host.id": settings.device,
            "rpc.grpc.version": grpc.__version__,
        }
    )
