"""The mock provider's listening socket: TLS for any host by SNI, HTTP/1.1, HTTP/2 and WebSocket on one port."""

import asyncio
import contextlib
import ssl
from dataclasses import replace

from tests.support.provider.anthropic_front import serve_message
from tests.support.provider.anthropic_request import asked_of
from tests.support.provider.free import serve_free
from tests.support.provider.http1 import HEAD_BYTES, Broken, Http1Answer, parse_head, read_body, read_head
from tests.support.provider.http2 import Http2
from tests.support.provider.message import Answer, Request
from tests.support.provider.openai_front import serve_response
from tests.support.provider.openai_request import created_of
from tests.support.provider.openai_socket import serve_socket
from tests.support.provider.seen import Seen
from tests.support.provider.world import World

LOOPBACK = "127.0.0.1"
ENDED = (ConnectionError, ssl.SSLError, Broken, asyncio.IncompleteReadError)
"""How connections end when clients or scripts end them."""


class Server:
    """Answers connections until its task is cancelled."""

    def __init__(self, world: World, seen: Seen) -> None:
        self._world, self._seen = world, seen

    async def listen(self, context: ssl.SSLContext) -> asyncio.Server:
        """Open a free port of loopback."""
        return await asyncio.start_server(self._connection, LOOPBACK, 0, ssl=context, limit=HEAD_BYTES)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
        with contextlib.suppress(*ENDED):
            if tls.selected_alpn_protocol() == "h2":
                await Http2(reader, writer, self._serve).run()
            else:
                await self._http1(reader, writer)
        writer.close()
        with contextlib.suppress(*ENDED):
            await writer.wait_closed()

    async def _http1(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (head := await read_head(reader)) is not None:
            request = parse_head(head)
            if request.headers.get("upgrade", "").lower() == "websocket":
                self._seen.request(request)
                await serve_socket(reader, writer, head, request, self._world, self._seen)
                return
            request = replace(request, body=await read_body(reader, request.headers))
            await self._serve(request, Http1Answer(reader, writer))
            if writer.is_closing() or request.headers.get("connection", "").lower() == "close":
                return

    async def _serve(self, request: Request, answer: Answer) -> None:
        """Answer one request of either version of HTTP."""
        self._seen.request(request)
        message = asked_of(request)
        response = None if message is not None else created_of(request)
        if message is not None:
            await serve_message(message, answer, self._world)
        elif response is not None:
            await serve_response(response, answer, self._world)
        else:
            await serve_free(request, answer)
