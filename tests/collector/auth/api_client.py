"""Asks the API in this process, with a credential."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tollbook_collector.api.app import Gate, build


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class ApiClient:
    """Asks an ASGI application directly."""

    def __init__(self, gate: Gate) -> None:
        self.app = build(gate)

    def get(self, path: str, token: str | None = None, **query: str) -> Answer:
        return self.ask("GET", path, None if token is None else f"Bearer {token}", query=query)

    def ask(
        self,
        method: str,
        path: str,
        *authorization: str | None,
        query: dict[str, str] | None = None,
        body: bytes = b"",
        host: str = "127.0.0.1",
        content_type: str | None = "application/json",
        extra: Sequence[tuple[str, str]] = (),
    ) -> Answer:
        headers = [(b"host", host.encode())]
        headers += [(b"authorization", each.encode()) for each in authorization if each is not None]
        headers += [(name.encode(), value.encode()) for name, value in extra]
        if body and content_type:
            headers.append((b"content-type", content_type.encode()))
        return asyncio.run(self._ask(method, path, headers, urlencode(query or {}).encode(), body))

    async def _ask(
        self, method: str, path: str, headers: list[tuple[bytes, bytes]], query: bytes, body: bytes
    ) -> Answer:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope: dict[str, Any] = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query,
            "headers": headers, "scheme": "http", "server": ("127.0.0.1", 4319), "client": ("127.0.0.1", 50_000),
            "http_version": "1.1",
        }  # fmt: skip
        await self.app(scope, receive, send)
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], b"".join(each.get("body", b"") for each in sent[1:]), found)
