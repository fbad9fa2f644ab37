"""Both receivers on free ports, busy for the first request: out of time, or with a full store."""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import uvicorn

from tests.collector.held_sink import Sink
from tollbook.claim import Claim
from tollbook.problem import Problem
from tollbook_collector.address import Address
from tollbook_collector.prepared import Prepared
from tollbook_collector.receivers.counts import Counts
from tollbook_collector.receivers.door import Came, OpenDoor, RateLimited, Read
from tollbook_collector.receivers.otlp_grpc import GrpcReceiver
from tollbook_collector.receivers.otlp_http import HttpReceiver

MAX_MESSAGE = 256 * 1024
WAIT_SECONDS = 1


class SlowDoor:
    """Tells the first sender to wait, and lets everybody in after that."""

    def __init__(self, sink: Sink) -> None:
        self._open, self._asked = OpenDoor(sink), threading.Event()

    def take(self, authorization: str | None, read: Read) -> Came:
        if not self._asked.is_set():
            self._asked.set()
            raise RateLimited(WAIT_SECONDS)
        return self._open.take(authorization, read)


class FullSink(Sink):
    """Is full at first."""

    def submit(self, claims: Sequence[Claim | Prepared], problems: Sequence[Problem]) -> "Future[None]":
        if not self.problems and not self.arrived.is_set():
            self.arrived.set()
            raise RuntimeError("full")
        return super().submit(claims, problems)


@dataclass(frozen=True)
class Busy:
    """The running receivers."""

    sink: Sink
    counts: Counts
    grpc: str
    http: str


def run(test: Callable[[Busy], None], *, rate_limited: bool) -> None:
    """Run a test, in a thread of its own, against receivers that are busy once."""

    async def around() -> None:
        sink, counts = Sink() if rate_limited else FullSink(), Counts()
        door = SlowDoor(sink) if rate_limited else None
        over_grpc = GrpcReceiver(sink, counts, max_message_bytes=MAX_MESSAGE, door=door)
        over_http = HttpReceiver(sink, counts, max_message_bytes=MAX_MESSAGE, door=door)
        server = uvicorn.Server(uvicorn.Config(over_http, http="h11", ws="none", lifespan="off", log_config=None))
        listening = socket.create_server(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            address = await over_grpc.start(Address("127.0.0.1", 0))
            http = f"http://127.0.0.1:{listening.getsockname()[1]}"
            await asyncio.to_thread(test, Busy(sink, counts, str(address), http))
        finally:
            await over_grpc.stop()
            server.should_exit = True
            await serving
            over_http.close()

    asyncio.run(around())
