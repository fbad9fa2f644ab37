"""An origin that answers word for word what a test prepared, behind a proxy that leads every host and port to it."""

import contextlib
import hashlib
import socket
import socketserver
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from tests.support.provider.certificates import Authority

SCENE = b"x-scene"
MAX_HEAD = 262_144
IDLE_SECONDS = 30.0
PIECE = 700
"""Bytes of an answer that are sent at once: events and names are cut somewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How one scene is answered."""

    answer: bytes = b""
    """Head and body of an HTTP answer; the connection is closed behind it."""
    frames: Sequence[Sequence[str | bytes]] = ()
    """Of a WebSocket: what is sent for each frame of the client."""


class Origin:
    """Listens until it is closed."""

    def __init__(self, folder: Path) -> None:
        authority = Authority(protocols=("http/1.1",))
        self.ca = folder / "origin-ca.pem"
        self.ca.write_bytes(authority.pem)
        self.context = authority.context()
        self.scripts: Mapping[str, Script] = {}
        self.asked: list[str] = []
        """Scenes that came here, in the order they came."""
        self._server = _Server(("127.0.0.1", 0), _Tunnel)
        self._server.origin = self
        self.port = int(self._server.server_address[1])
        """Of the proxy that leads here."""
        self._thread = threading.Thread(target=self._server.serve_forever, name="origin", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more connections."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def fingerprint(self, host: str) -> str:
        """SHA-256 of the certificate that this origin shows for a host."""
        trust = ssl.create_default_context(cafile=str(self.ca))
        with socket.create_connection(("127.0.0.1", self.port), IDLE_SECONDS) as raw:
            raw.sendall(f"CONNECT {host}:443 HTTP/1.1\r\n\r\n".encode())
            raw.recv(1024)
            with trust.wrap_socket(raw, server_hostname=host) as channel:
                return hashlib.sha256(channel.getpeercert(binary_form=True) or b"").hexdigest()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    origin: Origin


class _Tunnel(socketserver.BaseRequestHandler):
    """One connection: CONNECT, TLS, then one request or a socket."""

    request: socket.socket

    def handle(self) -> None:
        self.request.settimeout(IDLE_SECONDS)
        with contextlib.suppress(OSError, ValueError):
            if _head(self.request).startswith(b"CONNECT "):
                self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                with self._origin.context.wrap_socket(self.request, server_side=True) as channel:
                    self._serve(channel)

    @property
    def _origin(self) -> Origin:
        assert isinstance(self.server, _Server)
        return self.server.origin

    def _serve(self, channel: ssl.SSLSocket) -> None:
        head = _head(channel)
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        scene = fields.get(SCENE, b"").decode()
        self._origin.asked.append(scene)
        script = self._origin.scripts.get(scene, Script())
        if fields.get(b"upgrade") == b"websocket":
            _socket(channel, head, script)
            return
        left = int(fields.get(b"content-length", b"0"))
        while left > 0 and (part := channel.recv(min(left, 65_536))):
            left -= len(part)
        for start in range(0, len(script.answer), PIECE):
            channel.sendall(script.answer[start : start + PIECE])


def _head(channel: socket.socket) -> bytes:
    """Up to the empty line; byte by byte, so that nothing behind it is taken."""
    head = bytearray()
    while not head.endswith(b"\r\n\r\n") and len(head) < MAX_HEAD:
        byte = channel.recv(1)
        if not byte:
            raise ConnectionError("half a head")
        head += byte
    return bytes(head)


def _socket(channel: ssl.SSLSocket, head: bytes, script: Script) -> None:
    """Speak WebSocket until the client closes."""
    protocol = ServerProtocol()
    answers = iter(script.frames)
    data = head
    while data:
        protocol.receive_data(data)
        for event in protocol.events_received():
            if isinstance(event, Request):
                protocol.send_response(protocol.accept(event))
            elif isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY):
                for frame in next(answers, ()):
                    if isinstance(frame, str):
                        protocol.send_text(frame.encode())
                    else:
                        protocol.send_binary(frame)
        for part in protocol.data_to_send():
            if not part:
                return
            channel.sendall(part)
        data = channel.recv(65_536)
