"""The names that clients use on the wire: headers and fields of bodies, never their values.

A new version of a client is compared with the last one by these names.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.support.provider.message import Request, as_object, parsed

DEPTH = 2
"""Levels of a body whose field names are kept; deeper ones are prompts and tools."""
OPAQUE = ("tools", "messages", "input", "system", "instructions", "text")
"""Fields whose inside is the conversation."""


class Seen:
    """Appends each name once: one JSON line of method, host, path and names, for each combination that is new."""

    def __init__(self, path: Path, bodies: Path | None = None) -> None:
        """`bodies` is a folder that takes every body as it came, to look at by hand; prompts are in them."""
        self._path, self._bodies = path, bodies
        self._known: set[str] = set()
        self._count = 0
        path.touch()

    def request(self, request: Request) -> None:
        """Keep the names of a request."""
        self._keep(request.body, f"{request.method} {request.path}".encode())
        self._note(request, "http", sorted(request.headers), parsed(request.body))

    def frame(self, request: Request, text: bytes) -> None:
        """Keep the names of a WebSocket frame."""
        self._keep(text, request.path.encode())
        self._note(request, "frame", [], parsed(text))

    def _note(self, request: Request, kind: str, headers: list[str], document: Mapping[str, Any]) -> None:
        fields = sorted(_names(document, DEPTH))
        row = {"kind": kind, "method": request.method, "host": request.host, "path": request.path}
        line = json.dumps({**row, "headers": headers, "fields": fields})
        if line not in self._known:
            self._known.add(line)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")

    def _keep(self, body: bytes, title: bytes) -> None:
        if self._bodies is not None:
            self._count += 1
            (self._bodies / f"{self._count:04}").write_bytes(title + b"\n" + body)


def _names(document: Mapping[str, Any], depth: int) -> Iterator[str]:
    for name, value in document.items():
        yield name
        if depth > 1 and name not in OPAQUE:
            yield from (f"{name}.{inner}" for inner in _names(as_object(value), depth - 1))
