"""The HTTP receiver behind a real server on the loopback, with a sink of the test's own."""

import asyncio
import http.client
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import uvicorn

from tests.collector.held_sink import Sink
from tollbook_collector.receivers.counts import Counts
from tollbook_collector.receivers.otlp_http import HttpReceiver

MAX_MESSAGE = 256 * 1024
PROTOBUF = "application/x-protobuf"
JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Bench:
    """A running receiver and a client of it."""

    sink: Sink
    counts: Counts
    receiver: HttpReceiver
    port: int

    def send(
        self, path: str, body: bytes, content_type: str = PROTOBUF, method: str = "POST", **headers: str
    ) -> Answer:
        """Send one request; underscores in the names of headers are dashes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {"content-type": content_type, **named})
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()


def run(test: Callable[[Bench], None]) -> None:
    """Run a test, in a thread of its own, with a receiver on a free port."""

    async def around() -> None:
        sink, counts = Sink(), Counts()
        receiver = HttpReceiver(sink, counts, max_message_bytes=MAX_MESSAGE)
        config = uvicorn.Config(receiver, http="h11", ws="none", lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        listening = socket.create_server(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            await asyncio.to_thread(test, Bench(sink, counts, receiver, listening.getsockname()[1]))
        finally:
            server.should_exit = True
            await serving
            receiver.close()

    asyncio.run(around())
