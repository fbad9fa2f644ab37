"""One HTTP request and the way to answer it, whichever version of HTTP carries them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast
from urllib.parse import unquote

BODY_BYTES = 64 << 20
"""The largest request body that is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request; header names are in lower case, the path is without its query and still percent-encoded."""

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    http_version: str

    @property
    def plain_path(self) -> str:
        """The path, decoded."""
        return unquote(self.path)


class Answer(Protocol):
    """How a request is answered: `start`, any number of `send`, then `end` or `cut`."""

    async def start(self, status: int, headers: Mapping[str, str]) -> None:
        """Status and headers."""
        ...

    async def send(self, data: bytes) -> None:
        """A part of the body.

        Raises:
            ConnectionError: nobody listens any more.
        """
        ...

    async def end(self) -> None:
        """The body is complete."""
        ...

    async def cut(self) -> None:
        """Break the stream off in its middle."""
        ...

    async def gone(self) -> None:
        """Wait until the client has gone away."""
        ...


async def answer_json(answer: Answer, status: int, document: object, headers: Mapping[str, str] | None = None) -> None:
    """A whole answer of one JSON document."""
    data = json.dumps(document).encode()
    more = {"content-type": "application/json", "content-length": str(len(data))}
    await answer.start(status, {**more, **(headers or {})})
    await answer.send(data)
    await answer.end()


def as_object(value: object) -> dict[str, Any]:
    """A JSON object, or an empty one in place of anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """A JSON array, or an empty one in place of anything else."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def parsed(body: bytes) -> dict[str, Any]:
    """The JSON object in a body, or an empty one where it holds none."""
    try:
        return as_object(json.loads(body))
    except ValueError:
        return {}
