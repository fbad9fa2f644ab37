"""A loopback stand-in for the providers, and a relay in front of it: a runtime's trust is tried, nothing is sent out.

The stand-in shows this device's own leaves, as the engine would, and notes whether a client accepts them.
"""

import asyncio
import contextlib
import queue
import socket
import ssl
import threading
from collections.abc import Generator, Mapping
from pathlib import Path

from tollbook_agent.capture.proxy import files
from tollbook_agent.capture.proxy.dial import Parent
from tollbook_agent.capture.proxy.relay import Relay

IDLE_SECONDS = 10.0
MAX_HEAD = 65_536
MAX_CONNECTIONS = 64
PASSWORD = "doctor"
_REFUSAL = b'{"type":"error","error":{"type":"authentication_error","message":"a trial by tollbook doctor"}}'
_ANSWER = (
    b"HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(_REFUSAL), _REFUSAL)
)


class StandIn:
    """Answers CONNECT and TLS for every host it has a leaf of, and each request with `answer`, until it is closed."""

    def __init__(self, leaves: Mapping[str, Path], answer: bytes = b"") -> None:
        self._answer = answer or _ANSWER
        self._contexts = {host: _context(path) for host, path in leaves.items()}
        self.outcomes: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        """(host, "" for accepted, else why not) of each handshake."""
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._thread = threading.Thread(target=self._accept, name="stand-in", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(IDLE_SECONDS)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            if not self._free.acquire(blocking=False):
                connection.close()
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, contextlib.suppress(OSError, ValueError):
                connection.settimeout(IDLE_SECONDS)
                words = _head(connection).split(b" ", 2)
                host = words[1].rpartition(b":")[0].decode()
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                context = self._contexts.get(host)
                if context is not None:
                    self._handshake(connection, context, host)
        finally:
            self._free.release()

    def _handshake(self, connection: socket.socket, context: ssl.SSLContext, host: str) -> None:
        try:
            channel = context.wrap_socket(connection, server_side=True)
        except OSError as fault:
            self.outcomes.put((host, getattr(fault, "reason", None) or type(fault).__name__))
            return
        self.outcomes.put((host, ""))
        with channel:
            fields = [line.partition(b":") for line in _head(channel).lower().split(b"\r\n")]
            left = next((int(value) for name, _, value in fields if name == b"content-length"), 0)
            while left > 0 and (part := channel.recv(min(left, MAX_HEAD))):
                left -= len(part)
            channel.sendall(self._answer)


def _context(leaf: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _head(connection: socket.socket) -> bytes:
    """Up to the empty line; byte by byte, so that nothing behind it is taken."""
    head = bytearray()
    while not head.endswith(b"\r\n\r\n") and len(head) < MAX_HEAD:
        byte = connection.recv(1)
        if not byte:
            raise ConnectionError("half a head")
        head += byte
    return bytes(head)


@contextlib.contextmanager
def relay_to(port: int) -> Generator[str]:
    """A relay without engine whose tunnels all lead to the proxy on this port; what a tool is given as HTTPS_PROXY."""
    listening = socket.create_server(("127.0.0.1", 0))
    place: asyncio.Future[None] | None = None
    started = threading.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        nonlocal place
        relay = Relay(user=files.USER, password=PASSWORD, parent=Parent(host="127.0.0.1", port=port))
        place = loop.create_future()
        async with await relay.serve(listening):
            started.set()
            await place
        await relay.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="trial-relay", daemon=True)
    thread.start()
    started.wait(IDLE_SECONDS)
    try:
        yield f"http://{files.USER}:{PASSWORD}@127.0.0.1:{listening.getsockname()[1]}"
    finally:
        if place is not None:
            loop.call_soon_threadsafe(place.set_result, None)
        thread.join(IDLE_SECONDS)
        loop.close()
        listening.close()
