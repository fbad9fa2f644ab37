"""Asking the resident process to do something: one line each way over loopback, with a token of this user."""

import contextlib
import hmac
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ANSWER_TIMEOUT_SECONDS = 600.0
CONNECT_TIMEOUT_SECONDS = 2.0
REQUEST_SECONDS = 2.0
"""For a whole request to arrive."""
CLOSE_SECONDS = 2.0
MAX_LINE_BYTES = 65_536
MAX_CONNECTIONS = 16
"""Answered at once; the next one is closed."""

Request = dict[str, Any]
"""`command`, and what belongs to it."""
Handler = Callable[[Request], dict[str, Any]]


class Unreachable(Exception):
    """No resident process answers."""


class ControlServer:
    """Listens on a free loopback port and writes port and token into a file only this user can read."""

    def __init__(self, path: Path, handler: Handler) -> None:
        self._path = path
        self._handler = handler
        self._token = secrets.token_hex(16)
        self._closing = False
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._socket = socket.create_server(("127.0.0.1", 0))
        port = self._socket.getsockname()[1]
        temporary = path.with_name(f".{path.name}-{os.getpid()}")
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps({"port": port, "token": self._token, "pid": os.getpid()}))
        temporary.replace(path)
        self._thread = threading.Thread(target=self._serve, name="control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, remove the file, let answers that are under way end."""
        if self._closing:
            return
        self._closing = True
        self._path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # wakes `accept`, which closing the socket does not do everywhere
            socket.create_connection(self._socket.getsockname(), CONNECT_TIMEOUT_SECONDS).close()
        self._thread.join(CLOSE_SECONDS)
        self._socket.close()
        deadline = time.monotonic() + CLOSE_SECONDS
        for _ in range(MAX_CONNECTIONS):
            self._free.acquire(timeout=max(0.0, deadline - time.monotonic()))

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            if self._closing:
                connection.close()
                return
            if self._free.acquire(blocking=False):
                threading.Thread(target=self._answer, args=(connection,), name="control-answer", daemon=True).start()
            else:
                connection.close()

    def _answer(self, connection: socket.socket) -> None:
        """Answer one connection; whatever comes over it, the others are not disturbed."""
        try:
            with connection, contextlib.suppress(OSError):
                request = self._request(connection)
                if request is None:
                    return
                connection.settimeout(ANSWER_TIMEOUT_SECONDS)
                try:
                    answer = self._handler(request)
                except Exception as fault:  # a full disk, say: who asked must hear of it
                    answer = {"error": f"{type(fault).__name__}: {fault}"}
                connection.sendall(json.dumps(answer).encode() + b"\n")
        finally:
            self._free.release()

    def _request(self, connection: socket.socket) -> Request | None:
        """The request of somebody who has the token; `None` for anything else."""
        try:
            request: Any = json.loads(_line(connection, REQUEST_SECONDS))
        except (ValueError, RecursionError):
            return None
        if not isinstance(request, dict):
            return None
        given = str(request.get("token", "")).encode(errors="replace")  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        return request if hmac.compare_digest(given, self._token.encode()) else None  # pyright: ignore[reportUnknownVariableType]


def ask(path: Path, command: str, *, timeout: float = ANSWER_TIMEOUT_SECONDS, **more: Any) -> dict[str, Any]:
    """Send a command to the resident process and wait for its answer, at most `timeout` seconds.

    Raises:
        Unreachable: there is none, or it does not answer, or went away while answering.
    """
    try:
        known = json.loads(path.read_text())
        with socket.create_connection(("127.0.0.1", known["port"]), CONNECT_TIMEOUT_SECONDS) as connection:
            request = {**more, "token": known["token"], "command": command}
            connection.sendall(json.dumps(request).encode() + b"\n")
            answer: Any = json.loads(_line(connection, timeout))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as fault:
        raise Unreachable("the resident agent does not answer") from fault
    if not isinstance(answer, dict):
        raise Unreachable("something else answers in the place of the resident agent")
    return answer  # pyright: ignore[reportUnknownVariableType]


def _line(connection: socket.socket, seconds: float) -> bytes:
    """One line, or as much of it as there is.

    Raises:
        OSError: it did not arrive within these seconds.
    """
    deadline = time.monotonic() + seconds
    data = b""
    while not data.endswith(b"\n") and len(data) < MAX_LINE_BYTES:
        connection.settimeout(max(0.001, deadline - time.monotonic()))
        part = connection.recv(4096)
        if not part:
            break
        data += part
    return data
