"""The resident process: watches the logs, stores what is new, sends it. Builds the parts, interprets nothing."""

import contextlib
import os
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import grpc
from opentelemetry.sdk.resources import Resource

import tollbook
from tollbook.problem import Problem
from tollbook.ticket import candidates
from tollbook_agent import home as places
from tollbook_agent import telemetry
from tollbook_agent.capture.locate import Locator
from tollbook_agent.capture.logs.discover import SPOOL, Root, discover, roots
from tollbook_agent.capture.logs.readers import INFORMATIVE, READERS
from tollbook_agent.capture.observation import Observation
from tollbook_agent.capture.proxy import files
from tollbook_agent.capture.proxy.relay_thread import RelayThread
from tollbook_agent.compose import change_rule, pipeline_of, store_of
from tollbook_agent.control import ControlServer, Request
from tollbook_agent.correct import fix
from tollbook_agent.export import GrpcTransport, Sender
from tollbook_agent.glance import StatusFile
from tollbook_agent.identity_store import IdentityError, token_of
from tollbook_agent.lock import StoreLock
from tollbook_agent.project_keys import KeyWatch
from tollbook_agent.scan import Progress, Scanned, scan
from tollbook_agent.settings import Settings
from tollbook_agent.spool_files import tidy
from tollbook_agent.store.connect import FileCursor, StoreError, connect_reading, cursors
from tollbook_agent.store.store import Discard
from tollbook_agent.telemetry import Telemetry
from tollbook_agent.watch import Watcher

POLL_SECONDS = 5.0
"""A full look at every file, whatever the operating system reported: network homes and missed events."""
SETTLE_SECONDS = 0.005
"""After an event, to let a tool finish its line."""
DRAIN_SECONDS = 2.0
OTLP = "otlp"
"""Where `status` says that something a tool told could not be read."""


class _Stopped(Exception):
    """Somebody asked for the end during a long import. What is stored stays, the rest is read at the next start."""


class Agent:
    """All parts of the resident process.

    Raises:
        Locked: another process writes to this store.
        NewerStore: a newer Tollbook wrote it.
        StoreError: it cannot be used.
    """

    def __init__(self, settings: Settings, environment: dict[str, str], relay: RelayThread | None = None) -> None:
        self._settings, self._environment, self._relay = settings, environment, relay
        own = Root(str(settings.home / files.SPOOL), SPOOL)
        self._roots: list[Root] = [*roots(environment, os.path.expanduser("~")), own]
        self._locator = Locator(environment, os.path.expanduser("~"), self._owner_folder)
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        """Not an `Event`: a signal may arrive while the loop is inside of one."""
        self._stopping = False
        self.retired = False
        """Asked to leave nothing but tunnels behind."""
        self._scanning = threading.Lock()
        """Guards the pipeline, what is known of files, and scanning itself: the loop and the control server scan."""
        self._store_error: str | None = None
        self._otlp_error: str | None = None
        self._sender: Sender | None = None
        with contextlib.ExitStack() as undo:
            lock = StoreLock(settings.home / places.LOCK)
            undo.callback(lock.release)
            self._store = store_of(settings, environment)
            undo.callback(self._store.close)
            self._decided = self._store.explicit_tickets()
            self._pipeline = pipeline_of(settings, environment, self._decided, self._locator)
            self._known = _known(settings.store)
            self._watcher = Watcher(self._roots, self._changed)
            if settings.collector:
                transport = transport_of(settings, settings.collector)
                heart = transport.heart(self._heard)
                self._sender = Sender(self._store, transport, clock=time.time_ns, heart=heart)
            enrolment = settings.enrolment
            fetched = enrolment is not None and settings.keys_of_collector
            self._keys = KeyWatch(settings.home, enrolment, self._changed) if enrolment and fetched else None
            self._telemetry = self._receive()
            if self._telemetry is not None:
                undo.callback(self._telemetry.close)
            self._glance = StatusFile(settings, lambda: self._store_error is not None)
            self._control = ControlServer(settings.home / places.CONTROL, self._command)
            self._undo = undo.pop_all()

    def _receive(self) -> Telemetry | None:
        """The receiver of the tools' own OpenTelemetry, where they were told of one."""
        place = telemetry.load(self._settings.home)
        if place is None:
            return None
        try:
            return Telemetry(place, self._take, self._store.recent_claims)
        except OSError as fault:
            self._otlp_error = f"127.0.0.1:{place.port} cannot be listened on ({fault.strerror})"
            return None

    def _take(self, observations: Sequence[Observation], problems: Sequence[Problem]) -> None:
        """Store what a tool told by itself; durable when it returns. Raises StoreError."""
        now_ns = time.time_ns()
        with self._scanning:
            batch, more = self._pipeline.run(observations, now_ns=now_ns)
            counted = Counter(problem.reason for problem in (*problems, *more))
            discards = [Discard(path=OTLP, reason=reason, count=times, detail="") for reason, times in counted.items()]
            booked = self._store.commit(batch, (), discards, now_ns=now_ns)
        if booked:
            self._glance.wake()
        if booked and self._sender is not None:
            self._sender.wake()

    def run(self, *, progress: Progress | None = None, ready: Callable[[Scanned], None] | None = None) -> None:
        """Import what is there, then watch until `stop`."""
        try:
            if self._sender is not None:
                self._sender.start()
            if self._keys is not None:
                self._keys.start()
            self._glance.start()
            self._watcher.look()
            first = self.scan(self._stoppable(progress))
            if ready is not None:
                ready(first)
            while self._wait():
                self._watcher.look()
                with contextlib.suppress(StoreError):  # a full disk, say: `status` tells, the next look tries again
                    self.scan(self._stoppable(None))
        except _Stopped:
            pass
        finally:
            self._close()

    def scan(self, progress: Progress | None = None, more: list[Root] | None = None) -> Scanned:
        """One look at every log file, and at those below `more` folders.

        Raises:
            StoreError: what was new could not be stored; the next scan finds it again.
        """
        with self._scanning:
            try:
                self._refresh()
                looked = list(dict.fromkeys([*self._roots, *(more or ())]))
                done = scan(self._store, self._pipeline, discover(looked), self._known, progress=progress)
            except StoreError as fault:
                self._store_error = str(fault)
                self._glance.wake()
                raise
            self._store_error = None
            if done.read_files == 0:
                tidy(self._settings.home / files.SPOOL, self._known)
        if done.calls:
            self._glance.wake()
        if done.calls and self._telemetry is not None:
            self._telemetry.settle()
        if done.calls and self._sender is not None:
            self._sender.wake()
        return done

    def stop(self) -> None:
        """Ask the loop to end; safe in a signal handler."""
        self._stopping = True
        self._wake.put(None)

    def _heard(self) -> tuple[int, int, dict[str, int]]:
        """Of a heartbeat: claims made and sent, what was dropped. What a log cannot hold was not dropped by us."""
        made, waiting, discards = self._store.tally()
        return made, made - waiting, {name: count for name, count in discards.items() if name not in INFORMATIVE}

    def _owner_folder(self, connection: str) -> str | None:
        found = None if self._relay is None else self._relay.owner(connection)
        return None if found is None else found.cwd

    def _wait(self) -> bool:
        """Until something changed or it is time to look; false when it is time to end."""
        try:
            self._wake.get(timeout=POLL_SECONDS)
        except queue.Empty:
            return not self._stopping
        time.sleep(0 if self._stopping else SETTLE_SECONDS)
        with contextlib.suppress(queue.Empty):
            while True:
                self._wake.get_nowait()
        return not self._stopping

    def _changed(self) -> None:
        if self._wake.empty():
            self._wake.put(None)

    def _stoppable(self, progress: Progress | None) -> Progress:
        """Reports progress, and ends a scan when somebody asks."""

        def report(done: int, total: int) -> None:
            if self._stopping:
                raise _Stopped("the resident agent is stopping")
            if progress is not None:
                progress(done, total)

        return report

    def _refresh(self) -> None:
        """What `tollbook ticket set`, and the collector of its project keys, said since the last look."""
        decided = self._store.explicit_tickets()
        keys = self._settings.project_keys if self._keys is None else self._keys.keys
        ruled = keys != self._settings.project_keys
        if ruled:
            self._settings = self._settings._replace(project_keys=keys)
            change_rule(self._store, self._settings, self._environment)
        if ruled or decided != self._decided:
            self._decided = decided
            self._pipeline = pipeline_of(self._settings, self._environment, decided, self._locator)

    def _command(self, request: Request) -> dict[str, Any]:
        """Answers on a thread of the control server."""
        command = request.get("command")
        if command == "scan":
            done = self.scan(self._stoppable(None), _roots_of(request))
            return {
                "files": done.files,
                "read_files": done.read_files,
                "read_bytes": done.read_bytes,
                "calls": done.calls,
                "discards": dict(sorted(done.discards.items())),
            }
        if command == "status":
            return {
                "pid": os.getpid(),
                "collector": self._settings.collector,
                "collector_error": None if self._sender is None else self._sender.last_error,
                "store_error": self._store_error,
                "otlp": None if self._telemetry is None else self._telemetry.status(),
                "otlp_error": self._otlp_error,
                "proxy": None if self._relay is None else dict(self._relay.status()),
            }
        if command == "warm":
            return {"engine": self._relay is not None and self._relay.warm()}
        if command == "fix":
            return self._fix(request)
        if command == "retire":
            self.retired = True
            self.stop()
            return {"retired": True}
        return {"error": "unknown command"}

    def _fix(self, request: Request) -> dict[str, Any]:
        """What a person said about a session's tickets."""
        session, tickets = request.get("session"), tuple(map(str, request.get("tickets") or ()))
        if not isinstance(session, str) or not tickets or any(candidates(key) != (key,) for key in tickets):
            return {"error": "name a session and ticket keys"}
        with self._scanning:
            fixed = fix(self._store, self._settings, session, tickets, everything=request.get("everything") is True)
        self._glance.wake()
        if fixed and self._sender is not None:
            self._sender.wake()
        return {"calls": fixed}

    def _close(self) -> None:
        self._stopping = True
        self._control.close()
        self._watcher.close()
        with self._scanning:
            pass  # whoever still scans for somebody else has come to an end
        if self._keys is not None:
            self._keys.stop()
        if self._sender is not None:
            self._sender.stop(drain_seconds=DRAIN_SECONDS)
        self._glance.stop()
        self._undo.close()


def _roots_of(request: Request) -> list[Root]:
    """The folders that a `tollbook scan` beside us would have looked in."""
    given: Any = request.get("roots")
    found: list[Root] = []
    for each in cast(list[Any], given) if isinstance(given, list) else ():
        match each:
            case [str(path), str(reader)] if reader in READERS:
                found.append(Root(path, reader))
            case _:
                continue
    return found


def _known(store: Path) -> dict[str, FileCursor]:
    connection = connect_reading(store)
    if connection is None:
        return {}
    try:
        return cursors(connection)
    finally:
        connection.close()


def transport_of(settings: Settings, collector: str) -> GrpcTransport:
    """The way to the collector; as this laptop where it is enrolled there.

    Raises:
        StoreError: the credential cannot be used; the message says what to do.
    """
    enrolment = settings.enrolment
    if enrolment is None or enrolment.collector != collector:
        return GrpcTransport(collector, resource(settings))
    try:
        token = token_of(settings.home, enrolment)
        roots = None if not enrolment.secure else b"" if enrolment.ca is None else Path(enrolment.ca).read_bytes()
    except (IdentityError, OSError) as fault:
        raise StoreError(str(fault)) from fault
    return GrpcTransport(collector, resource(settings), token=token, roots=roots)


def resource(settings: Settings) -> Resource:
    """The standard description of this process: these attributes and none that the environment names."""
    return Resource(
        {
            "service.name": "tollbook-agent",
            "service.version": tollbook.__version__,
            "service.instance.id": settings.device,
            "host.id": settings.device,
            "rpc.grpc.version": grpc.__version__,
        }
    )
