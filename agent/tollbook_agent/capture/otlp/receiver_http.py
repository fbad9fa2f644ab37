"""OTLP over HTTP on loopback: protobuf and JSON, gzip.

A web page can send requests to a loopback port, so a request with a foreign Host, or with an Origin at all, is refused
before anything else is looked at; the token is checked before the body is read.
"""

import contextlib
import socket
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, cast

import msgspec

from tollbook_agent.capture.otlp.http_body import BodyError, read_body
from tollbook_agent.capture.otlp.intake import MAX_BODY_BYTES, RETRY_SECONDS, TOKEN_HEADER, Intake, Signal, Verdict
from tollbook_agent.capture.otlp.read import Encoding

MAX_CONNECTIONS = 32
"""Served at once; the next one is closed."""
IDLE_SECONDS = 30.0
"""A connection on which nothing arrives for so long is closed; exporters send every 1 to 5 s."""
STOP_SECONDS = 2.0
_BROWSER = ("origin", "referer", "sec-fetch-site")
"""Headers that a browser sends and no exporter does."""
_SIGNALS = {signal.value: signal for signal in Signal}


class HttpReceiver:
    """The server: one thread that accepts, one a connection."""

    def __init__(self, intake: Intake, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 is a free one.

        Raises:
            OSError: the port cannot be listened on.
        """
        self._server = _Server(intake, port)
        self.port: int = self._server.server_address[1]
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name="otlp-http", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Take nothing new; what is being committed is still answered."""
        self._closing = True
        if self._thread.is_alive():
            with contextlib.suppress(OSError):  # wakes the thread: it waits without looking at a clock
                socket.create_connection(("127.0.0.1", self.port), STOP_SECONDS).close()
            self._thread.join(STOP_SECONDS)
        self._server.server_close()

    def _serve(self) -> None:
        while not self._closing:
            self._server.handle_request()


class _Server(socketserver.ThreadingMixIn, HTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = sys.platform != "win32"
    """To listen again at once after a restart. On Windows it would let another process take the port."""
    allow_reuse_port = False
    request_queue_size = MAX_CONNECTIONS

    def __init__(self, intake: Intake, port: int) -> None:
        self.intake = intake
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__(("127.0.0.1", port), _Handler)
        own = self.server_address[1]
        self.hosts = frozenset({f"127.0.0.1:{own}", f"localhost:{own}"})

    def server_bind(self) -> None:
        """Without HTTPServer's look-up of the machine's name, which may wait for a name server."""
        socketserver.TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        """On the thread that accepts."""
        if not self._free.acquire(blocking=False):
            self.intake.count("too_many_connections")
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke: nobody is left to tell, and a trace of the stack could hold what it carried."""
        self.intake.count("connection_broken")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "tollbook"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """One request."""
        server = cast(_Server, self.server)
        refusal = self._refusal(server)
        if refusal is not None:
            self.close_connection = True  # the body is not read
            self._answer(*refusal)
            return
        signal = _SIGNALS[self.path]
        encoding = cast(Encoding, self._encoding())
        headers = self.headers
        try:
            body = read_body(
                self.rfile,
                length=headers.get("content-length"),
                transfer=headers.get("transfer-encoding"),
                coding=headers.get("content-encoding"),
                most=MAX_BODY_BYTES,
            )
        except BodyError as fault:
            server.intake.count("bad_body")
            self.close_connection = True
            self._answer(fault.status, fault.reason)
            return
        answer = server.intake.take(signal, body, encoding)
        if answer.verdict is Verdict.TAKEN:
            self._answer(200, None)
        else:
            self._answer(400 if answer.verdict is Verdict.REFUSED else 503, answer.reason)

    def _refusal(self, server: _Server) -> tuple[int, str] | None:
        """Why a request is not for us, from its head alone."""
        headers = self.headers
        if (headers.get("host") or "").lower() not in server.hosts or any(name in headers for name in _BROWSER):
            server.intake.count("foreign_request")
            return 403, "not for this host"
        if not server.intake.knows(headers.get(TOKEN_HEADER)):
            return 401, f"{TOKEN_HEADER} is missing or wrong"
        if self.path not in _SIGNALS:
            return 404, "there are " + ", ".join(_SIGNALS)
        if self._encoding() is None:
            return 415, "send " + " or ".join(Encoding)
        return None

    def _encoding(self) -> Encoding | None:
        kind = (self.headers.get("content-type") or "").partition(";")[0].strip().lower()
        return next((each for each in Encoding if each == kind), None)

    def _answer(self, status: int, reason: str | None) -> None:
        """Answer in the encoding of the request; `reason` is the message of a google.rpc.Status."""
        encoding = self._encoding() or Encoding.JSON
        if encoding is Encoding.JSON:
            body = b"{}" if reason is None else msgspec.json.encode({"message": reason})
        else:
            text = b"" if reason is None else reason.encode()[:127]
            body = b"" if reason is None else b"\x12" + bytes([len(text)]) + text
        self.send_response(status)
        self.send_header("Content-Type", encoding)
        self.send_header("Content-Length", str(len(body)))
        if status == 503:
            self.send_header("Retry-After", str(RETRY_SECONDS))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        if self.close_connection:
            with contextlib.suppress(OSError):  # the sender may still be writing: it reads the answer nevertheless
                self.connection.shutdown(socket.SHUT_WR)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing of a request is logged."""
