"""Serves OpenAI's WebSocket: one frame asks for one response, many of them on one socket."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from websockets import frames, http11
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.protocol import State
from websockets.server import ServerProtocol

from tests.support.provider.http1 import GONE_SECONDS, Http1Answer
from tests.support.provider.ledger import Outcome
from tests.support.provider.message import BODY_BYTES, Request, answer_json
from tests.support.provider.openai_events import events, failed, prewarmed
from tests.support.provider.openai_front import REFUSALS, breaks, complete, entry_of, pause, refused, response_of
from tests.support.provider.openai_request import PATHS, Created, framed
from tests.support.provider.script import Fault
from tests.support.provider.seen import Seen
from tests.support.provider.world import World, made_id

READ_BYTES = 64 << 10
UPGRADE_REQUIRED = 426


class Socket:
    """One WebSocket on a connection: whole messages in, whole messages out."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._machine = ServerProtocol(extensions=[ServerPerMessageDeflateFactory()], max_size=BODY_BYTES)

    async def accept(self, head: bytes, headers: Mapping[str, str]) -> bool:
        """Shake hands; whether the client did."""
        self._machine.receive_data(head)
        for event in self._machine.events_received():
            if isinstance(event, http11.Request):
                response = self._machine.accept(event)
                response.headers.update(headers)
                self._machine.send_response(response)
        await self._flush()
        return self._machine.state is State.OPEN

    async def messages(self) -> AsyncIterator[bytes]:
        """Text messages until the client ends."""
        parts = bytearray()
        while self._machine.state is State.OPEN and (data := await self._reader.read(READ_BYTES)):
            self._machine.receive_data(data)
            await self._flush()
            for event in self._machine.events_received():
                if isinstance(event, frames.Frame) and event.opcode in (frames.OP_TEXT, frames.OP_CONT):
                    parts += event.data
                    if event.fin:
                        yield bytes(parts)
                        parts.clear()

    async def send(self, document: Mapping[str, Any]) -> None:
        """One text message."""
        if self._machine.state is not State.OPEN:
            raise ConnectionResetError("the client has closed the socket")
        self._machine.send_text(json.dumps(document).encode())
        await self._flush()

    async def gone(self) -> None:
        """Wait until the client has gone away."""
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(GONE_SECONDS):
                async for _ in self.messages():
                    pass

    def cut(self) -> None:
        """Break the connection off, without a closing frame."""
        self._writer.transport.abort()

    async def _flush(self) -> None:
        if self._writer.is_closing() or self._reader.at_eof():
            raise ConnectionResetError("the client has gone")
        for data in self._machine.data_to_send():
            if data:
                self._writer.write(data)
        await self._writer.drain()


async def serve_socket(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, request: Request, world: World, seen: Seen
) -> None:
    """Answer one request to upgrade, and everything that comes over the socket."""
    if not world.websocket or request.path not in PATHS:
        await answer_json(Http1Answer(reader, writer), UPGRADE_REQUIRED, {"error": {"message": "no WebSocket here"}})
        return
    socket = Socket(reader, writer)
    request_id = made_id("req_", world.next_answer(), 32)
    if not await socket.accept(head, {"x-request-id": request_id}):
        return
    async for text in socket.messages():
        seen.frame(request, text)
        created = framed(request, text)
        if created is not None and not await _serve(created, socket, world, request_id):
            return


async def _serve(created: Created, socket: Socket, world: World, request_id: str) -> bool:
    """Answer one frame and book it; whether the socket is still of use."""
    number, play = world.next_answer(), created.play(world)
    entry = world.ledger.opened(entry_of(created, play, request_id))
    made = response_of(created, play, number)
    try:
        if play.fault is not None and play.fault in REFUSALS:
            status, code = REFUSALS[play.fault]
            refused(entry, status)
            fault = {"code": code, "type": code, "message": "as the script has it"}
            await socket.send({"type": "error", "status": status, "error": fault})
            return True
        created.remember(world, made.response_id)
        entry.response_id, entry.model = made.response_id, created.model
        if created.prewarm:
            entry.outcome, entry.billed = Outcome.PREWARM, False
        for event in prewarmed(made) if created.prewarm else events(made):
            await socket.send(event)
            match breaks(event, play.fault):
                case None:
                    await pause(event, made)
                    continue
                case Fault.ERROR_EVENT:
                    await socket.send(failed(made))
                    return True
                case Fault.HANG:
                    world.ledger.hanging()
                    await socket.gone()
                case _:
                    socket.cut()
            return False
        if not created.prewarm:
            complete(entry, made.usage)
        return True
    except ConnectionError:
        return False
    finally:
        world.ledger.close(entry)
