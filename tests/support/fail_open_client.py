"""Scripted requests through the relay, one connection each, and how each of them ended."""

import base64
import hashlib
import http.client
import json
import re
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.fail_open_origin import body_of

HOST = "api.anthropic.com"
PATIENCE_SECONDS = 25.0
"""More than a stopped relay needs to be replaced, whatever else the machine does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What happened to one request. Times are seconds of the monotonic clock."""

    opened: float
    first_byte: float | None
    """Seconds from the beginning to the first byte of the answer; `None` where none came."""
    ended: float
    fault: str | None
    """`None`: status and every byte were right."""


def request(proxy: str, trust: ssl.SSLContext, size: int, pieces: int) -> Request:
    """One request over a connection of its own."""
    path = f"/stream/{size}/{pieces}"
    sent = body_of(path + "?", 1_000 + size % 3_000)
    opened = time.monotonic()
    first: float | None = None
    try:
        with _connect(proxy, trust) as channel:
            connection = http.client.HTTPSConnection(HOST)
            connection.sock = channel
            connection.request("POST", path, sent, {"Authorization": "Bearer invented", "X-Padding": "x" * 40})
            answer = connection.getresponse()
            first = time.monotonic() - opened
            data = answer.read()
            right = answer.headers["X-Body-Sha256"] == hashlib.sha256(sent).hexdigest()
            good = answer.status == 200 and right and data == body_of(path, size)
            fault = None if good else f"status {answer.status}: {data[:300]!r}"
    except (OSError, http.client.HTTPException) as failed:
        fault = f"{type(failed).__name__}: {failed}"
    return Request(opened=opened, first_byte=first, ended=time.monotonic(), fault=fault)


def _connect(proxy: str, trust: ssl.SSLContext) -> ssl.SSLSocket:
    where = urlsplit(proxy)
    assert where.hostname is not None
    raw = socket.create_connection((where.hostname, where.port or 0), PATIENCE_SECONDS)
    try:
        credential = base64.b64encode(f"{where.username}:{where.password}".encode()).decode()
        raw.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\nProxy-Authorization: Basic {credential}\r\n\r\n".encode())
        said = b""
        while not said.endswith(b"\r\n\r\n"):
            part = raw.recv(1024)
            if not part:
                raise ConnectionError("the relay closed the connection")
            said += part
        if b" 200 " not in said.split(b"\r\n", 1)[0]:
            raise ConnectionError(said.split(b"\r\n", 1)[0].decode())
        return trust.wrap_socket(raw, server_hostname=HOST)
    except BaseException:
        raw.close()
        raise


def trusted_for_ever(home: Path) -> None:
    """Let this process be captured, which is older than the anchor that it is given."""
    path = home / "proxy" / "generations.json"
    known = json.loads(path.read_text())
    path.write_text(re.sub(r'"since": *[0-9.]+', '"since": 0', json.dumps(known)))


class Clients:
    """Several threads that make requests until as many as wanted are done."""

    def __init__(self, proxy: str, trust: ssl.SSLContext, count: int, threads: int) -> None:
        self._proxy, self._trust, self._left = proxy, trust, count
        self._lock = threading.Lock()
        self.done: list[Request] = []
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    @property
    def running(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def join(self) -> list[Request]:
        for thread in self._threads:
            thread.join()
        return self.done

    def _work(self, number: int) -> None:
        while True:
            with self._lock:
                if not self._left:
                    return
                self._left -= 1
                size = 500 + self._left * 37 % 20_000
            ended = request(self._proxy, self._trust, size, 1 + (size + number) % 12)
            with self._lock:
                self.done.append(ended)
