"""A client under a tool's name: `python -m tests.support.canary_client` with one JSON document on its input.

`{"program", "proxy", "ca", "requests": [...]}`; prints what came of each request, as JSON.
"""

import asyncio
import base64
import contextlib
import hashlib
import http.client
import json
import ssl
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PATIENCE_SECONDS = 20.0
FRAME_SECONDS = 3.0


def _call_oneself(name: str) -> None:
    """As the system's table of processes knows this one; Linux only."""
    Path("/proc/self/comm").write_text(name, encoding="ascii")


def _connect(proxy: str, trust: ssl.SSLContext, host: str, port: int) -> http.client.HTTPSConnection:
    where = urlsplit(proxy)
    made = http.client.HTTPSConnection(where.hostname or "", where.port, context=trust, timeout=PATIENCE_SECONDS)
    credential = base64.b64encode(f"{where.username}:{where.password}".encode()).decode()
    made.set_tunnel(host, port, headers={"Proxy-Authorization": f"Basic {credential}"})
    return made


def _request(proxy: str, trust: ssl.SSLContext, wanted: dict[str, Any]) -> str:
    """One request; the hash of the answer's body, or how it failed."""
    connection = _connect(proxy, trust, wanted["host"], wanted.get("port", 443))
    with contextlib.closing(connection):
        connection.request(wanted["method"], wanted["path"], base64.b64decode(wanted["body"]), dict(wanted["headers"]))
        answer = connection.getresponse()
        try:
            body = answer.read()
        except http.client.IncompleteRead as cut:
            body = cut.partial
        return f"{answer.status} {hashlib.sha256(body).hexdigest()}"


def _certificate(proxy: str, trust: ssl.SSLContext, wanted: dict[str, Any]) -> str:
    """The SHA-256 of the certificate that a host shows."""
    connection = _connect(proxy, trust, wanted["host"], wanted.get("port", 443))
    with contextlib.closing(connection):
        connection.connect()
        assert isinstance(connection.sock, ssl.SSLSocket)
        return hashlib.sha256(connection.sock.getpeercert(binary_form=True) or b"").hexdigest()


def _socket(proxy: str, trust: ssl.SSLContext, wanted: dict[str, Any]) -> str:
    """One WebSocket: each frame is sent when the answers to the one before have come."""
    return asyncio.run(_frames(proxy, trust, wanted))


async def _frames(proxy: str, trust: ssl.SSLContext, wanted: dict[str, Any]) -> str:
    """On one thread: the client of `websockets` with a thread that reads lets OpenSSL read and write one connection at
    once, and then sometimes waits for ever for bytes that have come."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed

    got = 0
    async with connect(
        f"wss://{wanted['host']}{wanted['path']}", proxy=proxy, ssl=trust, additional_headers=dict(wanted["headers"]),
        compression=None, user_agent_header=None,
    ) as channel:  # fmt: skip
        for frame, answers in wanted["frames"]:
            await channel.send(frame if isinstance(frame, str) else base64.b64decode(frame["base64"]))
            with contextlib.suppress(TimeoutError, ConnectionClosed):
                for _ in range(answers):
                    async with asyncio.timeout(FRAME_SECONDS):
                        await channel.recv()
                    got += 1
    return f"{got} frames"


def main() -> None:
    asked: dict[str, Any] = json.load(sys.stdin)
    _call_oneself(asked["program"])
    trust = ssl.create_default_context(cafile=asked["ca"][0])
    for more in asked["ca"][1:]:
        trust.load_verify_locations(more)
    kinds = {"http": _request, "socket": _socket, "certificate": _certificate}
    said: list[str] = []
    for wanted in asked["requests"]:
        try:
            said.append(kinds[wanted["kind"]](asked["proxy"], trust, wanted))
        except (OSError, http.client.HTTPException) as fault:
            said.append(f"{type(fault).__name__}: {fault}")
    print(json.dumps(said))


if __name__ == "__main__":
    main()
