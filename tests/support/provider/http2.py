"""HTTP/2 as a server speaks it, as far as Codex needs it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

from tests.support.provider.http1 import GONE_SECONDS
from tests.support.provider.message import BODY_BYTES, Answer, Request

READ_BYTES = 64 << 10
WINDOW_BYTES = 1 << 24
"""Given to the client at once, so that no upload waits."""


@dataclass(slots=True)
class _Stream:
    headers: dict[str, str]
    body: bytearray = field(default_factory=bytearray)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Http2:
    """One connection."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        serve: Callable[[Request, Answer], Awaitable[None]],
    ) -> None:
        self._reader, self._writer, self._serve = reader, writer, serve
        self.machine = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self._streams: dict[int, _Stream] = {}
        self.window = asyncio.Event()

    async def run(self) -> None:
        """Until the client ends it."""
        self.machine.initiate_connection()
        self.machine.increment_flow_control_window(WINDOW_BYTES)
        await self.flush()
        try:
            while data := await self._reader.read(READ_BYTES):
                for event in self.machine.receive_data(data):
                    self._take(event)
                await self.flush()
        except h2.exceptions.ProtocolError as fault:
            raise ConnectionError("no HTTP/2") from fault
        finally:
            tasks = [stream.task for stream in self._streams.values() if stream.task is not None]
            for stream in self._streams.values():
                stream.gone.set()
            self.window.set()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def flush(self) -> None:
        """Send what the state machine has to say."""
        if self._writer.is_closing():
            raise ConnectionResetError("the client has gone")
        self._writer.write(self.machine.data_to_send())
        await self._writer.drain()

    def _take(self, event: h2.events.Event) -> None:
        match event:
            case h2.events.RequestReceived():
                pairs = [(_text(name), _text(value)) for name, value in event.headers]
                self._streams[event.stream_id] = _Stream(dict(pairs))
            case h2.events.DataReceived():
                stream = self._streams[event.stream_id]
                stream.body += event.data
                if len(stream.body) > BODY_BYTES:
                    self.machine.reset_stream(event.stream_id)
                self.machine.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case h2.events.StreamEnded():
                stream = self._streams[event.stream_id]
                answer = Http2Answer(self, event.stream_id, stream.gone)
                stream.task = asyncio.create_task(self._one(_request(stream), answer))
            case h2.events.StreamReset():
                self._streams[event.stream_id].gone.set()
                self.window.set()
            case h2.events.WindowUpdated() | h2.events.RemoteSettingsChanged():
                self.window.set()
            case _:
                pass

    async def _one(self, request: Request, answer: Answer) -> None:
        with contextlib.suppress(ConnectionError, h2.exceptions.ProtocolError):
            await self._serve(request, answer)


class Http2Answer:
    """An answer on one stream."""

    def __init__(self, connection: Http2, stream: int, gone: asyncio.Event) -> None:
        self._connection, self._stream, self._gone = connection, stream, gone

    async def start(self, status: int, headers: Mapping[str, str]) -> None:
        fields = [(":status", str(status)), *headers.items()]
        self._check()
        self._connection.machine.send_headers(self._stream, fields)
        await self._connection.flush()

    async def send(self, data: bytes) -> None:
        machine = self._connection.machine
        while data:
            self._check()
            room = min(machine.local_flow_control_window(self._stream), machine.max_outbound_frame_size)
            if room <= 0:
                self._connection.window.clear()
                await self._connection.window.wait()
                continue
            machine.send_data(self._stream, data[:room])
            data = data[room:]
            await self._connection.flush()

    async def end(self) -> None:
        self._check()
        self._connection.machine.end_stream(self._stream)
        await self._connection.flush()

    async def cut(self) -> None:
        with contextlib.suppress(ConnectionError, h2.exceptions.ProtocolError):
            self._connection.machine.reset_stream(self._stream, h2.errors.ErrorCodes.INTERNAL_ERROR)
            await self._connection.flush()

    async def gone(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GONE_SECONDS):
                await self._gone.wait()

    def _check(self) -> None:
        if self._gone.is_set():
            raise ConnectionResetError("the client has reset the stream")


def _request(stream: _Stream) -> Request:
    headers = stream.headers
    path, _, query = headers.get(":path", "/").partition("?")
    return Request(
        method=headers.get(":method", "GET"),
        host=headers.get(":authority", "").partition(":")[0].lower(),
        path=path,
        query=query,
        headers={name: value for name, value in headers.items() if not name.startswith(":")},
        body=bytes(stream.body),
        http_version="2",
    )


def _text(value: bytes | str) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
