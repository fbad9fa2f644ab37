"""The relay: a CONNECT proxy on loopback that is always up and holds no key.

It tunnels every host. A host on the list goes through the engine where that works: the relay connects to the engine,
tells the client that the tunnel stands, keeps what the client says first (its ClientHello) and hands it on. Only when
the engine has answered is the choice made; until then the relay can go to the origin instead and say the same bytes
there. The client has seen nothing but "200", and trusts the origin's own certificate too.
"""

import asyncio
import contextlib
import logging
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tollbook_agent.capture.proxy import dial, head, owner
from tollbook_agent.capture.proxy.engine_process import HEALTH, EngineDown, EngineProcess
from tollbook_agent.capture.proxy.generations import Generation
from tollbook_agent.capture.proxy.hosts import CODEX_ONLY, PORT

log = logging.getLogger(__name__)

HEAD_SECONDS = 30.0
FIRST_BYTES_SECONDS = 30.0
"""For a client to speak after the tunnel stands; a preconnected one may wait. Then it is tunnelled plainly."""
ANSWER_SECONDS = 1.0
"""For the engine to answer a ClientHello, which it does by itself; one second is only ever spent on a hung engine."""
CLOSE_SECONDS = 2.0
"""For all tunnels to end when the relay does."""
MAX_HELLO = 65_536
CHUNK = 65_536
MAX_CONNECTIONS = 2_048
"""At once; the next one is answered with 503."""
MAX_OWNERS = 4_096
"""Connections whose process is remembered."""
QUARANTINE_SECONDS = 300.0
_TLS_HANDSHAKE = b"\x16"
"""The first byte of a TLS record of the handshake: of every ClientHello, and of every answer that agrees to it."""
PROGRAMS: frozenset[str] = frozenset({"claude", "codex", "node", "bun"})
"""Whose connections may be captured: these read the settings that make them trust this device's anchor. What they start
inherits the proxy and does not trust the anchor: git, pip, a script with a provider's package. That is tunnelled."""
_CODEX = frozenset({"codex"})

type Serving = Callable[[str, float], Generation | None]


@dataclass(slots=True)
class Counts:
    """What the relay did since it started."""

    connections: int = 0
    captured: int = 0
    tunnelled: int = 0
    bypassed: int = 0
    """Hosts of the list that went past the engine because it did not work."""
    others: int = 0
    """Connections to hosts of the list by programs that do not trust our anchor, by sessions that began before it was
    made, or by nobody one can see."""
    untrusting: int = 0
    """Processes that refused our certificate, and are tunnelled since."""
    refused: int = 0
    by_host: dict[str, int] = field(default_factory=dict[str, int])
    """Captured connections by host."""


class Relay:
    """Serves on sockets that somebody else opened, on the event loop it is started in.

    Args:
        password: of the proxy, for this user's tools.
        serving: the generation whose leaf a host is shown with at a time, `None` for a host that is not captured.
        capture: asked at every connection: false tunnels everything.
        engine: `None` for a relay that only tunnels.
    """

    def __init__(
        self,
        *,
        user: str,
        password: str,
        serving: Serving = lambda _host, _now: None,
        capture: Callable[[], bool] = lambda: True,
        engine: EngineProcess | None = None,
        parent: dial.Parent | None = None,
        programs: frozenset[str] = PROGRAMS,
    ) -> None:
        self._programs = programs
        self._user, self._password = user, password
        self._serving, self._capture, self._engine, self._parent = serving, capture, engine, parent
        self._owners: OrderedDict[str, owner.Owner | None] = OrderedDict()
        self._quarantine: dict[str, float] = {}
        self._untrusting: OrderedDict[int, float] = OrderedDict()
        """Processes that refused our certificate: pid -> when it was created."""
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="owner")
        self._tasks: set[asyncio.Task[None]] = set()
        self._number = 0
        self._prefix = f"{time.time_ns():x}"
        self._server_port = 0
        self.counts = Counts()

    async def serve(self, listening: socket.socket) -> asyncio.Server:
        """Begin to accept."""
        self._server_port = listening.getsockname()[1]
        return await asyncio.start_server(self._accepted, sock=listening, limit=dial.LIMIT)

    async def drain(self, seconds: float) -> None:
        """Wait for the connections that are open, at most so long."""
        tasks = list(self._tasks)
        if tasks and seconds:
            await asyncio.wait(tasks, timeout=seconds)

    async def close(self) -> None:
        """End every tunnel and the engine."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
        if self._engine is not None:
            await self._engine.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def owner_of(self, connection: str) -> owner.Owner | None:
        """The process of a connection that the engine saw; `None` where it is not known any more."""
        return self._owners.get(connection)

    def note(self, said: Mapping[str, Any]) -> None:
        """What the engine says of itself: a host it cannot reach as the client would is left alone for a while."""
        connection = said.get("untrusting")
        found = self._owners.get(connection) if isinstance(connection, str) else None
        if found is not None:
            self._untrusting[found.pid] = found.created
            while len(self._untrusting) > MAX_OWNERS:
                self._untrusting.popitem(last=False)
            self.counts.untrusting += 1
        host = said.get("quarantine")
        if isinstance(host, str):
            self._quarantine[host] = time.monotonic() + QUARANTINE_SECONDS
            log.warning("capture of %s is paused: %s", host, said.get("reason", "upstream fault"))

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.counts.connections += 1
        try:
            await self._connection(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            pass  # a client that went away, or one that speaks no HTTP
        finally:
            self._tasks.discard(task)
            await _closed(writer)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                raw = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            raw = b""
        target = head.target(raw)
        port = int(writer.get_extra_info("peername")[1])
        if not 0 < len(raw) <= head.MAX_HEAD:
            self.counts.refused += 1
            writer.write(head.answer(431, "Request Header Fields Too Large"))
        elif len(self._tasks) > MAX_CONNECTIONS:
            self.counts.refused += 1
            writer.write(head.answer(503, "Too many connections"))
        elif not head.authorized(raw, self._user, self._password):
            self.counts.refused += 1
            challenge = 'Proxy-Authenticate: Basic realm="tollbook"\r\n'
            writer.write(head.answer(407, "Proxy Authentication Required", more=challenge))
        elif not await asyncio.get_running_loop().run_in_executor(
            self._pool, owner.is_own_user, port, self._server_port
        ):
            self.counts.refused += 1
            writer.write(head.answer(403, "Forbidden"))
        elif target is None:
            self.counts.refused += 1
            writer.write(head.answer(405, "Only CONNECT is served here", more="Allow: CONNECT\r\n"))
        elif target == HEALTH:
            await self._health(writer)
        else:
            await self._tunnel(target, port, reader, writer)

    async def _health(self, writer: asyncio.StreamWriter) -> None:
        """Answered at once; the engine is made warm, so that the tool that follows does not wait for it."""
        if self._engine is not None and self._capture():
            task = asyncio.create_task(self._warm(self._engine))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        writer.write(head.ESTABLISHED)
        await writer.drain()

    @staticmethod
    async def _warm(engine: EngineProcess) -> None:
        await engine.warm()

    async def _tunnel(
        self, target: head.Target, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        engine = self._engine
        generation = None if engine is None else self._generation(target)
        if engine is not None and generation is not None:
            connection = f"{self._prefix}-{self._number}"
            self._number += 1
            found = await self._look_up(connection, port)
            if found is not None and found.began >= generation.since and self._trusts(found, target.host):
                with engine.using():
                    await self._through_engine(engine, target, (connection, generation.name), reader, writer)
                return
            self.counts.others += 1
        await self._direct(target, reader, writer, greeted=False, said=b"")

    def _generation(self, target: head.Target) -> Generation | None:
        """The leaves to capture a connection with; `None` where it is not to be captured."""
        if target.port != PORT or time.monotonic() < self._quarantine.get(target.host, 0.0) or not self._capture():
            return None
        return self._serving(target.host, time.time())

    def _trusts(self, found: owner.Owner, host: str) -> bool:
        """Whether a process is one that was told of the anchor, and has not refused it."""
        if self._untrusting.get(found.pid) == found.created:
            return False
        return owner.runs(found, _CODEX if host in CODEX_ONLY else self._programs)

    def _look_up(self, connection: str, port: int) -> asyncio.Future[owner.Owner | None]:
        """Find the process in a thread: the client is there at least until it got its answer."""
        found = asyncio.get_running_loop().run_in_executor(self._pool, owner.owner_of, port, self._server_port)

        def keep(done: asyncio.Future[owner.Owner | None]) -> None:
            if done.cancelled() or done.exception() is not None:
                return
            self._owners[connection] = done.result()
            while len(self._owners) > MAX_OWNERS:
                self._owners.popitem(last=False)

        found.add_done_callback(keep)
        return found

    async def _through_engine(
        self,
        engine: EngineProcess,
        target: head.Target,
        names: tuple[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Serve a connection through the engine, or past it where the engine does not work."""
        try:
            up_reader, up_writer = await engine.connect(target, *names)
        except EngineDown:
            self.counts.bypassed += 1
            await self._direct(target, reader, writer, greeted=False, said=b"")
            return
        said, answer = b"", b""
        try:
            writer.write(head.ESTABLISHED)
            await writer.drain()
            said = await _first_bytes(reader)
            if said[:1] == _TLS_HANDSHAKE:
                up_writer.write(said)
                async with asyncio.timeout(ANSWER_SECONDS):
                    await up_writer.drain()
                    answer = await up_reader.read(CHUNK)
        except (OSError, TimeoutError):
            answer = b""
        except BaseException:
            up_writer.close()
            raise
        if answer[:1] != _TLS_HANDSHAKE:  # an alert too: what the engine cannot agree on, the origin may
            await _closed(up_writer)
            if not said and reader.at_eof():
                return  # the client left without a word
            if said[:1] == _TLS_HANDSHAKE:
                engine.failed()
                self.counts.bypassed += 1
            await self._direct(target, reader, writer, greeted=True, said=said)
            return
        engine.breaker.success()
        self.counts.captured += 1
        self.counts.by_host[target.host] = self.counts.by_host.get(target.host, 0) + 1
        writer.write(answer)
        await _pump_both(reader, writer, up_reader, up_writer)

    async def _direct(
        self,
        target: head.Target,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        greeted: bool,
        said: bytes,
    ) -> None:
        """A plain tunnel. `greeted`: the client has its 200 already, and has said these bytes."""
        self.counts.tunnelled += 1
        try:
            up_reader, up_writer = await dial.dial(target, self._parent)
        except dial.Refused as refusal:
            if not greeted:
                writer.write(head.answer(502, str(refusal)))
            return
        if not greeted:
            writer.write(head.ESTABLISHED)
        if said:
            up_writer.write(said)
        await _pump_both(reader, writer, up_reader, up_writer)


async def _first_bytes(reader: asyncio.StreamReader) -> bytes:
    """What the client says first: a whole TLS record where it is one, so that it can be said again elsewhere. What has
    come, where the rest does not come in time."""
    said = b""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FIRST_BYTES_SECONDS):
            said = await reader.read(CHUNK)
            while said[:1] == _TLS_HANDSHAKE and len(said) < MAX_HELLO:
                if len(said) >= 5 and len(said) >= 5 + int.from_bytes(said[3:5], "big"):
                    break
                more = await reader.read(CHUNK)
                if not more:
                    break
                said += more
    return said


async def _pump_both(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    up_reader: asyncio.StreamReader,
    up_writer: asyncio.StreamWriter,
) -> None:
    """Both ways until both sides have ended, or one of them is gone."""
    ways = (asyncio.create_task(_pump(reader, up_writer)), asyncio.create_task(_pump(up_reader, writer)))
    try:
        done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        if all(each.exception() is None for each in done):
            await asyncio.wait(ways)
    finally:
        for each in ways:
            each.cancel()
        for each in await asyncio.gather(*ways, return_exceptions=True):
            if isinstance(each, Exception) and not isinstance(each, OSError):
                log.warning("a tunnel ended by %s", type(each).__name__)
        await _closed(up_writer)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def _closed(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(1.0):
            writer.close()
            await writer.wait_closed()
